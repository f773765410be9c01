// Bytes of both directions of a connection, which the edge looks at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/base/rate_limit.h"
#include "common/edge/frame_guard.h"
#include "common/edge/frame_reader.h"
#include "tests/common/edge/frame_bytes.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

using edge::FrameBytes;
using edge::FrameGuard;
using edge::FrameHeader;
using edge::FrameType;

// Small, so that short inputs reach them.
constexpr edge::FrameLimits kFewFrames = {.streams_max = 4,
                                          .streams_always = 2,
                                          .resets_per_second = 1,
                                          .resets_burst = 3,
                                          .answered_per_second = 1,
                                          .answered_burst = 3,
                                          .empty_per_second = 1,
                                          .empty_burst = 3,
                                          .header_block_bytes_max = 64,
                                          .header_block_frames_max = 3};

// What the client wants to send. It is offered again as long as the guard says so.
class ClientBytes {
 public:
  // Returns false once the connection is closed.
  bool Offer(FrameGuard& guard, std::string_view bytes, absl::Duration& now) {
    waiting_ += bytes;
    for (int i = 0; i < 4 && !waiting_.empty(); ++i) {
      const FrameGuard::Admission admission = guard.FromClient(waiting_, now);
      Require(admission.bytes <= waiting_.size(), "no more bytes pass than there are");
      waiting_.erase(0, admission.bytes);
      if (admission.verdict == FrameGuard::Verdict::kClose) {
        Require(!admission.why.empty(), "a connection is closed for a reason");
        return false;
      }
      if (admission.verdict == FrameGuard::Verdict::kPass) {
        Require(waiting_.empty(), "all bytes pass, or some must wait");
        return true;
      }
      Require(admission.wait > absl::ZeroDuration() && admission.wait <= absl::Minutes(1),
              "a connection waits for a while, and not for ever");
      Require(!waiting_.empty(), "there is something to wait for");
      now += admission.wait;
    }
    return true;
  }

 private:
  std::string waiting_;
};

// Pieces: a byte that says who sends (the highest bit: the server) and how much, up to 127 bytes,
// which follow. A piece of size 0 lets a second pass.
void RunHttp2Frames(std::string_view bytes) {
  constexpr std::uint8_t kFromServer = 0x80;
  edge::SharedLimits shared{.resets = RateLimit(2, 4), .streams_max = 6};
  {
    FrameGuard guard(kFewFrames, shared);
    ClientBytes client;
    absl::Duration now;
    while (!bytes.empty()) {
      const auto head = static_cast<std::uint8_t>(bytes[0]);
      const std::string_view piece = bytes.substr(1, head & ~kFromServer);
      bytes.remove_prefix(1 + piece.size());
      if (piece.empty()) now += absl::Seconds(1);
      if ((head & kFromServer) != 0) {
        guard.FromServer(piece, now);
      } else if (!client.Offer(guard, piece, now)) {
        break;
      }
      Require(guard.open_calls() == shared.streams, "open calls are counted once");
      Require(guard.open_calls() <= kFewFrames.streams_max, "no more calls are open than may be");
      Require(guard.active_at() <= now, "no call is active in the future");
    }
  }
  Require(shared.streams == 0, "a connection that is gone has no open calls");
}

std::string Piece(bool from_server, std::string_view bytes) {
  std::string pieces;
  do {
    const std::string_view piece = bytes.substr(0, 127);
    pieces += static_cast<char>(static_cast<std::uint8_t>(piece.size() | (from_server ? 0x80 : 0)));
    pieces += piece;
    bytes.remove_prefix(piece.size());
  } while (!bytes.empty());
  return pieces;
}

std::vector<std::string> Http2FramesSeeds() {
  const std::string begin =
      std::string(edge::FrameReader::kPreface) + FrameBytes(FrameType::kSettings, 0, 0, "");
  const auto call = [](std::uint32_t stream) {
    return FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders, stream, "headers") +
           FrameBytes(FrameType::kData, FrameHeader::kEndStream, stream, "message");
  };
  const std::string reset = FrameBytes(FrameType::kResetStream, 0, 1, std::string(4, '\0'));
  const std::string answer =
      FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders, 1, "headers") +
      FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders | FrameHeader::kEndStream, 1, "end");
  std::string calls;
  std::string headers = FrameBytes(FrameType::kHeaders, 0, 1, "headers");
  for (std::uint32_t i = 0; i < 8; ++i) {
    calls += call(2 * i + 1);
    headers += FrameBytes(FrameType::kContinuation, 0, 1, "more");
  }
  std::string pings;
  for (int i = 0; i < 8; ++i) pings += FrameBytes(FrameType::kPing, 0, 0, "12345678");
  return {Piece(false, begin + call(1)) + Piece(true, answer),
          Piece(false, begin + call(1) + reset + call(3) + reset + call(5)),
          Piece(false, begin + calls),
          Piece(false, begin + headers),
          Piece(false, begin + pings) + Piece(true, pings),
          Piece(false, begin + call(1)) + Piece(true, reset + reset) + Piece(false, call(3)),
          Piece(true, FrameBytes(FrameType::kGoAway, 0, 0, "12345678")),
          Piece(false, begin + call(2)),
          Piece(false, "GET / HTTP/1.1\r\n")};
}

const Registration kHttp2Frames({.name = "http2_frames",
                                 .run = RunHttp2Frames,
                                 .seeds = Http2FramesSeeds});

}  // namespace
}  // namespace canvass::fuzz
