#include "tests/faults/postgres_proxy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/base/text.h"

namespace canvass::faults {
namespace {

constexpr const char* kSocketName = "/.s.PGSQL.5432";
constexpr std::size_t kHeaderBytes = 5;         // type and length
constexpr std::size_t kStartupHeaderBytes = 4;  // length alone
constexpr char kCopyDone = 'c';
// ReadyForQuery outside of a transaction: the session waits for its client.
constexpr std::string_view kReady("Z\0\0\0\5I", 6);
// A query of 36 bytes with its length and the zero at its end.
constexpr std::string_view kReleaseLocks("Q\0\0\0\x24SELECT pg_advisory_unlock_all()", 37);
constexpr std::size_t kChunkBytes = 64 << 10;
// Held times are looked at this often.
constexpr int kTickMs = 2;
constexpr int kBacklog = 16;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// Everything that is there without waiting. False at the end of the stream.
bool ReadWhatIsThere(int fd, std::string& bytes) {
  std::array<char, kChunkBytes> chunk{};
  const ssize_t count = recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count > 0) {
    bytes.assign(chunk.data(), static_cast<std::size_t>(count));
    return true;
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR);
}

// As much as the other end takes without waiting. False when it is gone.
bool WriteWhatFits(int fd, std::string& bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    bytes.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

std::size_t LengthIn(std::string_view header) {
  std::size_t length = 0;
  for (const char byte : header.substr(header.size() - kStartupHeaderBytes)) {
    length = length << 8U | static_cast<unsigned char>(byte);
  }
  return std::max(length, kStartupHeaderBytes);
}

}  // namespace

std::size_t CopyEndFinder::Find(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (body_left_ > 0) {
      const std::size_t passed = std::min(body_left_, bytes.size() - at);
      body_left_ -= passed;
      at += passed;
      continue;
    }
    if (started_up_ && header_.empty() && bytes[at] == kCopyDone) {
      header_.push_back(kCopyDone);
      return at;
    }
    header_.push_back(bytes[at++]);
    const bool whole = header_.size() == (started_up_ ? kHeaderBytes : kStartupHeaderBytes);
    if (!whole) continue;
    body_left_ = LengthIn(header_) - kStartupHeaderBytes;
    started_up_ = true;
    header_.clear();
  }
  return bytes.size();
}

absl::StatusOr<std::unique_ptr<PostgresProxy>> PostgresProxy::Start(
    const std::string& listen_folder, const std::string& server_folder) {
  std::unique_ptr<PostgresProxy> proxy(new PostgresProxy());
  std::error_code error;
  std::filesystem::create_directories(listen_folder, error);
  proxy->listen_path_ = StrCat(listen_folder, kSocketName);
  proxy->server_path_ = StrCat(server_folder, kSocketName);
  unlink(proxy->listen_path_.c_str());
  proxy->listener_ = NewSocket();
  proxy->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const sockaddr_un address = AddressOf(proxy->listen_path_);
  if (bind(proxy->listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(proxy->listener_, kBacklog) != 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", proxy->listen_path_, ": ", std::strerror(errno)));
  }
  proxy->thread_ = std::thread([&proxy = *proxy] { proxy.Run(); });
  return proxy;
}

PostgresProxy::~PostgresProxy() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  close(listener_);
  close(wake_);
  unlink(listen_path_.c_str());
}

void PostgresProxy::CutNextCommit(CommitCut cut, absl::Duration hold) {
  const MutexLock lock(mutex_);
  armed_ = cut;
  hold_ = hold;
}

void PostgresProxy::Disarm() { CutNextCommit(CommitCut::kNone, absl::ZeroDuration()); }

void PostgresProxy::BreakAll() {
  const MutexLock lock(mutex_);
  for (const auto& link : links_) link->broken_from = absl::InfinitePast();
  eventfd_write(wake_, 1);
}

void PostgresProxy::Stall(absl::Duration hold, bool then_break) {
  const MutexLock lock(mutex_);
  const absl::Time until = absl::Now() + hold;
  for (const auto& link : links_) {
    link->held_until = until;
    if (then_break) link->broken_from = until;
  }
}

void PostgresProxy::AbandonServerSide(absl::Duration hold) {
  const MutexLock lock(mutex_);
  for (const auto& link : links_) {
    if (link->server_ended) continue;
    shutdown(link->server, SHUT_RDWR);
    link->server_ended = true;
    link->drop_requests = true;
    link->drop_answers = true;
    link->broken_from = absl::Now() + hold;
  }
  eventfd_write(wake_, 1);
}

void PostgresProxy::ReleaseLocks() {
  const MutexLock lock(mutex_);
  for (const auto& link : links_) {
    if (link->server_tail != kReady || !link->to_server.empty()) continue;
    link->to_server = kReleaseLocks;
    link->server_tail.clear();
    link->is_ours = true;
  }
  eventfd_write(wake_, 1);
}

int PostgresProxy::commits_cut() const {
  const MutexLock lock(mutex_);
  return commits_cut_;
}

void PostgresProxy::Run() {
  for (;;) {
    std::vector<pollfd> waiting{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    {
      const MutexLock lock(mutex_);
      if (stopping_) {
        for (const auto& link : links_) {
          close(link->client);
          close(link->server);
        }
        return;
      }
      const absl::Time now = absl::Now();
      for (const auto& link : links_) {
        const bool held = now < link->held_until;
        const auto wants = [held](const std::string& unsent_here, const std::string& unsent_there) {
          if (held) return static_cast<short>(0);
          return static_cast<short>((unsent_there.empty() ? POLLIN : 0) |
                                    (unsent_here.empty() ? 0 : POLLOUT));
        };
        // A side of which nothing is wanted is left out, or its end would be reported at once.
        const short client_wants = wants(link->to_client, link->to_server);
        const short server_wants = wants(link->to_server, link->to_client);
        waiting.push_back({client_wants == 0 ? -1 : link->client, client_wants, 0});
        waiting.push_back(
            {server_wants == 0 || link->server_ended ? -1 : link->server, server_wants, 0});
      }
    }
    const bool idle = waiting.size() == 2;
    poll(waiting.data(), waiting.size(), idle ? -1 : kTickMs);
    eventfd_t woken = 0;
    if ((waiting[1].revents & POLLIN) != 0) eventfd_read(wake_, &woken);
    {
      const MutexLock lock(mutex_);
      for (std::size_t i = 0; i < links_.size(); ++i) {
        Serve(*links_[i], waiting[2 + 2 * i].revents != 0, waiting[3 + 2 * i].revents != 0);
      }
      const absl::Time now = absl::Now();
      std::erase_if(links_, [now](const std::unique_ptr<Link>& link) {
        if (now < link->broken_from) return false;
        close(link->client);
        close(link->server);
        return true;
      });
    }
    if ((waiting[0].revents & POLLIN) != 0) Accept();
  }
}

void PostgresProxy::Accept() {
  auto link = std::make_unique<Link>();
  link->client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (link->client < 0) return;
  link->server = NewSocket();
  const sockaddr_un address = AddressOf(server_path_);
  if (connect(link->server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(link->client);
    close(link->server);
    return;
  }
  const MutexLock lock(mutex_);
  links_.push_back(std::move(link));
}

void PostgresProxy::Serve(Link& link, bool client_readable, bool server_readable) {
  if (absl::Now() < link.held_until) return;
  std::string bytes;
  bool ended = false;
  if (client_readable && link.to_server.empty()) {
    ended |= !ReadWhatIsThere(link.client, bytes);
    TakeFromClient(link, bytes);
  }
  bytes.clear();
  if (server_readable && link.to_client.empty() && !link.server_ended) {
    const bool server_left = !ReadWhatIsThere(link.server, bytes);
    (link.drop_answers ? link.server_ended : ended) |= server_left;
    if (!link.drop_answers) TakeFromServer(link, bytes);
  }
  if (absl::Now() < link.held_until) return;
  if (link.server_ended) link.to_server.clear();
  if (!link.server_ended) ended |= !WriteWhatFits(link.server, link.to_server);
  const bool client_left = !WriteWhatFits(link.client, link.to_client);
  // What came before the end is handed on first.
  if (client_left || (ended && link.to_client.empty())) {
    link.broken_from = std::min(link.broken_from, absl::Now());
  }
}

void PostgresProxy::TakeFromServer(Link& link, std::string_view bytes) {
  if (!link.is_ours) link.to_client += bytes;
  link.server_tail += bytes;
  if (link.server_tail.size() > kReady.size()) {
    link.server_tail.erase(0, link.server_tail.size() - kReady.size());
  }
  if (link.server_tail == kReady) link.is_ours = false;
}

void PostgresProxy::TakeFromClient(Link& link, std::string_view bytes) {
  if (!bytes.empty()) link.server_tail.clear();
  while (!bytes.empty()) {
    const std::size_t before = link.finder.Find(bytes);
    if (!link.drop_requests) link.to_server += bytes.substr(0, before);
    bytes.remove_prefix(before);
    if (bytes.empty()) return;
    if (armed_ != CommitCut::kNone) Cut(link);
    if (!link.drop_requests) link.to_server += bytes.front();
    bytes.remove_prefix(1);  // the type of the message that was found
  }
}

void PostgresProxy::Cut(Link& link) {
  ++commits_cut_;
  const absl::Time until = absl::Now() + hold_;
  switch (std::exchange(armed_, CommitCut::kNone)) {
    case CommitCut::kNone:
      return;
    case CommitCut::kRequestLost:
      link.drop_requests = true;
      link.broken_from = until;
      return;
    case CommitCut::kAnswerLost:
      link.drop_answers = true;
      link.broken_from = until;
      return;
    case CommitCut::kBroken:
      link.drop_answers = true;
      link.broken_from = absl::Now();
      return;
    case CommitCut::kSlow:
      link.held_until = until;
      return;
  }
}

}  // namespace canvass::faults
