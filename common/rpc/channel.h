#ifndef CANVASS_COMMON_RPC_CHANNEL_H_
#define CANVASS_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class ClientContext;
class CallbackServerContext;
}  // namespace grpc

namespace canvass::rpc {

// Largest message that Canvass sends or takes.
inline constexpr int kMessageBytesMax = 8 << 20;
// Longest deadline that a unary call may ask for, and the one a call without any gets on the client side.
inline constexpr absl::Duration kDeadlineMax = absl::Minutes(5);
inline constexpr absl::Duration kDeadlineDefault = absl::Seconds(10);

// A channel to `target` ("host:port", several by comma) with keepalive, a capped reconnect backoff (1 s), round_robin
// and, if `health_service` is not empty, client-side health checking of that service. Connects when it is first used.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& target, const std::string& health_service = "");

// Gives a client call a deadline. Every call has one; streams get none but end on cancel.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CHANNEL_H_
