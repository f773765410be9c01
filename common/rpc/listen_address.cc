#include "common/rpc/listen_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

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

constexpr int kBacklog = 1'024;  // connections that wait to be accepted

// The sockets that were opened so far. Closes them unless they are released.
class Sockets {
 public:
  Sockets() = default;
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    for (const int fd : fds_) close(fd);
  }

  // Returns the errno, or 0 on success.
  int Open(const addrinfo& address, int port) {
    const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno;
    fds_.push_back(fd);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.ai_family == AF_INET6 && !IsAny(address)) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    sockaddr_storage bound{};
    std::memcpy(&bound, address.ai_addr, address.ai_addrlen);
    SetPort(bound, port);
    const bool listens = bind(fd, reinterpret_cast<sockaddr*>(&bound), address.ai_addrlen) == 0 &&
                         listen(fd, kBacklog) == 0;
    if (listens) return 0;
    const int error = errno;
    close(fd);
    fds_.pop_back();
    return error;
  }

  bool empty() const { return fds_.empty(); }

  // Port of the first socket.
  int Port() const {
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    getsockname(fds_.front(), reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  }

  std::vector<int> Release() { return std::exchange(fds_, {}); }

 private:
  static bool IsAny(const addrinfo& address) {
    const auto& any = reinterpret_cast<const sockaddr_in6&>(*address.ai_addr);
    return IN6_IS_ADDR_UNSPECIFIED(&any.sin6_addr);
  }
  static void SetPort(sockaddr_storage& address, int port) {
    const in_port_t number = htons(static_cast<std::uint16_t>(port));
    if (address.ss_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6&>(address).sin6_port = number;
    } else {
      reinterpret_cast<sockaddr_in&>(address).sin_port = number;
    }
  }

  std::vector<int> fds_;
};

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
  if (address.host.find_first_of("[]") != std::string::npos) {
    return Malformed(text, "brackets surround an IPv6 host, once");
  }
  if (address.host.empty()) {
    return Malformed(text, "it has no host (use 0.0.0.0 for every interface)");
  }
  return address;
}

std::string FormatListenAddress(const ListenAddress& address) {
  const bool is_ipv6 = absl::StrContains(address.host, ":");
  return is_ipv6 ? absl::StrCat("[", address.host, "]:", address.port)
                 : absl::StrCat(address.host, ":", address.port);
}

// A host that is not spelled as an IP address may mean any, whatever it looks like.
bool IsLoopback(const ListenAddress& address) {
  if (address.host == "localhost") return true;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  constexpr std::uint8_t kLoopbackNet = 127;
  if (found->ai_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(*found->ai_addr);
    return ntohl(ip.sin_addr.s_addr) >> 24U == kLoopbackNet;
  }
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(*found->ai_addr).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&ip) || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == kLoopbackNet);
}

absl::StatusOr<std::vector<int>> Listen(ListenAddress& address) {
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
  Sockets sockets;
  int failed = 0;  // of an IP address: "localhost" may have one that this machine does not
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int opened = sockets.Open(*each, address.port);
    if (opened == EADDRINUSE) {
      return Unavailable(address, reason::kAddressInUse, "another process already listens there");
    }
    if (opened == 0) {
      address.port = sockets.Port();
    } else {
      failed = opened;
    }
  }
  if (sockets.empty()) {
    return Unavailable(address, reason::kAddressUnavailable,
                       std::generic_category().message(failed));
  }
  return sockets.Release();
}

}  // namespace canvass::rpc
