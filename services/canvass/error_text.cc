#include "services/canvass/error_text.h"

#include <string_view>

#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "fmt/format.h"
#include "services/canvass/text_width.h"

namespace canvass {

std::string ErrorText(const absl::Status& status) {
  const ErrorDetail detail = DetailOf(status);
  std::string text = Printable({status.message().data(), status.message().size()});
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
