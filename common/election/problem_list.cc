#include "common/election/problem_list.h"

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace canvass::election {

std::string Quoted(std::string_view text) {
  constexpr std::size_t kBytesMax = 100;
  const bool whole = text.size() <= kBytesMax;
  std::string_view shown = text.substr(0, kBytesMax);
  // Does not cut in the middle of a character, which has at most 4 bytes.
  for (int cut = 0; !whole && cut < 3 && !IsUtf8(shown); ++cut) shown.remove_suffix(1);
  const std::string legible =
      IsUtf8(shown) ? std::string(shown) : absl::CHexEscape(ToAbsl(text.substr(0, kBytesMax)));
  return StrCat("\"", legible, whole ? "\"" : "...\"");
}

std::string Place::Path(std::string_view field) const {
  const std::string list_path = within == nullptr ? std::string(list) : within->Path(list);
  const std::string_view point = field.empty() ? "" : ".";
  return StrCat(list_path, "[", index, "]", point, field);
}

std::string Place::Name() const { return StrCat(kind, " ", Quoted(id)); }

void ProblemList::Add(const Reason& reason, const Place& place, std::string_view field,
                      std::string_view description) {
  if (++count_ > kProblemsMax) return;
  if (count_ == 1) reason_ = &reason;
  violations_.push_back(
      {.field = place.Path(field), .description = StrCat(place.Name(), ": ", description)});
}

void ProblemList::Add(const Reason& reason, std::string_view field, std::string_view description) {
  if (++count_ > kProblemsMax) return;
  if (count_ == 1) reason_ = &reason;
  violations_.push_back({.field = std::string(field), .description = std::string(description)});
}

absl::Status ProblemList::ToStatus(absl::StatusCode code) const {
  assert(!empty());
  const FieldViolation& first = violations_.front();
  std::string message = StrCat(first.field, ": ", first.description);
  if (count_ > 1) StrAppend(&message, " (and ", count_ - 1, " more)");
  return MakeError(code, *reason_, message, {.violations = violations_});
}

}  // namespace canvass::election
