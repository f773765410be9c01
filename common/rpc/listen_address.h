#ifndef CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
#define CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::rpc {

// Address that a server listens on: "127.0.0.1:50061", "[::1]:0", "localhost:0".
struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0 selects any free port
};

// Returns INVALID_ARGUMENT ADDRESS_MALFORMED with a message that names the faulty part.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

// Returns "host:port", with brackets around an IPv6 host.
std::string FormatListenAddress(const ListenAddress& address);

// Whether only this machine can reach the address.
bool IsLoopback(const ListenAddress& address);

// Explains why a server could not listen on `address`, by trying to bind to it. Returns
// FAILED_PRECONDITION ADDRESS_IN_USE or ADDRESS_UNAVAILABLE, and never OK, even if binding succeeds
// this time.
absl::Status WhyUnavailable(const ListenAddress& address);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
