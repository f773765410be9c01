#ifndef CANVASS_COMMON_RPC_CALL_COUNTER_H_
#define CANVASS_COMMON_RPC_CALL_COUNTER_H_

#include <grpcpp/support/server_interceptor.h>

#include "common/rpc/call_metrics.h"

namespace canvass::rpc {

// Sees each call of a server: gRPC makes one interceptor for each call and tells it what is
// received and sent. Logs calls that are refused, few of them if there are many.
class CallCounterFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `metrics` must outlive the server.
  explicit CallCounterFactory(CallMetrics& metrics) : metrics_(metrics) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  CallMetrics& metrics_;
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALL_COUNTER_H_
