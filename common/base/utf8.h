#ifndef CANVASS_COMMON_BASE_UTF8_H_
#define CANVASS_COMMON_BASE_UTF8_H_

#include <string_view>

namespace canvass {

// Whether `text` is UTF-8 as RFC 3629 has it: nothing cut off, no overlong form, no surrogate,
// nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_UTF8_H_
