#include "services/canvass/terminal/error_text.h"

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "fmt/format.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {

namespace {

// Makes each line of `text` printable. Messages have several lines if they quote the end of a log.
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
  assert(!status.ok());
  const ErrorDetail detail = DetailOf(status);
  std::string text = PrintableLines({status.message().data(), status.message().size()});
  if (text.empty()) text = absl::StatusCodeToString(status.code());
  if (!detail.reason.empty()) text += fmt::format(" [{}]", Printable(detail.reason));
  text += '\n';
  for (const FieldViolation& violation : detail.violations) {
    // The message of an error about one field already contains the description.
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

}  // namespace canvass::cli
