#include "common/election/rule.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/base/text_form.h"
#include "common/election/report.h"
#include "common/election/share.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

using absl::StatusCode;

struct RuleFacts {
  Rule rule;
  std::string_view name;
  Severity normal;  // without a policy
  Severity lowest;  // that a policy may set; REJECT if the severity is fixed
  StatusCode code;
};

constexpr auto kFacts = std::to_array<RuleFacts>({
    {Rule::kElectionUnknown, "ELECTION_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kNotFound},
    {Rule::kContestUnknown, "CONTEST_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kNotFound},
    {Rule::kSourceUnknown, "SOURCE_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kNotFound},
    {Rule::kStationUnknown, "STATION_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kNotFound},
    {Rule::kStationNotInContest, "STATION_NOT_IN_CONTEST", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kStationCountedElsewhere, "STATION_COUNTED_ELSEWHERE", Severity::kReject,
     Severity::kReject, StatusCode::kFailedPrecondition},
    {Rule::kStationClosed, "STATION_CLOSED", Severity::kReject, Severity::kReject,
     StatusCode::kFailedPrecondition},
    {Rule::kActorNotEntitled, "ACTOR_NOT_ENTITLED", Severity::kReject, Severity::kReject,
     StatusCode::kPermissionDenied},
    {Rule::kCountKindMismatch, "COUNT_KIND_MISMATCH", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kRevisionInvalid, "REVISION_INVALID", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kTextInvalid, "TEXT_INVALID", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kFieldUnknown, "FIELD_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kTimeOutOfRange, "TIME_OUT_OF_RANGE", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kCountOutOfRange, "COUNT_OUT_OF_RANGE", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kCandidateUnknown, "CANDIDATE_UNKNOWN", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kCandidateRepeated, "CANDIDATE_REPEATED", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kCandidateMissing, "CANDIDATE_MISSING", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kCountMissing, "COUNT_MISSING", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kVotesNotBalanced, "VOTES_NOT_BALANCED", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kInterviewsNotBalanced, "INTERVIEWS_NOT_BALANCED", Severity::kReject, Severity::kReject,
     StatusCode::kInvalidArgument},
    {Rule::kPollsNotClosed, "POLLS_NOT_CLOSED", Severity::kReject, Severity::kOff,
     StatusCode::kFailedPrecondition},
    {Rule::kContestCertified, "CONTEST_CERTIFIED", Severity::kHold, Severity::kHold,
     StatusCode::kFailedPrecondition},
    {Rule::kReportAnnulled, "REPORT_ANNULLED", Severity::kHold, Severity::kHold,
     StatusCode::kFailedPrecondition},
    {Rule::kRevisionConflict, "REVISION_CONFLICT", Severity::kReject, Severity::kReject,
     StatusCode::kAlreadyExists},
    {Rule::kRevisionGap, "REVISION_GAP", Severity::kReject, Severity::kReject,
     StatusCode::kFailedPrecondition},
    {Rule::kCorrectionReasonMissing, "CORRECTION_REASON_MISSING", Severity::kReject, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kCastAboveRegistered, "CAST_ABOVE_REGISTERED", Severity::kHold, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kIssuedAboveRegistered, "ISSUED_ABOVE_REGISTERED", Severity::kHold, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kCastAboveIssued, "CAST_ABOVE_ISSUED", Severity::kHold, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kInvalidShareHigh, "INVALID_SHARE_HIGH", Severity::kWarn, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kBlankShareHigh, "BLANK_SHARE_HIGH", Severity::kWarn, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kNoBallots, "NO_BALLOTS", Severity::kWarn, Severity::kOff, StatusCode::kInvalidArgument},
    {Rule::kNoRegisteredVoters, "NO_REGISTERED_VOTERS", Severity::kWarn, Severity::kOff,
     StatusCode::kInvalidArgument},
    {Rule::kAskedAboveRegistered, "ASKED_ABOVE_REGISTERED", Severity::kHold, Severity::kOff,
     StatusCode::kInvalidArgument},
});

// Of the rules that this program does not know, by number. It does not check them, and a policy may
// give them any severity.
const std::vector<RuleFacts>& UnknownFacts() {
  static const auto& unknown = *new std::vector<RuleFacts>([] {
    std::vector<RuleFacts> facts;
    for (int number = 0; number <= std::numeric_limits<std::uint8_t>::max(); ++number) {
      facts.push_back({static_cast<Rule>(number), *new std::string(StrCat("RULE_", number)),
                       Severity::kOff, Severity::kOff, StatusCode::kFailedPrecondition});
    }
    return facts;
  }());
  return unknown;
}

bool IsKnown(Rule rule) {
  return std::any_of(kFacts.begin(), kFacts.end(),
                     [rule](const RuleFacts& facts) { return facts.rule == rule; });
}

const RuleFacts& FactsOf(Rule rule) {
  for (const RuleFacts& facts : kFacts) {
    if (facts.rule == rule) return facts;
  }
  return UnknownFacts()[static_cast<std::uint8_t>(rule)];
}

std::string UnknownRuleMessage(const Finding& finding) {
  std::string message = StrCat("The report breaks rule ", static_cast<int>(finding.rule),
                               ", which this program is too old to know");
  if (!finding.field.empty()) StrAppend(&message, ", in ", finding.field);
  if (!finding.subject.empty()) StrAppend(&message, ", about ", finding.subject);
  const char* before = " (";
  for (const auto& [name, number] : finding.numbers) {
    StrAppend(&message, before, name, " ", number);
    before = ", ";
  }
  return StrCat(message, finding.numbers.empty() ? "." : ").");
}

std::optional<std::int64_t> NumberOf(const Finding& finding, std::string_view name) {
  for (const auto& [number_name, number] : finding.numbers) {
    if (number_name == name) return number;
  }
  return std::nullopt;
}

// Returns the number as text, or "an unknown number" if the finding does not have it.
std::string Say(const Finding& finding, std::string_view name) {
  const std::optional<std::int64_t> number = NumberOf(finding, name);
  return number ? StrCat(*number) : "an unknown number";
}

std::string Counted(const Finding& finding, std::string_view name, std::string_view one,
                    std::string_view many) {
  return StrCat(Say(finding, name), " ", NumberOf(finding, name) == 1 ? one : many);
}

// Returns e.g. `candidate "x"`, or `this candidate` if the finding has no subject.
std::string Subject(const Finding& finding, std::string_view kind) {
  if (finding.subject.empty()) return StrCat("this ", kind);
  return StrCat(kind, " \"", finding.subject, "\"");
}

std::string Unknown(const Finding& finding, std::string_view kind, std::string_view where) {
  if (finding.subject.empty()) return StrCat("The report names no ", kind, ".");
  return StrCat(where, " no ", kind, " \"", finding.subject, "\".");
}

// Returns a sentence about the field of the finding, or about the report if it has no field.
std::string AtField(const Finding& finding, std::string_view what) {
  if (finding.field.empty()) return StrCat("The report ", what);
  return StrCat("The field ", finding.field, " ", what);
}

struct Addend {
  std::string_view name;   // of the number in the finding
  std::string_view words;  // for the number in the message
};

// Returns e.g. "The votes (500), blank votes (3) and invalid votes (2) add up to 505". Leaves out
// the numbers that the finding does not have.
std::string AddUp(const Finding& finding, const std::vector<Addend>& addends) {
  std::vector<std::string> said;
  std::int64_t sum = 0;
  for (const Addend& addend : addends) {
    const std::optional<std::int64_t> number = NumberOf(finding, addend.name);
    if (!number) continue;
    said.push_back(StrCat(addend.words, " (", *number, ")"));
    sum += *number;
  }
  if (said.empty()) return "The parts do not add up";
  const std::string last = said.back();
  said.pop_back();
  const std::string_view conjunction = said.empty() ? "" : " and ";
  return StrCat("The ", absl::StrJoin(said, ", "), conjunction, last, " add up to ", sum);
}

std::string ShareHighMessage(const Finding& finding, std::string_view name,
                             std::string_view words) {
  const std::int64_t part = NumberOf(finding, name).value_or(0);
  const std::int64_t cast = NumberOf(finding, "ballots_cast").value_or(0);
  // The finding may come from a ledger entry that was read, so its numbers are not trusted.
  const std::string share = part >= 0 && cast > 0 ? SharePercent(part, cast) : "?";
  return StrCat("The ", words, " (", part, ") are ", share, " % of the ",
                Counted(finding, "ballots_cast", "ballot", "ballots"),
                " cast; the warning limit is ",
                FormatHundredths(NumberOf(finding, "limit_hundredths").value_or(0)), " %.");
}

std::string AboveMessage(const Finding& finding, std::string_view name, std::string_view one,
                         std::string_view many, std::string_view limit_name,
                         std::string_view limit_one, std::string_view limit_many) {
  return StrCat(Counted(finding, name, one, many), ", but only ",
                Counted(finding, limit_name, limit_one, limit_many), ".");
}

std::string NotEntitledMessage(const Finding& finding) {
  const std::string actor =
      finding.subject.empty() ? "The caller" : StrCat("\"", finding.subject, "\"");
  return StrCat(actor, finding.field == "source_id" ? " may not report as this source."
                                                    : " may not report for this station.");
}

std::string IdentityMessage(const Finding& finding) {
  switch (finding.rule) {
    case Rule::kElectionUnknown:
      return Unknown(finding, "election", "There is");
    case Rule::kContestUnknown:
      return Unknown(finding, "contest", "The election has");
    case Rule::kSourceUnknown:
      return Unknown(finding, "source", "The election has");
    case Rule::kStationUnknown:
      return Unknown(finding, "station", "The election has");
    case Rule::kStationNotInContest:
      return StrCat("No report is expected from ", Subject(finding, "station"),
                    ": it lies outside the contest's area or the source's sample.");
    case Rule::kStationCountedElsewhere:
      return finding.subject.empty()
                 ? "The ballots of this station are counted at another station. Report them there."
                 : StrCat("The ballots of this station are counted at station \"", finding.subject,
                          "\". Report them there.");
    case Rule::kActorNotEntitled:
      return NotEntitledMessage(finding);
    default:
      return StrCat("No report is expected from ", Subject(finding, "station"), ": it is closed.");
  }
}

std::string TextInvalidMessage(const Finding& finding) {
  for (const std::string_view what : {"bytes", "documents"}) {
    const std::optional<std::int64_t> number = NumberOf(finding, what);
    if (!number) continue;
    return AtField(finding, StrCat("has ", *number, " ", what, "; at most ",
                                   Say(finding, StrCat(what, "_max")), " are allowed."));
  }
  if (const std::optional<std::int64_t> code_point = NumberOf(finding, kCodePoint)) {
    const CharacterFault fault = {
        .kind = CharacterFaultKind::kNotAllowed,
        .character = static_cast<char32_t>(*code_point),
        .place = static_cast<std::size_t>(NumberOf(finding, kCharacter).value_or(0))};
    return AtField(finding, DescribeFault(fault) + ".");
  }
  const std::string_view field = finding.field;
  if (field.ends_with(".sha256")) return AtField(finding, "is not 64 lower-case hex digits.");
  if (field.ends_with("]")) return AtField(finding, "has neither a sha256 nor a uri.");
  return AtField(finding, "is not UTF-8 text.");
}

std::string ShapeMessage(const Finding& finding) {
  switch (finding.rule) {
    case Rule::kCountKindMismatch:
      return "The report does not have the kind of count that its source requires: official "
             "sources and parallel counts report ballots, exit polls report interviews.";
    case Rule::kRevisionInvalid:
      return StrCat("The revision is ", Say(finding, "revision"), ", but revisions start at 1.");
    case Rule::kTextInvalid:
      return TextInvalidMessage(finding);
    case Rule::kFieldUnknown:
      return StrCat(
          finding.subject.empty() ? "The report" : StrCat("The message ", finding.subject),
          " has a field with number ", Say(finding, "field_number"),
          ", which this version of Canvass does not know.");
    case Rule::kTimeOutOfRange:
      return AtField(finding,
                     StrCat("has ", Say(finding, "seconds"), " seconds and ", Say(finding, "nanos"),
                            " nanoseconds, but a time must be in the years 1 to 9999, with "
                            "0 to 999999999 nanoseconds."));
    case Rule::kCountOutOfRange:
      return AtField(finding, StrCat("has the value ", Say(finding, "count"),
                                     ", but counts must be between 0 and ", kCountMax, "."));
    case Rule::kCandidateUnknown:
      return Unknown(finding, "candidate", "The contest has");
    case Rule::kCandidateRepeated:
      return StrCat("The report lists ", Subject(finding, "candidate"), " ",
                    Counted(finding, "times", "time", "times"),
                    ", but each candidate may be listed only once.");
    case Rule::kCandidateMissing:
      return StrCat("The report has no number for ", Subject(finding, "candidate"),
                    "; if the number is 0, report 0.");
    default:
      return AtField(finding,
                     "has no number, but this source must report one; if it is 0, report 0.");
  }
}

std::string BalanceMessage(const Finding& finding) {
  if (finding.rule == Rule::kVotesNotBalanced) {
    return StrCat(AddUp(finding, {{"votes", "votes"},
                                  {"blank_votes", "blank votes"},
                                  {"invalid_votes", "invalid votes"}}),
                  ", but ",
                  Counted(finding, "ballots_cast", "ballot was cast.", "ballots were cast."));
  }
  return StrCat(
      AddUp(finding,
            {{"answers", "answers"}, {"refused", "refusals"}, {"undecided", "undecided answers"}}),
      ", but ", Counted(finding, "asked", "person was asked.", "people were asked."));
}

std::string PollsNotClosedMessage(const Finding& finding) {
  const std::optional<std::int64_t> closing = NumberOf(finding, "polls_close_at");
  if (!closing) return "Official reports are accepted only after the polls have closed.";
  return StrCat(
      "Official reports are accepted only after the polls have closed, at ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(*closing), absl::UTCTimeZone()),
      ".");
}

std::string HistoryMessage(const Finding& finding) {
  const std::string revision = Say(finding, "revision");
  switch (finding.rule) {
    case Rule::kPollsNotClosed:
      return PollsNotClosedMessage(finding);
    case Rule::kContestCertified:
      if (finding.severity == Severity::kReject) {
        return "The result of this contest is certified. Further reports are refused unless the "
               "contest is reopened.";
      }
      return "The result of this contest is certified. This report is held and can be released "
             "after the contest is reopened.";
    case Rule::kReportAnnulled:
      return StrCat("The report of this station was annulled at revision ",
                    Say(finding, "annulled_revision"), "; revision ", revision,
                    " needs an operator's decision.");
    case Rule::kRevisionConflict:
      return StrCat("Revision ", revision,
                    " of this report is already recorded with different content. Submit a "
                    "correction as the next revision, with a reason.");
    case Rule::kRevisionGap: {
      const std::optional<std::int64_t> newest = NumberOf(finding, "newest_revision");
      if (!newest) return StrCat("Revision ", revision, " is not the next one.");
      return StrCat("Revision ", revision, " does not directly follow the newest revision (",
                    *newest, "). The next revision must be ", *newest + 1, ".");
    }
    default:
      return StrCat("Revision ", revision, " corrects a report but gives no reason.");
  }
}

// The votes say how many ballots were cast at least, if the report does not.
std::string CastAboveMessage(const Finding& finding, std::string_view limit_name,
                             std::string_view limit_one, std::string_view limit_many) {
  const bool known = NumberOf(finding, "ballots_cast") || !NumberOf(finding, "ballots_at_least");
  return StrCat(
      known ? "" : "By the votes, at least ",
      AboveMessage(finding, known ? "ballots_cast" : "ballots_at_least", "ballot was cast",
                   "ballots were cast", limit_name, limit_one, limit_many));
}

std::string PlausibilityMessage(const Finding& finding) {
  switch (finding.rule) {
    case Rule::kCastAboveRegistered:
      return CastAboveMessage(finding, "registered_voters", "voter is registered",
                              "voters are registered");
    case Rule::kIssuedAboveRegistered:
      return AboveMessage(finding, "ballots_issued", "ballot was issued", "ballots were issued",
                          "registered_voters", "voter is registered", "voters are registered");
    case Rule::kCastAboveIssued:
      return CastAboveMessage(finding, "ballots_issued", "ballot was issued",
                              "ballots were issued");
    case Rule::kInvalidShareHigh:
      return ShareHighMessage(finding, "invalid_votes", "invalid votes");
    case Rule::kBlankShareHigh:
      return ShareHighMessage(finding, "blank_votes", "blank votes");
    case Rule::kNoBallots:
      return "The report says that 0 ballots were cast.";
    case Rule::kAskedAboveRegistered:
      return AboveMessage(finding, "asked", "person was asked", "people were asked",
                          "registered_voters", "voter is registered", "voters are registered");
    default:
      return "The report says that 0 voters are registered.";
  }
}

}  // namespace

const std::vector<Rule>& AllRules() {
  static const auto& rules = *new std::vector<Rule>([] {
    std::vector<Rule> all;
    all.reserve(kFacts.size());
    for (const RuleFacts& facts : kFacts) all.push_back(facts.rule);
    return all;
  }());
  return rules;
}

std::string_view RuleName(Rule rule) { return FactsOf(rule).name; }

std::ostream& operator<<(std::ostream& out, Rule rule) { return out << RuleName(rule); }

std::optional<Rule> FindRule(std::string_view name) {
  for (const RuleFacts& facts : kFacts) {
    if (facts.name == name) return facts.rule;
  }
  return std::nullopt;
}

Severity DefaultSeverity(Rule rule) { return FactsOf(rule).normal; }

bool MaySetSeverity(Rule rule) { return FactsOf(rule).lowest != Severity::kReject; }

bool MaySetSeverity(Rule rule, Severity severity) { return severity >= FactsOf(rule).lowest; }

absl::StatusCode CodeOf(Rule rule) { return FactsOf(rule).code; }

std::string MessageOf(const Finding& finding) {
  if (!IsKnown(finding.rule)) return UnknownRuleMessage(finding);
  if (finding.rule < Rule::kCountKindMismatch) return IdentityMessage(finding);
  if (finding.rule < Rule::kVotesNotBalanced) return ShapeMessage(finding);
  if (finding.rule < Rule::kPollsNotClosed) return BalanceMessage(finding);
  if (finding.rule < Rule::kCastAboveRegistered) return HistoryMessage(finding);
  return PlausibilityMessage(finding);
}

Severity HighestSeverity(const std::vector<Finding>& findings) {
  Severity highest = Severity::kUnspecified;
  for (const Finding& finding : findings) highest = std::max(highest, finding.severity);
  return highest;
}

}  // namespace canvass::election
