#include "common/election/decision_fields.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

absl::Status MissingIdError(const Reason& reason, std::string_view field, std::size_t number,
                            std::string_view parts) {
  return FieldError(reason, field,
                    StrCat("must be given because the election has ", number, " ", parts));
}

}  // namespace

absl::StatusOr<int> FindContestAt(const Definition& definition, std::string_view path,
                                  std::string_view contest_id) {
  const std::string field = StrCat(path, "contest_id");
  const std::optional<int> contest_no =
      contest_id.empty() ? definition.OnlyContest() : definition.FindContest(contest_id);
  if (contest_no) return *contest_no;
  if (!contest_id.empty()) {
    return UnknownIdError(reason::kContestUnknown, field, "contest", contest_id);
  }
  return MissingIdError(reason::kContestMissing, field, definition.contests().size(), "contests");
}

absl::StatusOr<int> FindSourceAt(const Definition& definition, std::string_view path,
                                 std::string_view source_id) {
  const std::string field = StrCat(path, "source_id");
  const std::optional<int> source_no =
      source_id.empty() ? definition.OnlyOfficialSource() : definition.FindSource(source_id);
  if (source_no) return *source_no;
  if (!source_id.empty()) return UnknownIdError(reason::kSourceUnknown, field, "source", source_id);
  const auto official =
      std::count_if(definition.sources().begin(), definition.sources().end(),
                    [](const Source& source) { return source.kind == SourceKind::kOfficial; });
  return MissingIdError(reason::kSourceMissing, field, static_cast<std::size_t>(official),
                        "official sources");
}

absl::Status UnknownIdError(const Reason& reason, std::string_view field, std::string_view kind,
                            std::string_view id) {
  const std::string description = StrCat("there is no ", kind, " \"", id, "\"");
  return MakeError(reason, StrCat(field, ": ", description),
                   {.violations = {{std::string(field), description}}});
}

absl::Status StandingError(const Reason& reason, std::string_view message,
                           const std::vector<std::pair<std::string, std::int64_t>>& numbers) {
  ErrorDetail detail;
  for (const auto& [name, number] : numbers) detail.metadata.emplace_back(name, StrCat(number));
  return MakeError(reason, message, std::move(detail));
}

absl::Status SupersededError(std::int64_t sequence, std::int64_t superseded_sequence) {
  return StandingError(
      reason::kDecisionSuperseded,
      StrCat("the same decision is entry ", sequence, " and was superseded by entry ",
             superseded_sequence, "; if this is a new decision, give it a different reason"),
      {{"decision_sequence", sequence}, {"superseded_sequence", superseded_sequence}});
}

absl::Status CheckDecisionTexts(std::string_view path, std::string_view reason,
                                const std::vector<Document>& documents) {
  const std::vector<TextFault> faults = CheckTexts(reason, documents);
  if (faults.empty()) return absl::OkStatus();
  ErrorDetail detail;
  for (const TextFault& fault : faults) {
    detail.violations.push_back({StrCat(path, fault.field), fault.description});
  }
  const FieldViolation& first = detail.violations.front();
  const std::string message = StrCat(first.field, ": ", first.description);
  return MakeError(reason::kTextInvalid, message, std::move(detail));
}

absl::Status RequireReason(std::string_view reason, std::string_view why) {
  if (!IsBlank(reason)) return absl::OkStatus();
  return FieldError(reason::kReasonMissing, "reason", why);
}

}  // namespace canvass::election
