#ifndef CANVASS_COMMON_EDGE_HANDSHAKES_H_
#define CANVASS_COMMON_EDGE_HANDSHAKES_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/edge/socket_handle.h"
#include "common/edge/tls_server.h"
#include "common/identity/openssl.h"

namespace canvass::edge {

// TLS handshakes of clients that connect. They cost a few hundred microseconds each, so they have a
// thread of their own: connections that are open do not wait for those that begin. The thread also
// has the TlsServer look for changed files once a second. Thread-safe.
class Handshakes {
 public:
  struct Outcome {
    SocketHandle socket{};
    identity::SslPtr tls{};  // null if the handshake failed
    TlsPeer peer{};
    std::string why{};  // it failed, as a clause
  };
  // Called on the thread.
  using OnDone = std::function<void(Outcome)>;

  // `server` must outlive this.
  Handshakes(TlsServer& server, absl::Duration within);
  // Closes the sockets of handshakes that are not over, without calling anybody.
  ~Handshakes();
  Handshakes(const Handshakes&) = delete;
  Handshakes& operator=(const Handshakes&) = delete;

  // Takes a connected, non-blocking socket.
  void Start(SocketHandle socket, OnDone on_done);

 private:
  class Handshake;

  void RefreshLater();

  TlsServer& server_;
  const absl::Duration within_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer refresh_timer_{io_};
  std::thread thread_;
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_HANDSHAKES_H_
