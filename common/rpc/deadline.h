#ifndef CANVASS_COMMON_RPC_DEADLINE_H_
#define CANVASS_COMMON_RPC_DEADLINE_H_

#include <chrono>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class CallbackServerContext;
class ClientContext;
}  // namespace grpc

namespace canvass::rpc {

// Time for work on behalf of a call that has no deadline.
inline constexpr absl::Duration kDeadlineDefault = absl::Seconds(10);
// Longest time that work continues on behalf of another call, whatever that call's deadline is.
inline constexpr absl::Duration kDeadlineMax = absl::Minutes(5);
// A longer deadline is taken for a mistake, such as milliseconds given as seconds.
inline constexpr absl::Duration kDeadlineAcceptedMax = absl::Hours(24);

// Returns now + `timeout` for gRPC. Reads the system clock as gRPC does, because absl::Now may
// follow a change of that clock two seconds late.
std::chrono::system_clock::time_point TimeIn(absl::Duration timeout);

// Sets the deadline of a client call. Every unary call of Canvass has a deadline. A stream that
// stays open has none and ends when it is cancelled.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

// Checks the deadline of a unary call. Returns INVALID_ARGUMENT DEADLINE_OUT_OF_RANGE if it is more
// than kDeadlineAcceptedMax away, and DEADLINE_EXCEEDED DEADLINE_PAST if it has passed. A call
// without a deadline is accepted, because people make calls by hand.
absl::Status CheckDeadline(const grpc::CallbackServerContext& context);

// Returns the time left for work on behalf of this call: kDeadlineDefault if the call has no
// deadline, otherwise between 0 and kDeadlineMax.
absl::Duration TimeLeft(const grpc::CallbackServerContext& context);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_DEADLINE_H_
