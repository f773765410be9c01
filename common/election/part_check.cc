#include "common/election/part_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/base/text_form.h"
#include "common/election/definition.h"
#include "common/election/problem_list.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/share.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

constexpr std::string_view kIdPattern = "[a-z0-9][a-z0-9._-]{0,62}";

// Locates a field of a part or of the election. Formats its path only if there is a problem.
class Spot {
 public:
  Spot(const Place& place, std::string_view field) : place_(&place), field_(field) {}
  explicit Spot(std::string_view election_field) : field_(election_field) {}

  void Add(ProblemList& problems, const Reason& reason, std::string_view description) const {
    if (place_ != nullptr) {
      problems.Add(reason, *place_, field_, description);
    } else {
      problems.Add(reason, StrCat("definition.election.", field_), description);
    }
  }

 private:
  const Place* place_ = nullptr;
  std::string_view field_;
};

void CheckId(std::string_view id, const Spot& spot, ProblemList& problems) {
  if (IsValidId(id)) return;
  if (id.empty()) return spot.Add(problems, reason::kIdMalformed, "an id must be given");
  spot.Add(problems, reason::kIdMalformed,
           StrCat(Quoted(id), " is not an id: ids match ", kIdPattern));
}

// `language` says which of the texts in the field is meant; empty if it has only one.
void CheckText(std::string_view text, TextForm form, const Spot& spot, ProblemList& problems,
               std::string_view language = "") {
  const auto add = [&](const Reason& reason, std::string_view description) {
    const std::string subject =
        language.empty() ? "" : StrCat("the text in ", Quoted(language), " ");
    spot.Add(problems, reason, StrCat(subject, description));
  };
  if (text.size() > kTextBytesMax) {
    return add(reason::kTextTooLong,
               StrCat("has ", text.size(), " bytes; at most ", kTextBytesMax, " are allowed"));
  }
  std::optional<CharacterFault> fault = FindCharacterFault(text, form);
  if (!fault && !language.empty() && IsBlank(text)) fault = {.kind = CharacterFaultKind::kEmpty};
  if (!fault) return;
  const bool is_utf8 = fault->kind != CharacterFaultKind::kNotUtf8;
  add(is_utf8 ? reason::kTextInvalid : reason::kTextNotUtf8, DescribeFault(*fault));
}

// Checks a name that may be left out.
void CheckOptionalName(std::string_view name, const Spot& spot, ProblemList& problems) {
  if (!name.empty()) CheckText(name, TextForm::kName, spot, problems);
}

void CheckCount(std::size_t count, std::size_t limit, std::string_view what, const Spot& spot,
                ProblemList& problems) {
  if (count <= limit) return;
  spot.Add(problems, reason::kTooManyParts,
           StrCat("has ", count, " ", what, "; at most ", limit, " are allowed"));
}

// Whether `tag` has the form of BCP 47: groups of 1 to 8 letters and digits, separated by hyphens.
bool IsLanguageTag(std::string_view tag) {
  constexpr std::size_t kTagBytesMax = 35;
  constexpr std::size_t kGroupBytesMax = 8;
  if (tag.size() > kTagBytesMax) return false;
  for (const absl::string_view group : absl::StrSplit(ToAbsl(tag), '-')) {
    if (group.empty() || group.size() > kGroupBytesMax) return false;
    if (!std::all_of(group.begin(), group.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); })) {
      return false;
    }
  }
  return true;
}

void CheckLanguage(std::string_view tag, const Spot& spot, ProblemList& problems) {
  if (IsLanguageTag(tag)) return;
  spot.Add(problems, reason::kIdMalformed,
           StrCat(Quoted(tag), " is not a language tag like \"az\""));
}

// REQUIRES: `texts` is ordered by tag.
void CheckLocalized(const LocalizedText& texts, const Spot& spot, ProblemList& problems,
                    TextForm form = TextForm::kName) {
  CheckCount(texts.size(), kLanguagesMax, "languages", spot, problems);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto& [language, text] = texts[i];
    CheckLanguage(language, spot, problems);
    CheckText(text, form, spot, problems, language);
    if (i > 0 && texts[i - 1].first == language) {
      spot.Add(problems, reason::kIdRepeated,
               StrCat("language ", Quoted(language), " is listed twice"));
    }
  }
}

// Checks a list of short texts, each of which may be listed only once: tags, organisations.
void CheckLabels(const std::vector<std::string>& labels, std::size_t limit, std::string_view what,
                 const Spot& spot, ProblemList& problems) {
  CheckCount(labels.size(), limit, what, spot, problems);
  if (labels.size() > limit) return;
  std::vector<std::string> seen;
  for (const std::string& label : labels) {
    if (label.empty()) {
      spot.Add(problems, reason::kIdMalformed, StrCat("one of the ", what, " is empty"));
      continue;
    }
    CheckText(label, TextForm::kName, spot, problems);
    std::string skeleton = NameSkeleton(label);
    if (std::find(seen.begin(), seen.end(), skeleton) != seen.end()) {
      spot.Add(problems, reason::kIdRepeated, StrCat(Quoted(label), " is listed twice"));
    }
    seen.push_back(std::move(skeleton));
  }
}

// Whether `text` is a calendar date, YYYY-MM-DD.
bool IsDate(std::string_view text) {
  const std::vector<absl::string_view> fields = absl::StrSplit(ToAbsl(text), '-');
  constexpr std::array<std::size_t, 3> kDigits{4, 2, 2};
  if (fields.size() != kDigits.size()) return false;
  std::array<int, 3> numbers{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool digits = std::all_of(fields[i].begin(), fields[i].end(), [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c));
    });
    if (fields[i].size() != kDigits[i] || !digits) return false;
    if (!absl::SimpleAtoi(fields[i], &numbers[i])) return false;
  }
  // CivilDay normalizes: February 30 becomes a day in March.
  const absl::CivilDay day(numbers[0], numbers[1], numbers[2]);
  return day.year() == numbers[0] && day.month() == numbers[1] && day.day() == numbers[2];
}

// Whether `name` is a zone of the time zone database. The characters are restricted so that the
// name cannot be a path to a file outside the database.
bool IsTimeZone(std::string_view name) {
  const auto is_letter = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '_' || c == '-' ||
           c == '+';
  };
  absl::TimeZone zone;
  return !name.empty() && name.size() <= kTextBytesMax && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), is_letter) && name != "localtime" &&
         absl::LoadTimeZone(ToAbsl(name), &zone);
}

void CheckShareLimit(std::int32_t hundredths, std::string_view field, ProblemList& problems) {
  constexpr std::int32_t kWhole = 10'000;
  if (hundredths >= 0 && hundredths <= kWhole) return;
  Spot(field).Add(problems, reason::kCountOutOfRange,
                  StrCat("is ", FormatHundredths(hundredths), " %, but must be between 0 and 100"));
}

void CheckPolicy(const Policy& policy, ProblemList& problems) {
  for (std::size_t i = 0; i < policy.severities.size(); ++i) {
    const auto [rule, severity] = policy.severities[i];
    const std::string field = StrCat("policy.severities[", RuleName(rule), "]");
    if (i > 0 && policy.severities[i - 1].first == rule) {
      Spot(field).Add(problems, reason::kIdRepeated, "the rule is listed twice");
    } else if (severity == Severity::kUnspecified) {
      Spot(field).Add(problems, reason::kRuleFixed, "a severity must be given");
    } else if (!MaySetSeverity(rule, severity)) {
      Spot(field).Add(problems, reason::kRuleFixed,
                      MaySetSeverity(rule)
                          ? "this rule can only be SEVERITY_HOLD or SEVERITY_REJECT"
                          : "this rule is always SEVERITY_REJECT because the count depends on it");
    }
  }
  CheckShareLimit(policy.invalid_share_high_hundredths, "policy.invalid_share_high_percent",
                  problems);
  CheckShareLimit(policy.blank_share_high_hundredths, "policy.blank_share_high_percent", problems);
}

// Readers could not tell two candidates apart whose names look the same.
void CheckCandidateNames(const Contest& contest, const Place& place, ProblemList& problems) {
  absl::flat_hash_map<std::pair<absl::string_view, std::string>, std::size_t> first_by_name;
  for (std::size_t i = 0; i < contest.candidates.size(); ++i) {
    for (const auto& [language, name] : contest.candidates[i].names) {
      const auto [first, is_new] = first_by_name.try_emplace({language, NameSkeleton(name)}, i);
      if (is_new || first->second == i) continue;
      const Place candidate{"candidates", i, "candidate", contest.candidates[i].id, &place};
      problems.Add(
          reason::kNameRepeated, candidate, "names",
          StrCat("has the same name as candidate ", Quoted(contest.candidates[first->second].id),
                 ": ", Quoted(name), " (", language, ")"));
    }
  }
}

void CheckCandidates(const Contest& contest, const Place& place, ProblemList& problems) {
  absl::flat_hash_map<absl::string_view, std::size_t> first_by_id;
  for (std::size_t i = 0; i < contest.candidates.size(); ++i) {
    const Candidate& candidate = contest.candidates[i];
    const Place candidate_place{"candidates", i, "candidate", candidate.id, &place};
    CheckId(candidate.id, {candidate_place, "candidate_id"}, problems);
    CheckLocalized(candidate.names, {candidate_place, "names"}, problems);
    CheckLocalized(candidate.affiliations, {candidate_place, "affiliations"}, problems);
    const auto [first, is_new] = first_by_id.try_emplace(candidate.id, i);
    if (is_new) continue;
    problems.Add(reason::kIdRepeated, candidate_place, "candidate_id",
                 StrCat("has the same id as candidates[", first->second, "]"));
  }
}

}  // namespace

void CheckElection(const Election& election, ProblemList& problems) {
  CheckId(election.id, Spot("election_id"), problems);
  CheckLocalized(election.names, Spot("names"), problems);
  CheckLocalized(election.notices, Spot("notices"), problems, TextForm::kProse);
  CheckLabels(election.languages, kLanguagesMax, "languages", Spot("languages"), problems);
  for (const std::string& language : election.languages) {
    CheckLanguage(language, Spot("languages"), problems);
  }
  if (!IsDate(election.polling_date)) {
    Spot("polling_date")
        .Add(problems, reason::kDateMalformed,
             StrCat(Quoted(election.polling_date), " is not a calendar date (YYYY-MM-DD)"));
  }
  if (!election.time_zone.empty() && !IsTimeZone(election.time_zone)) {
    Spot("time_zone")
        .Add(problems, reason::kTimeZoneMalformed,
             StrCat(Quoted(election.time_zone), " is not a time zone like \"Asia/Baku\""));
  }
  if (!election.previous_election_id.empty()) {
    CheckId(election.previous_election_id, Spot("previous_election_id"), problems);
  }
  if (election.policy) CheckPolicy(*election.policy, problems);
}

void CheckContest(const Contest& contest, const Place& place, ProblemList& problems) {
  CheckId(contest.id, {place, "contest_id"}, problems);
  CheckLocalized(contest.names, {place, "names"}, problems);
  if (contest.candidates.empty()) {
    problems.Add(reason::kPartMissing, place, "candidates", "has no candidates");
  }
  CheckCount(contest.candidates.size(), kCandidatesMax, "candidates", {place, "candidates"},
             problems);
  CheckCandidates(contest, place, problems);
  CheckCandidateNames(contest, place, problems);
}

void CheckSource(const Source& source, const Place& place, ProblemList& problems) {
  CheckId(source.id, {place, "source_id"}, problems);
  if (source.kind == SourceKind::kUnspecified) {
    problems.Add(reason::kKindMissing, place, "kind", "has no kind");
  }
  CheckLocalized(source.names, {place, "names"}, problems);
  CheckLabels(source.organisations, kOrganisationsMax, "organisations", {place, "organisations"},
              problems);
  CheckOptionalName(source.sample_tag, {place, "sample_tag"}, problems);
  if (source.design_effect.empty()) return;
  const absl::StatusOr<Decimal> design_effect = ParseDecimal(source.design_effect);
  if (design_effect.ok() && design_effect->units > 0) return;
  problems.Add(reason::kDecimalMalformed, place, "design_effect",
               StrCat(Quoted(source.design_effect), " is not a decimal number above 0"));
}

void CheckArea(const Area& area, const Place& place, ProblemList& problems) {
  CheckId(area.id, {place, "area_id"}, problems);
  CheckOptionalName(area.kind, {place, "kind"}, problems);
  CheckLocalized(area.names, {place, "names"}, problems);
}

void CheckStation(const Station& station, const Place& place, ProblemList& problems) {
  CheckId(station.id, {place, "station_id"}, problems);
  CheckLocalized(station.names, {place, "names"}, problems);
  CheckLabels(station.tags, kTagsMax, "tags", {place, "tags"}, problems);
  if (station.closed_reason) {
    CheckText(*station.closed_reason, TextForm::kProse, {place, "closed_reason"}, problems);
  }
  const std::int64_t registered = station.registered_voters.value_or(0);
  if (registered >= 0 && registered <= kCountMax) return;
  problems.Add(reason::kCountOutOfRange, place, "registered_voters",
               StrCat("is ", registered, ", but must be between 0 and ", kCountMax));
}

void CheckReason(const DefinitionChange& change, ProblemList& problems) {
  const auto reason_of = [&change](const TextFault& fault) -> const Reason& {
    if (change.reason.size() > kReasonBytesMax) return reason::kTextTooLong;
    return fault.numbers.empty() ? reason::kTextNotUtf8 : reason::kTextInvalid;
  };
  for (const TextFault& fault : CheckTexts(change.reason, {})) {
    problems.Add(reason_of(fault), StrCat("definition.", fault.field), fault.description);
  }
}

}  // namespace canvass::election
