#include "common/rpc/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::rpc {
namespace {

constexpr int kPortMax = 65'535;

absl::Status Malformed(const std::string& text, const std::string& why) {
  return FieldError(reason::kAddressMalformed, "listen",
                    absl::StrCat("\"", text, "\" is not host:port: ", why));
}

absl::Status Unavailable(const ListenAddress& address, const Reason& reason,
                         const std::string& why) {
  const std::string text = FormatListenAddress(address);
  return MakeError(reason, absl::StrCat("Cannot listen on ", text, ": ", why),
                   {.metadata = {{"address", text}}});
}

// Binds a socket to `address` and returns the errno, or 0 on success.
int TryToBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  int error = bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == 0 && listen(fd, 1) != 0) error = errno;
  close(fd);
  return error;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Malformed(text, "it has no port");
  ListenAddress address{.host = text.substr(0, colon)};
  const std::string port = text.substr(colon + 1);
  if (!absl::SimpleAtoi(port, &address.port) || address.port < 0 || address.port > kPortMax) {
    return Malformed(text, absl::StrCat("the port \"", port, "\" is not 0 to ", kPortMax));
  }
  if (absl::StartsWith(address.host, "[") && absl::EndsWith(address.host, "]")) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (absl::StrContains(address.host, ":")) {
    return Malformed(text, "put an IPv6 host into brackets");
  }
  if (address.host.empty())
    return Malformed(text, "it has no host (use 0.0.0.0 for every interface)");
  return address;
}

std::string FormatListenAddress(const ListenAddress& address) {
  const bool is_ipv6 = absl::StrContains(address.host, ":");
  return is_ipv6 ? absl::StrCat("[", address.host, "]:", address.port)
                 : absl::StrCat(address.host, ":", address.port);
}

bool IsLoopback(const ListenAddress& address) {
  return address.host == "localhost" || address.host == "::1" ||
         absl::StartsWith(address.host, "127.");
}

absl::Status WhyUnavailable(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return Unavailable(address, reason::kAddressUnavailable, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int bind_error = TryToBind(*each);
    if (bind_error == EADDRINUSE) {
      return Unavailable(address, reason::kAddressInUse, "another process already listens there");
    }
    if (bind_error != 0) {
      return Unavailable(address, reason::kAddressUnavailable,
                         std::generic_category().message(bind_error));
    }
  }
  return Unavailable(address, reason::kAddressUnavailable, "gRPC could not listen there");
}

}  // namespace canvass::rpc
