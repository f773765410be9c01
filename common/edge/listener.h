#ifndef CANVASS_COMMON_EDGE_LISTENER_H_
#define CANVASS_COMMON_EDGE_LISTENER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "common/edge/frame_guard.h"
#include "common/edge/tls_server.h"

namespace canvass::edge {

struct ListenerLimits {
  FrameLimits frames{};
  // Connections that are open at once. 0: as many as the limit on open files allows.
  std::size_t connections_max = 0;
  // How long a client may take to say that it speaks HTTP/2.
  absl::Duration begin_within = absl::Seconds(10);
  // How long a client may read nothing of what it is sent.
  absl::Duration deaf_max = absl::Seconds(20);
  // A connection without a call for so long may be closed to make room for another one; and if
  // there is none, one whose calls neither sent nor received anything for so long. A watcher of
  // results hears something every 15 s, one of health may hear nothing for days.
  absl::Duration idle_after = absl::Seconds(10);
  absl::Duration quiet_after = absl::Seconds(60);
  // How long a connection stays after the server said that it takes no more calls and the last one
  // has ended. Most clients close it themselves.
  absl::Duration stay_max = absl::Seconds(1);
  // How long clients may take to hear that they shall begin no more calls here. What they begin
  // later, the server does not take.
  absl::Duration goodbye_within = absl::Seconds(1);
  // Calls that are open on all connections together. gRPC needs about 10 KB for each, besides what
  // it says.
  std::size_t streams_max = 16'000;
  // Streams reset by clients, of all connections together. gRPC frees about 16 000 calls a second
  // on one core; this leaves most of it to others.
  double resets_per_second = 2'000;
  double resets_burst = 4'000;
};

// Accepts connections and stands between each of them and the server: it passes bytes on as fast as
// its FrameGuard allows, and reads no more from a client that does not read what it is sent. With
// TLS it ends the encryption, and closes connections whose certificate has expired or is not
// accepted any more.
//
// An owner (see OwnerOf) may have as many connections as it leaves free of those that there may be,
// one half if it is alone. Beyond that it closes the one that has been without a call for longest,
// or else the new one. The server gets one end of a Unix socket for each connection, whose name
// says who the client is (see PeerName). Thread-safe. Has a thread of its own.
class Listener {
 public:
  // Called on the listener's thread with the server's end of a connection, which it then owns.
  using HandOver = std::function<void(int fd)>;

  // Takes ownership of `listening`, non-blocking sockets that listen. Clients speak TLS if there is
  // `tls`, which must outlive this, and may be null.
  Listener(const std::vector<int>& listening, const ListenerLimits& limits, TlsServer* tls,
           HandOver hand_over);
  // Closes everything.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts no more connections; those that are open go on. Returns when the last one was handed
  // over. REQUIRES: not called on the listener's thread.
  void StopAccepting();
  // After StopAccepting: tells the clients to begin no more calls on their connections, and waits
  // until all have gone, or so long that the others should have heard it. REQUIRES: as above.
  void SayGoodbye();

  struct Counts {
    std::size_t open = 0;
    std::int64_t accepted = 0;
    std::int64_t turned_away = 0;   // new ones for which there was no room
    std::int64_t shed = 0;          // idle ones that made room
    std::int64_t slowed = 0;        // times that a connection had to wait
    std::int64_t broken_off = 0;    // whose frames are against the rules
    std::int64_t not_accepted = 0;  // whose TLS handshake failed, or whose certificate is bad now
  };
  Counts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Raises this process's limit on open files as far as it may. Returns the limit.
std::size_t RaiseOpenFilesMax();

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_LISTENER_H_
