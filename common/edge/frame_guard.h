#ifndef CANVASS_COMMON_EDGE_FRAME_GUARD_H_
#define CANVASS_COMMON_EDGE_FRAME_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/rate_limit.h"
#include "common/edge/frame_reader.h"
#include "common/edge/pending_calls.h"

namespace canvass::edge {

// What the frames of one connection may cost. A client that follows HTTP/2 comes nowhere near.
struct FrameLimits {
  // Calls that are open at once. A client that has more waits; a proxy that watches results for
  // many readers opens more connections. gRPC tells clients this limit, but applies it only once
  // they have acknowledged it.
  std::size_t streams_max = 1'000;
  // Calls that a connection may have open however many the others have. Few, because all
  // connections together must not need more memory than a service may.
  std::size_t streams_always = 4;
  // How long a connection may wait for room for a call. Its cancellations wait behind that call, so
  // it cannot make room by itself.
  absl::Duration room_within = absl::Seconds(2);
  // How long a connection may wait for answers to others of its owner before it may ask one more.
  absl::Duration answers_within = absl::Milliseconds(200);
  // Streams that either side resets. A reset costs the server a call that it has begun and the
  // client only a few bytes. A client whose calls all run into their deadline resets as many at
  // once as it may have open.
  double resets_per_second = 100;
  double resets_burst = 1'000;
  // After so long without a reset, a connection may have one whatever the others do. A client that
  // now and then gives up a call does not notice an attack.
  absl::Duration reset_always_after = absl::Seconds(1);
  // SETTINGS and PING, which the server has to answer, beside one for each frame of a call. gRPC's
  // clients measure the connection with pings while they use it.
  double answered_per_second = 100;
  double answered_burst = 1'000;
  // Frames that carry nothing: WINDOW_UPDATE, PRIORITY, DATA without data or of no open call,
  // unknown types, beside one for each frame of a call. A client acknowledges what it reads with
  // WINDOW_UPDATE, and may send data before it hears that the server has ended the call.
  double empty_per_second = 1'000;
  double empty_burst = 10'000;
  // One block of headers, however many frames it is spread over. Servers keep all of it until its
  // end. gRPC accepts 8 KiB of headers, counted when they are decoded.
  std::size_t header_block_bytes_max = std::size_t{16} << 10U;
  std::size_t header_block_frames_max = 16;
};

// What all connections of a server may cost together. Not thread-safe.
struct SharedLimits {
  RateLimit resets;  // of streams, by either side
  // Calls that are open on all connections. A connection may have FrameLimits::streams_always, and
  // as many of them as it leaves free, so that there is room for one that comes later.
  std::size_t streams_max = 0;
  std::size_t streams = 0;
  PendingCalls pending{};
};

// Watches the frames of one HTTP/2 connection, in both directions, and says how fast they may pass.
// Not thread-safe.
class FrameGuard {
 public:
  // `owner` is whom the connection belongs to. `shared` must outlive this.
  FrameGuard(const FrameLimits& limits, SharedLimits& shared, const std::string& owner = "");
  ~FrameGuard();
  FrameGuard(const FrameGuard&) = delete;
  FrameGuard& operator=(const FrameGuard&) = delete;

  enum class Verdict : std::uint8_t { kPass, kWait, kClose };
  struct Admission {
    std::size_t bytes = 0;  // that may pass
    Verdict verdict = Verdict::kPass;
    absl::Duration wait{};      // kWait: after which the rest is to be offered again
    bool until_answer = false;  // kWait: an answer of the server may end it sooner
    std::string_view why{};     // kClose: why, as a clause, e.g. "sent no HTTP/2"
  };
  // Looks at bytes from the client, which follow those that passed so far.
  Admission FromClient(std::string_view bytes, absl::Duration now);
  // Looks at bytes from the server. They may all pass: a server that resets streams because of what
  // the client sent slows the client down.
  void FromServer(std::string_view bytes, absl::Duration now);

  // Whether a frame may be put behind what the server has sent so far: behind its first one, and
  // neither into another nor into a block of headers.
  bool MayAddFromServer() const {
    return server_has_spoken_ && !server_is_in_headers_ && from_server_.is_between_frames();
  }

  // Whether the client has said that it speaks HTTP/2.
  bool has_begun() const { return from_client_.has_begun(); }
  // When a call last sent or received something; the past if none ever did.
  absl::Duration active_at() const { return active_at_; }
  // Calls that the server has not ended.
  std::size_t open_calls() const { return open_.size(); }
  // When the server said that it takes no more calls (GOAWAY); the future if it has not.
  absl::Duration server_left_at() const { return server_left_at_; }

 private:
  bool AdmitClientFrame(const FrameHeader& frame, absl::Duration now, Admission& admission);
  bool AdmitReset(const FrameHeader& frame, absl::Duration now, Admission& admission);
  bool TakeReset(absl::Duration now, Admission& admission);
  bool AdmitHeaders(const FrameHeader& frame, absl::Duration now, Admission& admission);
  bool AdmitStream(const FrameHeader& frame, absl::Duration now, Admission& admission);
  bool HasRoom() const;
  bool AdmitHeaderBlock(const FrameHeader& frame, Admission& admission);
  RateLimit* LimitOf(const FrameHeader& frame);
  // Whether the client may still send something on the stream.
  bool IsOpenToClient(std::uint32_t stream) const;
  void NoteCall(const FrameHeader& frame, absl::Duration now);
  void End(std::uint32_t stream);
  // Whether the server may be given another whole request.
  bool MayAsk(absl::Duration now, Admission& admission);
  void NoteAnswer(std::uint32_t stream);

  const FrameLimits limits_;
  SharedLimits& shared_;
  RateLimit resets_;
  RateLimit answered_;
  RateLimit empty_;
  FrameReader from_client_{FrameReader::Sender::kClient};
  FrameReader from_server_{FrameReader::Sender::kServer};
  std::size_t block_bytes_ = 0;
  std::size_t block_frames_ = 0;
  struct OpenCall {
    std::uint64_t pending = 0;  // its number there; 0 once the server has answered
    bool ended_by_client = false;
  };
  const std::shared_ptr<PendingCalls::Owner> owner_;
  absl::flat_hash_map<std::uint32_t, OpenCall> open_;  // by stream
  std::uint32_t last_stream_ = 0;  // the highest number that the client has used
  absl::Duration reset_at_ = -absl::InfiniteDuration();          // when one was admitted last
  absl::Duration room_wanted_at_ = absl::InfiniteDuration();     // since when a call waits for room
  absl::Duration answers_wanted_at_ = absl::InfiniteDuration();  // since when a request waits
  absl::Duration server_left_at_ = absl::InfiniteDuration();
  bool server_has_spoken_ = false;
  bool server_is_in_headers_ = false;  // more of the block is to come
  std::size_t server_resets_ = 0;      // that were not taken from the limits yet
  absl::Duration active_at_ = -absl::InfiniteDuration();
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_FRAME_GUARD_H_
