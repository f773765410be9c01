#ifndef CANVASS_COMMON_RPC_CHANNEL_H_
#define CANVASS_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "common/rpc/deadline.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace canvass::rpc {

// Largest message that a server of Canvass takes.
inline constexpr int kMessageBytesMax = 8 << 20;
// Largest answer that one gives and a client takes: a message full of broken reports is answered
// with every rule that each of them breaks.
inline constexpr int kAnswerBytesMax = 64 << 20;

// A channel to `target` with keepalive, a capped reconnect backoff (1 s), round_robin and, if
// `health_service` is not empty, client-side health checking of that service. `target` is
// "host:port", where a name may stand for several addresses, or several by comma, each an IP
// address (or "localhost") with its port. Connects when it is first used; never through a proxy of
// the environment. Two channels share no connection.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& target,
                                          const std::string& health_service = "");

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CHANNEL_H_
