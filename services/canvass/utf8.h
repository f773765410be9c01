#ifndef CANVASS_SERVICES_CANVASS_UTF8_H_
#define CANVASS_SERVICES_CANVASS_UTF8_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace canvass {

// One character of UTF-8 text.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The character at the start of `text`; absent if the bytes there are not UTF-8 (overlong forms,
// surrogates and values above U+10FFFF are not). REQUIRES: text is not empty.
std::optional<CodePoint> FirstCodePoint(std::string_view text);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_UTF8_H_
