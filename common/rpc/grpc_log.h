#ifndef CANVASS_COMMON_RPC_GRPC_LOG_H_
#define CANVASS_COMMON_RPC_GRPC_LOG_H_

namespace canvass::rpc {

// Sends what gRPC and protobuf log by themselves to our log, at level debug: their errors reach
// callers as statuses, and their own lines on stderr would stand between ours. Idempotent,
// thread-safe.
void RouteGrpcLog();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_GRPC_LOG_H_
