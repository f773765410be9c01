#include "services/canvass/clients/admin_client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/rpc/listen_address.h"

namespace canvass::cli {
namespace {

absl::Status Unanswered(const std::string& address, std::string_view why) {
  return absl::UnavailableError(StrCat("Nothing answers at http://", address, ": ", why));
}

std::string ErrorText() { return std::generic_category().message(errno); }

// Applies to each operation on the socket, connecting included.
void SetTimeout(int fd, absl::Duration timeout) {
  const timeval time = absl::ToTimeval(timeout);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

// Returns a connected socket, which the caller must close.
absl::StatusOr<int> Connect(const std::string& address, absl::Duration timeout) {
  const absl::StatusOr<rpc::ListenAddress> parsed = rpc::ParseListenAddress(address);
  if (!parsed.ok()) return parsed.status();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(parsed->host.c_str(), absl::StrCat(parsed->port).c_str(), &hints, &found);
  if (error != 0) return Unanswered(address, gai_strerror(error));
  const absl::Cleanup free_found = [found] { freeaddrinfo(found); };
  std::string why = "no address";
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (fd < 0) return Unanswered(address, ErrorText());
    SetTimeout(fd, timeout);
    if (connect(fd, each->ai_addr, each->ai_addrlen) == 0) return fd;
    why = ErrorText();
    close(fd);
  }
  return Unanswered(address, why);
}

// What comes until the end of the connection.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& address, absl::Duration deadline) {
  std::string answer;
  std::array<char, 16'384> buffer{};
  for (;;) {
    const ssize_t bytes = recv(fd, buffer.data(), buffer.size(), 0);
    if (bytes == 0) return answer;
    if (bytes < 0) return Unanswered(address, ErrorText());
    answer.append(buffer.data(), static_cast<std::size_t>(bytes));
    if (answer.size() > kAdminPageBytesMax) return Unanswered(address, "the page is too large");
    if (SteadyNow() > deadline) return Unanswered(address, "the answer takes too long");
  }
}

}  // namespace

absl::StatusOr<AdminPage> GetAdminPage(const std::string& address, const std::string& path,
                                       absl::Duration timeout) {
  const absl::Duration deadline = SteadyNow() + timeout;
  const absl::StatusOr<int> fd = Connect(address, timeout);
  if (!fd.ok()) return fd.status();
  const absl::Cleanup close_fd = [fd = *fd] { close(fd); };
  const std::string request =
      StrCat("GET ", path, " HTTP/1.1\r\nHost: ", address, "\r\nConnection: close\r\n\r\n");
  if (send(*fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Unanswered(address, ErrorText());
  }
  absl::StatusOr<std::string> answer = ReadAll(*fd, address, deadline);
  if (!answer.ok()) return answer.status();
  constexpr std::string_view kProtocol = "HTTP/1.1 ";
  AdminPage page;
  const std::size_t head = answer->find("\r\n\r\n");
  if (head == std::string::npos || !answer->starts_with(kProtocol) ||
      !absl::SimpleAtoi(answer->substr(kProtocol.size(), 3), &page.status)) {
    return Unanswered(address, "the answer is not HTTP");
  }
  page.text = answer->substr(head + 4);
  return page;
}

}  // namespace canvass::cli
