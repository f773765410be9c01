#ifndef CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_
#define CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/edge/frame_reader.h"

namespace canvass::edge {

// Returns the bytes of a frame.
inline std::string FrameBytes(FrameType type, std::uint8_t flags, std::uint32_t stream,
                              std::string_view payload) {
  std::string bytes;
  const auto append = [&bytes](std::size_t number, int size) {
    for (int i = size - 1; i >= 0; --i) {
      bytes += static_cast<char>(static_cast<unsigned char>(number >> (8U * unsigned(i))));
    }
  };
  append(payload.size(), 3);
  append(static_cast<std::size_t>(type), 1);
  append(flags, 1);
  append(stream, 4);
  return bytes.append(payload);
}

}  // namespace canvass::edge

#endif  // CANVASS_TESTS_COMMON_EDGE_FRAME_BYTES_H_
