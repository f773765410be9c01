#ifndef CANVASS_COMMON_EDGE_FRAME_READER_H_
#define CANVASS_COMMON_EDGE_FRAME_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace canvass::edge {

// Types of HTTP/2 frames (RFC 9113, section 6).
enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kResetStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

// The header of an HTTP/2 frame (RFC 9113, section 4.1).
struct FrameHeader {
  static constexpr std::uint8_t kEndStream = 0x1;   // of DATA and HEADERS
  static constexpr std::uint8_t kAck = 0x1;         // of SETTINGS and PING
  static constexpr std::uint8_t kEndHeaders = 0x4;  // of HEADERS and CONTINUATION

  std::uint32_t length = 0;           // of the payload, in bytes
  FrameType type = FrameType::kData;  // may be none of the known types
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool Has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

// Finds the frames in the bytes of one direction of an HTTP/2 connection. Looks at nothing but
// their headers, and keeps at most one of those. Not thread-safe.
class FrameReader {
 public:
  // What a client sends first (RFC 9113, section 3.4).
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  // Whose bytes these are.
  enum class Sender : std::uint8_t { kClient, kServer };
  explicit FrameReader(Sender sender)
      : preface_left_(sender == Sender::kClient ? kPreface.size() : 0) {}

  // Reads `bytes`, which follow those of the last call, and returns how many were read. Calls
  // `admit` once the header of a frame is complete. If it returns false, stops before the last byte
  // of that header, so that the receiver cannot act on the frame; the next call must begin with
  // that byte, and asks again.
  std::size_t Read(std::string_view bytes, absl::FunctionRef<bool(const FrameHeader&)> admit);

  // Whether what was read so far ends with the end of a frame, or nothing was read yet.
  bool is_between_frames() const { return header_read_ == 0 && payload_left_ == 0; }
  // Whether the client's preface was read, or none is expected.
  bool has_begun() const { return preface_left_ == 0; }
  // The client began with something else than the preface. Nothing further is read.
  bool is_malformed() const { return malformed_; }

 private:
  static constexpr std::size_t kHeaderBytes = 9;

  std::size_t ReadPreface(std::string_view bytes);
  FrameHeader Header() const;

  std::size_t preface_left_;
  bool malformed_ = false;
  std::array<unsigned char, kHeaderBytes> header_{};
  std::size_t header_read_ = 0;
  std::size_t payload_left_ = 0;
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_FRAME_READER_H_
