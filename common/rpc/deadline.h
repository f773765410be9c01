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

// What a call that Canvass makes gets where nobody asked for less.
inline constexpr absl::Duration kDeadlineDefault = absl::Seconds(10);
// Longest that a call goes on for another call's sake, whatever deadline that one has.
inline constexpr absl::Duration kDeadlineMax = absl::Minutes(5);
// A deadline beyond this is a mistake (milliseconds taken for seconds), not a wish.
inline constexpr absl::Duration kDeadlineAcceptedMax = absl::Hours(24);

// The time that gRPC takes for `timeout` from now. By the kernel's clock, as gRPC: absl's may
// follow one that was set two seconds later.
std::chrono::system_clock::time_point TimeIn(absl::Duration timeout);

// Gives a client call a deadline. Every unary call has one; streams get none but end on cancel.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

// Whether a unary call's deadline makes sense: INVALID_ARGUMENT DEADLINE_OUT_OF_RANGE beyond
// kDeadlineAcceptedMax, DEADLINE_EXCEEDED when it is past. None at all is fine: people type calls.
absl::Status CheckDeadline(const grpc::CallbackServerContext& context);

// What is left for work on this call's behalf: kDeadlineDefault if it has no deadline, at most
// kDeadlineMax, never negative.
absl::Duration TimeLeft(const grpc::CallbackServerContext& context);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_DEADLINE_H_
