#ifndef CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
#define CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_

#include <string>
#include <vector>

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

// Whether only this machine can reach the address: 127.0.0.0/8, ::1 or "localhost". Of other names
// nothing is known.
bool IsLoopback(const ListenAddress& address);

// Returns sockets that listen on `address`, which the caller must close: one for each IP address of
// the host. Sets the port if it is 0. Returns FAILED_PRECONDITION ADDRESS_IN_USE or
// ADDRESS_UNAVAILABLE.
absl::StatusOr<std::vector<int>> Listen(ListenAddress& address);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
