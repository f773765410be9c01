#ifndef CANVASS_COMMON_RPC_STATUS_H_
#define CANVASS_COMMON_RPC_STATUS_H_

#include <cstddef>

#include "absl/status/status.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
class Status;
}  // namespace grpc

namespace canvass::rpc {

// google.rpc.ErrorInfo.domain of every error that Canvass makes.
inline constexpr char kErrorDomain[] = "canvass";

// What a status may take on the wire: C++ clients refuse trailers above 8 KiB, and an answer that
// is refused says nothing. Longer texts are cut, and violations left out; how many is in the
// metadata
// ("violations_left_out").
inline constexpr std::size_t kStatusBytesMax = 7 << 10;

// The one place where an absl::Status with its ErrorDetail becomes a gRPC status with
// google.rpc.Status details (ErrorInfo with domain "canvass", BadRequest, RetryInfo), and back.
// What comes back equals what went out, with the metadata ordered by key.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

// The reactor of a unary call that is answered already.
grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_STATUS_H_
