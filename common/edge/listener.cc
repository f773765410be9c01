#include "common/edge/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/fair_share.h"
#include "common/base/rate_limit.h"
#include "common/base/text.h"
#include "common/edge/connection.h"
#include "common/edge/handshakes.h"
#include "common/edge/peer_name.h"
#include "common/edge/socket_handle.h"
#include "common/edge/stream.h"
#include "common/edge/tls_server.h"
#include "common/identity/openssl.h"
#include "common/identity/policy.h"
#include "common/telemetry/log.h"

namespace canvass::edge {
namespace {

using Socket = Connection::Socket;

// Files that a connection needs: the client's socket and both ends of the server's.
constexpr std::size_t kFilesPerConnection = 3;
// Files for everything else: PostgreSQL, the outbox, logs, calls to other services.
constexpr std::size_t kFilesReserved = 256;
// More connections than this cost gRPC more memory than a service should need.
constexpr std::size_t kConnectionsMax = 4'096;
// Enough for most messages, and little enough that thousands of slow clients can hold as much.
constexpr std::size_t kBufferBytes = std::size_t{32} << 10U;
constexpr int kAcceptedAtOnce = 64;
constexpr absl::Duration kSweepInterval = absl::Seconds(1);
constexpr absl::Duration kLogInterval = absl::Seconds(10);
// What certificates may take of a sweep, during which no bytes pass.
constexpr absl::Duration kCheckWithin = absl::Milliseconds(20);
// While clients are leaving.
constexpr absl::Duration kLookEvery = absl::Milliseconds(2);
// After accept failed for lack of files or memory.
constexpr absl::Duration kAcceptAgainAfter = absl::Milliseconds(100);

std::size_t OpenFilesMax() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1'024;
}

std::size_t ConnectionsMax(const ListenerLimits& limits) {
  const std::size_t files = OpenFilesMax();
  const std::size_t room =
      files > kFilesReserved ? (files - kFilesReserved) / kFilesPerConnection : 1;
  const std::size_t wanted = limits.connections_max == 0 ? kConnectionsMax : limits.connections_max;
  return std::max<std::size_t>(std::min(wanted, room), 1);
}

// Writes numbers only.
std::string TextOf(const sockaddr_storage& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof(address), host.data(),
                  host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return absl::StrCat(host.data(), ":", port.data());
}

// Returns the address without its port, and of IPv6 only the first half: one machine has as many
// addresses as it likes, all with the same first half.
std::string HostOf(sockaddr_storage address) {
  std::array<char, NI_MAXHOST> host{};
  if (address.ss_family == AF_INET6) {
    in6_addr& ip = reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&ip)) std::fill_n(&ip.s6_addr[8], 8, 0);
  }
  const int failed = getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof(address),
                                 host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? host.data() : "unknown";
}

// Two connected sockets. The first has a name, so that the owner of the second can tell its peers
// apart: gRPC's ServerContext::peer() is made from it. Names of abstract sockets are shared by all
// users of the machine, so nobody must be able to guess it and to take it first.
bool MakePair(const std::string& name, std::array<int, 2>& ends) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return false;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t bytes = std::min(name.size(), sizeof(address.sun_path) - 1);
  std::memcpy(&address.sun_path[1], name.data(), bytes);  // the leading NUL makes it abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + bytes);
  if (bind(ends[0], reinterpret_cast<const sockaddr*>(&address), size) == 0) return true;
  close(ends[0]);
  close(ends[1]);
  return false;
}

}  // namespace

std::size_t RaiseOpenFilesMax() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  return OpenFilesMax();
}

// Everything but the counts is used on the thread alone.
class Listener::Impl {
 public:
  Impl(const std::vector<int>& listening, const ListenerLimits& limits, TlsServer* tls,
       HandOver hand_over)
      : limits_(limits),
        connections_max_(ConnectionsMax(limits)),
        tls_(tls),
        hand_over_(std::move(hand_over)),
        listening_(Own(io_, listening)),
        sweep_timer_(io_),
        shared_{
            .limits = limits.frames,
            .shared_limits = {.resets = RateLimit(limits.resets_per_second, limits.resets_burst),
                              .streams_max = limits.streams_max},
            .buffer = std::vector<char>(kBufferBytes),
            .now = [this] { return clock_.Now(); },
            .on_slowed = [this] { ++slowed_; },
            .on_broken_off =
                [this](std::string_view why) {
                  ++broken_off_;
                  last_why_ = why;
                },
            .on_closed = [this](Connection& connection) { Forget(connection); }} {
    if (tls != nullptr) handshakes_ = std::make_unique<Handshakes>(*tls, limits.begin_within);
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    boost::asio::post(io_, [this] {
      CloseListening();
      sweep_timer_.cancel();
      const Connections open = connections_;  // Close changes connections_
      for (const auto& [key, connection] : open) connection->Close();
      io_.stop();
    });
    thread_.join();
    handshakes_.reset();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void StopAccepting() {
    std::promise<void> closed;
    boost::asio::post(io_, [this, &closed] {
      CloseListening();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  void SayGoodbye() {
    const absl::Duration until = clock_.Now() + limits_.goodbye_within;
    boost::asio::post(io_, [this] {
      const Connections open = connections_;  // SayGoodbye may change connections_
      for (const auto& [key, connection] : open) connection->SayGoodbye();
    });
    while (open_ > 0 && clock_.Now() < until) absl::SleepFor(kLookEvery);
  }

  Counts counts() const {
    return {.open = open_,
            .accepted = accepted_,
            .turned_away = turned_away_,
            .shed = shed_,
            .slowed = slowed_,
            .broken_off = broken_off_,
            .not_accepted = not_accepted_};
  }

 private:
  using Connections = absl::flat_hash_map<const Connection*, std::shared_ptr<Connection>>;

  static std::vector<Socket> Own(boost::asio::io_context& io, const std::vector<int>& fds) {
    std::vector<Socket> sockets;
    sockets.reserve(fds.size());
    for (const int fd : fds) {
      sockets.emplace_back(io, boost::asio::generic::stream_protocol(AF_INET, IPPROTO_TCP), fd);
    }
    return sockets;
  }

  void Run() {
    for (Socket& listening : listening_) AcceptLater(listening);
    SweepLater();
    io_.run();
  }

  void CloseListening() {
    stopped_accepting_ = true;
    boost::system::error_code ignored;
    for (Socket& listening : listening_) ignored = listening.close(ignored);
  }

  void AcceptLater(Socket& listening) {
    listening.async_wait(Socket::wait_read, [this, &listening](const auto& error) {
      if (!error) Accept(listening);
    });
  }

  void Accept(Socket& listening) {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof(address);
      const int fd = accept4(listening.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        ++accepted_;
        Take(SocketHandle(fd), address);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return AcceptAfterAWhile(listening);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      }
    }
    AcceptLater(listening);
  }

  void AcceptAfterAWhile(Socket& listening) {
    accept_error_ = std::generic_category().message(errno);
    auto timer = std::make_shared<boost::asio::steady_timer>(
        io_, absl::ToChronoNanoseconds(kAcceptAgainAfter));
    timer->async_wait([this, timer, &listening](const auto& error) {
      if (!error && listening.is_open()) Accept(listening);
    });
  }

  // A client that has connected.
  struct Client {
    SocketHandle socket{};
    int family = AF_INET;
    std::string host{};
    std::string address{};  // with the port, for people
  };

  void Take(SocketHandle socket, const sockaddr_storage& address) {
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Client client{.socket = std::move(socket),
                  .family = address.ss_family,
                  .host = HostOf(address),
                  .address = TextOf(address)};
    if (tls_ != nullptr) return ShakeHands(std::move(client));
    const std::string owner = OwnerOf(identity::Peer{}, client.host);
    if (MakeRoomFor(owner)) Open(std::move(client), /*tls=*/nullptr, TlsPeer{}, owner);
  }

  // Nobody knows who the client is until then, so its place is its host's.
  void ShakeHands(Client client) {
    if (!MakeRoomFor(client.host)) return;
    CountIn(client.host);
    SocketHandle socket = std::move(client.socket);
    auto waiting = std::make_shared<Client>(std::move(client));
    handshakes_->Start(std::move(socket), [this, waiting](Handshakes::Outcome outcome) {
      boost::asio::post(io_, [this, waiting, outcome = std::move(outcome)]() mutable {
        Welcome(std::move(*waiting), std::move(outcome));
      });
    });
  }

  void Welcome(Client client, Handshakes::Outcome outcome) {
    CountOut(client.host);
    if (stopped_accepting_) return;
    if (outcome.tls == nullptr) return NoteNotAccepted(client.address, outcome.why);
    client.socket = std::move(outcome.socket);
    const std::string owner =
        OwnerOf({.is_checked = true, .actor = outcome.peer.actor}, client.host);
    if (!MakeRoomFor(owner)) return;
    Open(std::move(client), std::move(outcome.tls), std::move(outcome.peer), owner);
  }

  // Returns false if there is no room for another connection of the owner.
  bool MakeRoomFor(const std::string& owner) {
    const bool has_room = HasRoomFor(owner) || ShedOne(owner);
    if (!has_room) ++turned_away_;
    return has_room;
  }

  void Open(Client client, identity::SslPtr tls, TlsPeer peer, const std::string& owner) {
    std::array<int, 2> ends{};
    const identity::Peer named{.is_checked = tls != nullptr, .actor = peer.actor};
    if (!MakePair(NewPeerName(named, client.host, client.address), ends)) {
      ++turned_away_;
      return;
    }
    const boost::asio::generic::stream_protocol tcp(client.family, IPPROTO_TCP);
    const boost::asio::generic::stream_protocol local(AF_UNIX, 0);
    auto connection = std::make_shared<Connection>(
        io_, Stream(Socket(io_, tcp, client.socket.Release()), std::move(tls)),
        Stream(Socket(io_, local, ends[0])), owner, std::move(peer), shared_);
    connections_.emplace(connection.get(), connection);
    CountIn(owner);
    hand_over_(ends[1]);
    connection->Start();
  }

  void CountIn(const std::string& owner) {
    ++open_of_[owner];
    ++open_;
  }

  void CountOut(const std::string& owner) {
    const auto own = open_of_.find(owner);
    if (--own->second == 0) open_of_.erase(own);
    --open_;
  }

  void NoteNotAccepted(std::string_view who, std::string_view why) {
    ++not_accepted_;
    last_not_accepted_ = absl::StrCat(ToAbsl(who), " ", ToAbsl(why));
  }

  std::size_t OpenOf(const std::string& owner) const {
    const auto found = open_of_.find(owner);
    return found == open_of_.end() ? 0 : found->second;
  }

  bool HasRoomFor(const std::string& owner) const {
    return IsFairShare(OpenOf(owner), 1, open_, connections_max_);
  }

  // Makes room for a connection of `owner` by closing the most dispensable one of its own, or of
  // somebody who has more. Returns false if there is none.
  bool ShedOne(const std::string& owner) {
    if (clock_.Now() - dispensable_found_at_ >= kSweepInterval) FindDispensable();
    const std::size_t own = OpenOf(owner);
    if (found_none_.contains(owner)) return false;
    for (const std::weak_ptr<Connection>& candidate : dispensable_) {
      const std::shared_ptr<Connection> connection = candidate.lock();
      if (connection == nullptr || !connections_.contains(connection.get())) continue;
      if (!IsDispensable(*connection)) continue;
      if (connection->owner() != owner && OpenOf(connection->owner()) <= own) continue;
      ++shed_;
      connection->Close();
      return true;
    }
    found_none_.insert(owner);
    return false;
  }

  bool IsDispensable(const Connection& connection) const {
    const bool has_calls = connection.guard().open_calls() > 0;
    const absl::Duration silence = clock_.Now() - connection.active_at();
    return silence >= (has_calls ? limits_.quiet_after : limits_.idle_after);
  }

  // Collects the connections that may be closed to make room. Those without a call come first,
  // and of them the one that has been silent for longest.
  void FindDispensable() {
    dispensable_found_at_ = clock_.Now();
    found_none_.clear();
    std::vector<std::shared_ptr<Connection>> found;
    for (const auto& [key, connection] : connections_) {
      if (IsDispensable(*connection)) found.push_back(connection);
    }
    const auto rank = [](const auto& connection) {
      return std::pair(connection->guard().open_calls() > 0, connection->active_at());
    };
    std::sort(found.begin(), found.end(),
              [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
    dispensable_.assign(found.begin(), found.end());
  }

  void SweepLater() {
    sweep_timer_.expires_after(absl::ToChronoNanoseconds(kSweepInterval));
    sweep_timer_.async_wait([this](const auto& error) {
      if (error) return;
      Sweep();
      SweepLater();
    });
  }

  // Closes the connections whose clients never said what they speak, or do not read, or that stay
  // although the server takes no more calls.
  void Sweep() {
    const absl::Duration now = clock_.Now();
    std::vector<std::shared_ptr<Connection>> closing;
    for (const auto& [key, connection] : connections_) {
      const bool is_mute =
          !connection->guard().has_begun() && now - connection->opened_at() > limits_.begin_within;
      const bool is_over = connection->guard().open_calls() == 0 &&
                           now - connection->guard().server_left_at() > limits_.stay_max;
      const bool is_deaf = connection->IsDeaf(now, limits_.deaf_max);
      if (is_mute || is_deaf || is_over) closing.push_back(connection);
    }
    for (const auto& connection : closing) connection->Close();
    if (tls_ != nullptr) CheckCertificates();
    if (now - logged_at_ >= kLogInterval) Log(now);
  }

  // Closes the connections whose certificate has expired or, after certificates, authorities or
  // revocation lists changed, is not accepted any more. Those that it has no time for now are
  // checked at the next sweep.
  void CheckCertificates() {
    const absl::Time now = absl::Now();
    const std::int64_t generation = tls_->generation();
    const absl::Duration until = clock_.Now() + kCheckWithin;
    std::vector<std::pair<std::shared_ptr<Connection>, std::string>> closing;
    for (const auto& [key, connection] : connections_) {
      const TlsPeer& peer = connection->peer();
      if (now > peer.expires_at) {
        closing.emplace_back(connection, "has a certificate that has expired");
      } else if (peer.generation != generation && clock_.Now() < until) {
        absl::StatusOr<TlsPeer> checked = tls_->PeerOf(connection->tls());
        if (checked.ok()) {
          connection->SetPeer(*std::move(checked));
        } else {
          closing.emplace_back(connection,
                               absl::StrCat("has a certificate that ", checked.status().message()));
        }
      }
    }
    for (const auto& [connection, why] : closing) {
      NoteNotAccepted(connection->owner(), why);
      connection->Close();
    }
  }

  // Says what was done to connections since the last time.
  void Log(absl::Duration now) {
    const Counts all = counts();
    const auto say = [](std::int64_t count, std::string_view what) {
      if (count > 0) telemetry::LogWarning(StrCat(count, " connections ", what));
    };
    say(all.turned_away - logged_.turned_away,
        absl::StrCat("were turned away: ", all.open, " are open of at most ", connections_max_,
                     ", of which a caller may have as many as it leaves free"));
    say(all.shed - logged_.shed, "that were silent were closed to make room for others");
    say(all.broken_off - logged_.broken_off,
        absl::StrCat("were broken off; of the last one: ", last_why_));
    say(all.not_accepted - logged_.not_accepted,
        absl::StrCat("were not accepted by TLS; the last one: ", last_not_accepted_));
    if (all.slowed > logged_.slowed) {
      telemetry::LogWarning(
          absl::StrCat("clients begin or reset calls, or send empty frames, faster than they may; "
                       "they were slowed down ",
                       all.slowed - logged_.slowed, " times"));
    }
    if (!accept_error_.empty()) {
      telemetry::LogWarning(absl::StrCat("connections cannot be accepted: ", accept_error_));
    }
    accept_error_.clear();
    logged_ = all;
    logged_at_ = now;
  }

  void Forget(const Connection& connection) {
    if (connections_.erase(&connection) > 0) CountOut(connection.owner());
  }

  const ListenerLimits limits_;
  const std::size_t connections_max_;
  TlsServer* const tls_;  // null without TLS
  const HandOver hand_over_;
  const SteadyClock clock_{};
  boost::asio::io_context io_{1};
  std::vector<Socket> listening_;
  boost::asio::steady_timer sweep_timer_;
  Connection::Shared shared_;
  Connections connections_;
  absl::flat_hash_map<std::string, std::size_t> open_of_;  // connections, by owner
  std::vector<std::weak_ptr<Connection>> dispensable_;
  absl::Duration dispensable_found_at_ = -absl::InfiniteDuration();
  // Owners for whom none of dispensable_ was closed, so that each of a flood need not look for it.
  absl::flat_hash_set<std::string> found_none_;
  bool stopped_accepting_ = false;
  std::string accept_error_;
  std::string last_why_;
  std::string last_not_accepted_;
  Counts logged_;
  absl::Duration logged_at_ = -absl::InfiniteDuration();

  std::atomic<std::size_t> open_ = 0;
  std::atomic<std::int64_t> accepted_ = 0;
  std::atomic<std::int64_t> turned_away_ = 0;
  std::atomic<std::int64_t> shed_ = 0;
  std::atomic<std::int64_t> slowed_ = 0;
  std::atomic<std::int64_t> broken_off_ = 0;
  std::atomic<std::int64_t> not_accepted_ = 0;
  std::unique_ptr<Handshakes> handshakes_;  // null without TLS

  std::thread thread_;  // last: it uses all of the above
};

Listener::Listener(const std::vector<int>& listening, const ListenerLimits& limits, TlsServer* tls,
                   HandOver hand_over)
    : impl_(std::make_unique<Impl>(listening, limits, tls, std::move(hand_over))) {}

Listener::~Listener() = default;

void Listener::StopAccepting() { impl_->StopAccepting(); }

void Listener::SayGoodbye() { impl_->SayGoodbye(); }

Listener::Counts Listener::counts() const { return impl_->counts(); }

}  // namespace canvass::edge
