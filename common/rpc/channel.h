#ifndef CANVASS_COMMON_RPC_CHANNEL_H_
#define CANVASS_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "common/rpc/channel_tls.h"
#include "common/rpc/deadline.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace canvass::rpc {

// Largest message that a Canvass server accepts, in bytes.
inline constexpr int kMessageBytesMax = 8 << 20;
// Largest response that a server sends and a client accepts, in bytes. A request full of broken
// reports is answered with every rule that each report breaks, so responses may be larger than
// requests.
inline constexpr int kAnswerBytesMax = 64 << 20;

struct ChannelOptions {
  // Full name of the service whose health the channel checks on the client side. Empty for none.
  std::string health_service{};
  // The service that is called, as its certificate names it, e.g. "aggregator". Empty for any.
  std::string service{};
  // How it uses TLS; null for no TLS.
  std::shared_ptr<ChannelTls> tls = ChannelTls::OfProcess();
};

// Returns a channel to `target` with keepalive, a reconnect backoff of at most 1 s and round_robin.
// `target` is "host:port", where the host name may resolve to several addresses, or a
// comma-separated list of such pairs. In a list each host is an IP address or "localhost".
//
// The channel connects on first use, ignores proxies from the environment, and shares no connection
// with other channels.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& target,
                                          const ChannelOptions& options = {});

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CHANNEL_H_
