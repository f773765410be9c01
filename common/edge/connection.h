#ifndef CANVASS_COMMON_EDGE_CONNECTION_H_
#define CANVASS_COMMON_EDGE_CONNECTION_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/edge/frame_guard.h"
#include "common/edge/stream.h"
#include "common/edge/tls_server.h"

namespace canvass::edge {

// Passes the bytes of one connection between a client and the server, both ways. Reads nothing from
// a client while that does not read what it is sent. Lives until either side or Close ends it. All
// functions are called on the thread that runs `io`.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = Stream::Socket;

  // What all connections share.
  struct Shared {
    FrameLimits limits;
    SharedLimits shared_limits;
    std::vector<char> buffer;  // into which each reads before it writes
    std::function<absl::Duration()> now;
    std::function<void()> on_slowed;
    std::function<void(std::string_view why)> on_broken_off;
    std::function<void(Connection&)> on_closed;
  };

  // `owner` says whose share of the connections this one belongs to, `peer` who the client is, if
  // it has TLS. `shared` must outlive this.
  Connection(boost::asio::io_context& io, Stream client, Stream server, std::string owner,
             TlsPeer peer, Shared& shared);

  void Start();
  // Tells the client to begin no more calls here, as soon as a frame may be added to what the
  // server says. The server takes those that are on their way, and does not know.
  void SayGoodbye();
  // Closes both sockets and calls on_closed. Idempotent.
  void Close();

  const FrameGuard& guard() const { return guard_; }
  const std::string& owner() const { return owner_; }
  // The client's session; null without TLS.
  SSL* tls() const { return client_.tls(); }
  const TlsPeer& peer() const { return peer_; }
  // Sets what another check of the client's certificate found. REQUIRES: the actor is the same.
  void SetPeer(TlsPeer peer) { peer_ = std::move(peer); }
  // Whether the client has read nothing of what it was sent for longer than `patience`.
  bool IsDeaf(absl::Duration now, absl::Duration patience) const;
  absl::Duration opened_at() const { return opened_at_; }
  // When the connection was opened or a call last sent or received something.
  absl::Duration active_at() const;

 private:
  using Step = void (Connection::*)();

  void PumpToServer();
  void PumpToClient();
  bool FlushToServer();
  bool FlushToClient();
  void AddGoodbye();
  void GoOnAfterAnswer();
  bool Admit(std::string_view bytes);
  // Reads into the shared buffer. Returns what was read; nothing if the socket has nothing now, in
  // which case `again` is called once it has, or if it has ended.
  std::string_view Read(Stream& stream, Step again);
  // Returns how many bytes were written. If not all of them, `again` is called once there is room,
  // unless the socket takes no more.
  std::size_t Write(Stream& stream, std::string_view bytes, Step again);
  void WhenUnwritable(const Stream& stream);
  // Closes the connection once the client has had what it was sent.
  void PartFromClient();
  void DrainClient();
  void WhenReady(Stream& stream, Socket::wait_type type, Step step);
  void After(absl::Duration wait, Step step);
  void Soon(Step step);

  boost::asio::io_context& io_;
  Shared& shared_;
  Stream client_;
  Stream server_;
  boost::asio::steady_timer timer_;
  FrameGuard guard_;
  const std::string owner_;
  TlsPeer peer_;
  const absl::Duration opened_at_;
  std::string to_server_;               // was read from the client and is not written
  std::size_t admitted_ = 0;            // first bytes of to_server_, which may be written
  std::string to_client_;               // was read from the server and is not written
  absl::Duration client_blocked_at_{};  // when it last took something of to_client_
  bool goodbye_is_due_ = false;         // it is added between two frames of the server
  bool client_is_slow_ = false;         // PumpToServer goes on when to_client_ is written
  bool waits_for_answer_ = false;       // PumpToServer may go on when the server says something
  bool server_takes_no_more_ = false;   // its last words to the client still pass
  bool parting_ = false;                // what the client still sends is dropped
  bool closed_ = false;
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_CONNECTION_H_
