#include "common/edge/handshakes.h"

#include <openssl/err.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/text.h"

namespace canvass::edge {
namespace {

constexpr absl::Duration kRefreshInterval = absl::Seconds(1);

}  // namespace

// One handshake. Lives until it is over.
class Handshakes::Handshake : public std::enable_shared_from_this<Handshake> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  Handshake(Handshakes& all, int fd, OnDone on_done)
      : server_(all.server_),
        socket_(all.io_, boost::asio::generic::stream_protocol(AF_INET, IPPROTO_TCP), fd),
        tls_(all.server_.NewSession(fd)),
        timer_(all.io_, absl::ToChronoNanoseconds(all.within_)),
        on_done_(std::move(on_done)) {}

  void Begin() {
    timer_.async_wait([self = shared_from_this()](const auto& error) {
      if (!error) self->Fail("did not finish the TLS handshake in time");
    });
    Proceed();
  }

 private:
  void Proceed() {
    if (over_) return;
    if (tls_ == nullptr) return Fail("has no TLS session for lack of memory");
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) return Succeed();
    switch (SSL_get_error(tls_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Await(Socket::wait_read);
      case SSL_ERROR_WANT_WRITE:
        return Await(Socket::wait_write);
      case SSL_ERROR_SSL:
        return Fail(TlsServer::WhyFailed(tls_.get()));
      default:
        return Fail("left during the TLS handshake");
    }
  }

  void Await(Socket::wait_type type) {
    socket_.async_wait(type, [self = shared_from_this()](const auto& error) {
      if (!error) self->Proceed();
    });
  }

  void Succeed() {
    absl::StatusOr<TlsPeer> peer = server_.PeerOf(tls_.get());
    if (!peer.ok()) return Fail(std::string(peer.status().message()));
    End({.tls = std::move(tls_), .peer = *std::move(peer)});
  }

  void Fail(std::string why) { End({.why = std::move(why)}); }

  void End(Outcome outcome) {
    if (std::exchange(over_, true)) return;
    timer_.cancel();
    boost::system::error_code ignored;
    outcome.socket = SocketHandle(socket_.release(ignored));
    std::exchange(on_done_, nullptr)(std::move(outcome));
  }

  TlsServer& server_;
  Socket socket_;
  identity::SslPtr tls_;
  boost::asio::steady_timer timer_;
  OnDone on_done_;
  bool over_ = false;
};

Handshakes::Handshakes(TlsServer& server, absl::Duration within)
    : server_(server), within_(within) {
  RefreshLater();
  thread_ = std::thread([this] { io_.run(); });
}

Handshakes::~Handshakes() {
  io_.stop();
  thread_.join();
}

void Handshakes::Start(SocketHandle socket, OnDone on_done) {
  boost::asio::post(
      io_, [this, socket = std::move(socket), on_done = std::move(on_done)]() mutable {
        std::make_shared<Handshake>(*this, socket.Release(), std::move(on_done))->Begin();
      });
}

void Handshakes::RefreshLater() {
  refresh_timer_.expires_after(absl::ToChronoNanoseconds(kRefreshInterval));
  refresh_timer_.async_wait([this](const auto& error) {
    if (error) return;
    server_.Refresh();
    RefreshLater();
  });
}

}  // namespace canvass::edge
