#include "services/canvass/error_text.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "fmt/format.h"
#include "services/canvass/text_width.h"

namespace canvass {

namespace {

// Each line of `text` as a terminal can show it: a message may quote the end of a log.
std::string PrintableLines(std::string_view text) {
  std::string lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines += Printable(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string ErrorText(const absl::Status& status) {
  const ErrorDetail detail = DetailOf(status);
  std::string text = PrintableLines({status.message().data(), status.message().size()});
  if (text.empty()) text = absl::StatusCodeToString(status.code());
  if (!detail.reason.empty()) text += fmt::format(" [{}]", Printable(detail.reason));
  text += '\n';
  for (const FieldViolation& violation : detail.violations) {
    // An error of one field says in its message what it says of the field.
    if (status.message().find(violation.description) != absl::string_view::npos &&
        status.message().find(violation.field) != absl::string_view::npos) {
      continue;
    }
    text += fmt::format("  {}: {}\n", Printable(violation.field), Printable(violation.description));
  }
  for (const auto& [key, value] : detail.metadata) {
    text += fmt::format("  {} = {}\n", Printable(key), Printable(value));
  }
  return text;
}

}  // namespace canvass
