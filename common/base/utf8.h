#ifndef CANVASS_COMMON_BASE_UTF8_H_
#define CANVASS_COMMON_BASE_UTF8_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace canvass {

// One character of a UTF-8 string.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;  // length of its encoding
};

// Returns the first character of `text`. Returns nullopt if the bytes there are not UTF-8 as
// defined by RFC 3629: a truncated character, an overlong form, a surrogate, or a value above
// U+10FFFF. REQUIRES: text is not empty.
std::optional<CodePoint> FirstCodePoint(std::string_view text);

// Whether all of `text` is UTF-8 as defined by RFC 3629.
bool IsUtf8(std::string_view text);

// Whether every character of `text` is one of the 128 of ASCII, each of which is one byte.
bool IsAscii(std::string_view text);

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_UTF8_H_
