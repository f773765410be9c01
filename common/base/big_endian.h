#ifndef CANVASS_COMMON_BASE_BIG_ENDIAN_H_
#define CANVASS_COMMON_BASE_BIG_ENDIAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace canvass {

// Appends the bytes of an integer, the most significant one first.
template <typename T>
void AppendBigEndian(std::string& to, T value) {
  std::array<char, sizeof(T)> bytes{};
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = sizeof(T); i-- > 0;) {
    bytes[i] = static_cast<char>(bits & 0xffU);
    if constexpr (sizeof(T) > 1) bits = static_cast<std::make_unsigned_t<T>>(bits >> 8U);
  }
  to.append(bytes.data(), bytes.size());
}

// The integer whose bytes `from` begins with, the most significant one first. REQUIRES: `from` has
// so many.
template <typename T>
T ReadBigEndian(std::string_view from) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = static_cast<std::make_unsigned_t<T>>((static_cast<std::uint64_t>(bits) << 8U) |
                                                static_cast<std::uint8_t>(from[i]));
  }
  return static_cast<T>(bits);
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_BIG_ENDIAN_H_
