#include "common/edge/frame_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace canvass::edge {

std::size_t FrameReader::Read(std::string_view bytes,
                              absl::FunctionRef<bool(const FrameHeader&)> admit) {
  std::size_t read = ReadPreface(bytes);
  while (read < bytes.size() && !malformed_) {
    if (payload_left_ > 0) {
      const std::size_t payload = std::min(payload_left_, bytes.size() - read);
      payload_left_ -= payload;
      read += payload;
      continue;
    }
    header_[header_read_] = static_cast<unsigned char>(bytes[read]);
    if (header_read_ + 1 < kHeaderBytes) {
      ++header_read_;
      ++read;
      continue;
    }
    const FrameHeader header = Header();
    if (!admit(header)) break;
    header_read_ = 0;
    ++read;
    payload_left_ = header.length;
  }
  return read;
}

std::size_t FrameReader::ReadPreface(std::string_view bytes) {
  const std::size_t read = std::min(preface_left_, bytes.size());
  if (bytes.substr(0, read) != kPreface.substr(kPreface.size() - preface_left_, read)) {
    malformed_ = true;
    return 0;
  }
  preface_left_ -= read;
  return read;
}

FrameHeader FrameReader::Header() const {
  const auto number = [this](std::size_t first, std::size_t last) {
    std::uint32_t value = 0;
    for (std::size_t i = first; i <= last; ++i) value = (value << 8U) | header_[i];
    return value;
  };
  constexpr std::uint32_t kReservedBit = 0x8000'0000U;
  return {.length = number(0, 2),
          .type = static_cast<FrameType>(header_[3]),
          .flags = header_[4],
          .stream = number(5, 8) & ~kReservedBit};
}

}  // namespace canvass::edge
