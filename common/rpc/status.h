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

// The google.rpc.ErrorInfo.domain of every error that Canvass creates.
inline constexpr char kErrorDomain[] = "canvass";

// Largest status on the wire, in bytes. C++ clients reject trailers above 8 KiB, and the caller
// would then learn nothing about the error. Long texts are cut and excess violations are left out.
// The metadata holds the number left out ("violations_left_out").
inline constexpr std::size_t kStatusBytesMax = 7 << 10;

// Converts an absl::Status with its ErrorDetail to a gRPC status with google.rpc.Status details
// (ErrorInfo with domain "canvass", BadRequest, RetryInfo), and back. No other code does this
// conversion. A round trip returns an equal status with metadata sorted by key, if nothing had to
// be cut.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

// Finishes a unary call with `status` and returns its reactor.
grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_STATUS_H_
