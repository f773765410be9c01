#include "services/canvass/terminal/text_width.h"

#include <algorithm>
#include <clocale>
#include <cstddef>
#include <cwchar>
#include <optional>

#include "common/base/text_form.h"
#include "common/base/utf8.h"

namespace canvass::cli {
namespace {

// The C library's width tables for UTF-8, whatever the user's locale is. Never freed.
locale_t Utf8Locale() {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return kLocale;
}

// Makes the C library treat characters as Unicode while this object lives.
class Utf8Scope {
 public:
  Utf8Scope() {
    if (Utf8Locale() != nullptr) previous_ = uselocale(Utf8Locale());
  }
  ~Utf8Scope() {
    if (previous_ != nullptr) uselocale(previous_);
  }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  locale_t previous_ = nullptr;
};

std::string Blanks(int count) {
  std::string blanks;
  blanks.append(static_cast<std::size_t>(std::max(count, 0)), ' ');
  return blanks;
}

}  // namespace

int DisplayWidth(std::string_view text) {
  if (IsAscii(text)) return static_cast<int>(text.size());
  const Utf8Scope scope;
  int width = 0;
  while (!text.empty()) {
    const std::optional<CodePoint> character = FirstCodePoint(text);
    const int columns = character ? wcwidth(static_cast<wchar_t>(character->value)) : 1;
    width += std::max(columns, 0);
    text.remove_prefix(character ? character->bytes : 1);
  }
  return width;
}

std::string PadRight(std::string_view text, int width) {
  return std::string(text) + Blanks(width - DisplayWidth(text));
}

std::string PadLeft(std::string_view text, int width) {
  return Blanks(width - DisplayWidth(text)) + std::string(text);
}

std::string Printable(std::string_view text) { return WithoutFaults(text); }

std::string CutRight(std::string_view line, int width) {
  constexpr std::string_view kStyleStart = "\x1b[";
  constexpr std::string_view kStyleEnd = "\x1b[0m";
  const Utf8Scope scope;
  std::string cut;
  bool styled = false;
  for (std::string_view rest = line; !rest.empty();) {
    const bool style = rest.starts_with(kStyleStart);
    const std::optional<CodePoint> character = FirstCodePoint(rest);
    std::size_t bytes = character ? character->bytes : 1;
    if (style) {
      bytes = std::min(rest.find('m'), rest.size() - 1) + 1;
    } else {
      width -= character ? std::max(wcwidth(static_cast<wchar_t>(character->value)), 0) : 1;
    }
    if (width < 0) return styled ? cut.append(kStyleEnd) : cut;
    styled = styled || style;
    cut += rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  return cut;
}

std::string GroupThousands(std::string_view digits) {
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  std::string grouped(digits);
  for (std::size_t at = digits.size(); at > sign + 3; at -= 3) grouped.insert(at - 3, 1, ' ');
  return grouped;
}

std::string Grouped(std::int64_t number) { return GroupThousands(std::to_string(number)); }

std::string Counted(std::int64_t count, std::string_view one, std::string_view several) {
  std::string text = Grouped(count) + " ";
  return text += count == 1 ? one : several;
}

}  // namespace canvass::cli
