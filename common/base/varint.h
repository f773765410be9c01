#ifndef CANVASS_COMMON_BASE_VARINT_H_
#define CANVASS_COMMON_BASE_VARINT_H_

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace canvass {

// The bits of a number in each byte of a varint. Every byte but the last has kVarintMore too.
inline constexpr unsigned kVarintBits = 7;
inline constexpr std::uint8_t kVarintMore = 0x80;

// Appends `value` in 1 to 10 bytes, least significant bits first.
inline void AppendVarint(std::string& to, std::uint64_t value) {
  while (value >= kVarintMore) {
    to.push_back(static_cast<char>(value | kVarintMore));
    value >>= kVarintBits;
  }
  to.push_back(static_cast<char>(value));
}

// Takes a varint from the front of `from`. For bytes of our own only. REQUIRES: AppendVarint wrote
// it.
inline std::uint64_t TakeVarint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += kVarintBits) {
    assert(!from.empty());
    const auto byte = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & (kVarintMore - 1U)) << shift;
    if (byte < kVarintMore) return value;
  }
}

// Maps numbers of either sign near 0 to small ones, and back: 0, -1, 1, -2 to 0, 1, 2, 3.
inline std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}
inline std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_VARINT_H_
