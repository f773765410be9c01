#ifndef CANVASS_COMMON_BASE_HASH_TEXT_H_
#define CANVASS_COMMON_BASE_HASH_TEXT_H_

#include <string_view>

namespace canvass {

// Whether `text` is a SHA-256 hash as everything here writes it: 64 lower-case hex digits.
inline bool IsHashText(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_HASH_TEXT_H_
