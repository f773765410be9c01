#ifndef CANVASS_COMMON_RPC_GRPC_LOG_H_
#define CANVASS_COMMON_RPC_GRPC_LOG_H_

namespace canvass::rpc {

// Redirects the log lines of gRPC and protobuf to our log at level debug. Their errors reach
// callers as statuses, and their lines on stderr would be mixed with ours. Idempotent. Thread-safe.
void RouteGrpcLog();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_GRPC_LOG_H_
