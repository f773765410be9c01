#include "common/rpc/call_counter.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/interceptor.h>

#include <string_view>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace canvass::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::ServerRpcInfo;

class CallCounter final : public grpc::experimental::Interceptor {
 public:
  explicit CallCounter(MethodMetrics& method) : method_(method), began_at_(SteadyNow()) {
    method_.Start();
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr) {
      method_.Receive();
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      method_.Send();
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      method_.End(methods->GetSendStatus().error_code(), SteadyNow() - began_at_);
    }
    methods->Proceed();
  }

 private:
  MethodMetrics& method_;
  const absl::Duration began_at_;
};

std::string_view TypeOf(ServerRpcInfo::Type type) {
  switch (type) {
    case ServerRpcInfo::Type::UNARY:
      return "unary";
    case ServerRpcInfo::Type::CLIENT_STREAMING:
      return "client_stream";
    case ServerRpcInfo::Type::SERVER_STREAMING:
      return "server_stream";
    case ServerRpcInfo::Type::BIDI_STREAMING:
      break;
  }
  return "bidi_stream";
}

// Whether no service has the method, so that its name is the caller's invention.
bool IsUnknown(ServerRpcInfo& info) {
  return dynamic_cast<grpc::GenericCallbackServerContext*>(info.server_context()) != nullptr ||
         dynamic_cast<grpc::GenericServerContext*>(info.server_context()) != nullptr;
}

}  // namespace

grpc::experimental::Interceptor* CallCounterFactory::CreateServerInterceptor(ServerRpcInfo* info) {
  if (IsUnknown(*info)) return new CallCounter(metrics_.unknown());
  return new CallCounter(metrics_.Find(info->method(), info->method(), TypeOf(info->type())));
}

}  // namespace canvass::rpc
