#include "common/rpc/call_counter.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/interceptor.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/rpc/call_origin.h"
#include "common/rpc/status.h"
#include "common/telemetry/limited_log.h"
#include "common/telemetry/log_line.h"

namespace canvass::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::ServerRpcInfo;

// Of all servers of the process.
telemetry::LimitedLog& Refusals() {
  static auto* const refusals = new telemetry::LimitedLog();
  return *refusals;
}

class CallCounter final : public grpc::experimental::Interceptor {
 public:
  CallCounter(MethodMetrics& method, ServerRpcInfo& call)
      : method_(method), call_(call), began_at_(SteadyNow()) {
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
      End(methods->GetSendStatus());
    }
    methods->Proceed();
  }

 private:
  void End(const grpc::Status& status) {
    method_.End(status.error_code(), SteadyNow() - began_at_);
    if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED || IsOfGrpc(status)) {
      return;
    }
    Refusals().Info("refused a call", [&] {
      const absl::Status refusal = FromGrpcStatus(status);
      telemetry::LogFields fields = {{"method", call_.method()},
                                     {"code", absl::StatusCodeToString(refusal.code())},
                                     {"reason", DetailOf(refusal).reason},
                                     {"why", std::string(refusal.message())}};
      OriginOf(*call_.server_context()).AddTo(fields);
      return fields;
    });
  }

  // Whether gRPC's own services say it, which end each watch of health with an error, and of
  // reflection have the older version alone.
  bool IsOfGrpc(const grpc::Status& status) const {
    return std::string_view(call_.method()).starts_with("/grpc.") &&
           DetailOf(FromGrpcStatus(status)).reason.empty();
  }

  MethodMetrics& method_;
  ServerRpcInfo& call_;  // as long as this
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
  if (IsUnknown(*info)) return new CallCounter(metrics_.unknown(), *info);
  return new CallCounter(metrics_.Find(info->method(), info->method(), TypeOf(info->type())),
                         *info);
}

}  // namespace canvass::rpc
