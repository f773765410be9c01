#include "common/base/utf8.h"

#include <cstddef>
#include <string_view>

namespace canvass {
namespace {

bool IsIn(unsigned char byte, unsigned char low, unsigned char high) {
  return low <= byte && byte <= high;
}

// Bytes of the character that `text` begins with, by the grammar of RFC 3629 section 4; 0 if it
// begins with none.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto tails = [byte](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (!IsIn(byte(i), 0x80, 0xBF)) return false;
    }
    return true;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (IsIn(lead, 0xC2, 0xDF)) return tails(1, 2) ? 2 : 0;
  if (IsIn(lead, 0xE0, 0xEF)) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return IsIn(byte(1), low, high) && tails(2, 3) ? 3 : 0;
  }
  if (IsIn(lead, 0xF0, 0xF4)) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return IsIn(byte(1), low, high) && tails(2, 4) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace canvass
