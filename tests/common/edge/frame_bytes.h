#ifndef CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_
#define CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/edge/frame_reader.h"

namespace canvass::edge {

// Returns the `size` lowest bytes of a number, the highest first.
inline std::string BigEndian(std::size_t number, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) {
    bytes += static_cast<char>(static_cast<unsigned char>(number >> (8U * unsigned(i))));
  }
  return bytes;
}

// Returns the bytes of a frame.
inline std::string FrameBytes(FrameType type, std::uint8_t flags, std::uint32_t stream,
                              std::string_view payload) {
  return (BigEndian(payload.size(), 3) + BigEndian(static_cast<std::size_t>(type), 1) +
          BigEndian(flags, 1) + BigEndian(stream, 4))
      .append(payload);
}

// Returns a gRPC message as it is sent, with its prefix.
inline std::string MessageBytes(std::string_view message, bool compressed) {
  return (BigEndian(compressed ? 1 : 0, 1) + BigEndian(message.size(), 4)).append(message);
}

}  // namespace canvass::edge

#endif  // CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_
