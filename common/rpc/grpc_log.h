#ifndef CANVASS_COMMON_RPC_GRPC_LOG_H_
#define CANVASS_COMMON_RPC_GRPC_LOG_H_

namespace canvass::rpc {

// Sends what gRPC itself logs to our log, at level debug: its errors reach callers as statuses, and
// its own lines on stderr would stand between ours. Idempotent, thread-safe.
void RouteGrpcLog();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_GRPC_LOG_H_
