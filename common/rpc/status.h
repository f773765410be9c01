#ifndef CANVASS_COMMON_RPC_STATUS_H_
#define CANVASS_COMMON_RPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
class Status;
}  // namespace grpc

namespace canvass::rpc {

// The one place where an absl::Status with its ErrorDetail becomes a gRPC status with google.rpc.Status details
// (ErrorInfo with domain "canvass", BadRequest, RetryInfo), and back.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

// The reactor of a unary call that is answered already.
grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_STATUS_H_
