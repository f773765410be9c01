#ifndef CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
#define CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::rpc {

// Where a server listens: "127.0.0.1:50061", "[::1]:0", "localhost:0".
struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0: any free one
};

// INVALID_ARGUMENT ADDRESS_MALFORMED names what is missing.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

// "host:port", with brackets around an IPv6 host.
std::string FormatListenAddress(const ListenAddress& address);

// Whether only this machine can reach it.
bool IsLoopback(const ListenAddress& address);

// Why a server could not listen there, found by trying it: FAILED_PRECONDITION ADDRESS_IN_USE,
// ADDRESS_UNAVAILABLE. An error even if it works this time.
absl::Status WhyUnavailable(const ListenAddress& address);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LISTEN_ADDRESS_H_
