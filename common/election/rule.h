#ifndef CANVASS_COMMON_ELECTION_RULE_H_
#define CANVASS_COMMON_ELECTION_RULE_H_

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace canvass::election {

enum class Severity : std::uint8_t {
  kUnspecified = 0,
  kOff = 1,
  kWarn = 2,
  kHold = 3,
  kReject = 4
};

// The rules on a report, in the order in which findings are listed. The numbers are stored, so
// never reuse one. A stored finding or policy may have a number from 1 to 255 without an
// enumerator: a rule that a newer program checked.
enum class Rule : std::uint8_t {
  // Identity: an id is unknown. NOT_FOUND; no rule of another kind can be checked.
  kElectionUnknown = 1,
  kContestUnknown = 2,
  kSourceUnknown = 3,
  kStationUnknown = 4,
  // Place: the station exists, but it does not report here. All other rules are checked as well.
  kStationNotInContest = 5,  // outside the contest's area or the source's sample
  kStationCountedElsewhere = 6,
  kStationClosed = 7,
  // Who submits it may not. PERMISSION_DENIED; rules on what is counted are not checked.
  kActorNotEntitled = 8,
  // Shape. INVALID_ARGUMENT.
  kCountKindMismatch = 10,  // ballots from an exit poll, interviews from another source, or nothing
  kRevisionInvalid = 11,    // below 1
  kTextInvalid = 12,        // a fault that CheckTexts found
  kFieldUnknown = 13,       // the message has a field that this program does not know
  kTimeOutOfRange = 14,     // not a Timestamp of the years 1 to 9999
  kCountOutOfRange = 20,
  kCandidateUnknown = 21,
  kCandidateRepeated = 22,
  kCandidateMissing = 23,
  kCountMissing = 24,
  kVotesNotBalanced = 25,
  kInterviewsNotBalanced = 26,
  kPollsNotClosed = 30,
  kContestCertified = 31,
  kReportAnnulled = 32,
  kRevisionConflict = 33,
  kRevisionGap = 34,
  kCorrectionReasonMissing = 35,
  kCastAboveRegistered = 40,
  kIssuedAboveRegistered = 41,
  kCastAboveIssued = 42,
  kInvalidShareHigh = 43,
  kBlankShareHigh = 44,
  kNoBallots = 45,
  kNoRegisteredVoters = 46,
  kAskedAboveRegistered = 47,
};

// Returns every rule, in order.
const std::vector<Rule>& AllRules();

// Returns the name, e.g. "VOTES_NOT_BALANCED". It is also the reason in google.rpc.ErrorInfo. A
// rule that this program does not know is called by its number: "RULE_48".
std::string_view RuleName(Rule rule);
// Writes the name.
std::ostream& operator<<(std::ostream& out, Rule rule);
// Returns the rule of that name, if this program knows it.
std::optional<Rule> FindRule(std::string_view name);

// Returns the severity of `rule` where the election's policy sets none. The message Policy in
// election.proto lists the defaults.
Severity DefaultSeverity(Rule rule);

// Whether a policy may change the severity of `rule`. The fold depends on the rules on identity,
// place, shape, arithmetic and revisions, so these are always REJECT.
bool MaySetSeverity(Rule rule);
// Whether a policy may give `rule` this severity. CONTEST_CERTIFIED and REPORT_ANNULLED may only be
// HOLD or REJECT: with a lower severity, a report would change what was certified or annulled.
bool MaySetSeverity(Rule rule, Severity severity);

// Returns the status code for a report that is refused because of this rule.
absl::StatusCode CodeOf(Rule rule);

// One rule that a report broke.
struct Finding {
  Rule rule = Rule::kElectionUnknown;
  Severity severity = Severity::kUnspecified;
  std::string field{};  // path in the report, e.g. "ballots.votes[2].count"
  std::vector<std::pair<std::string, std::int64_t>> numbers{};  // that disagree, by name
  std::string subject{};  // id that the rule is about, if any (candidate, station, ...)

  bool operator==(const Finding&) const = default;
};

// Returns one English sentence that names the field and the numbers (of a rule that this program
// does not know all that the finding has), e.g. "The votes (500), blank votes (3) and invalid votes
// (2) add up to 505, but 510 ballots were cast." It reads these numbers:
//   any rule: the report's fields by their names (ballots_cast, registered_voters, asked, ...), and
//     `votes` or `answers` for the sum over the candidates;
//   CAST_ABOVE_REGISTERED, CAST_ABOVE_ISSUED: ballots_at_least in place of ballots_cast, if that
//   was
//     left out;
//   FIELD_UNKNOWN: field_number; TIME_OUT_OF_RANGE: seconds and nanos;
//   COUNT_OUT_OF_RANGE: count; CANDIDATE_REPEATED: times;
//   TEXT_INVALID: bytes and bytes_max, documents and documents_max, or code_point and character;
//   INVALID_SHARE_HIGH, BLANK_SHARE_HIGH: limit_hundredths in addition to the two numbers;
//   POLLS_NOT_CLOSED: polls_close_at, in seconds since the Unix epoch;
//   REVISION_INVALID, REVISION_CONFLICT, REVISION_GAP, REPORT_ANNULLED, CORRECTION_REASON_MISSING:
//     revision; REVISION_GAP also newest_revision; REPORT_ANNULLED also annulled_revision.
// The subject is the id that is unknown, closed, outside, repeated or missing. For
// STATION_COUNTED_ELSEWHERE it is the station at which this one is counted, for ACTOR_NOT_ENTITLED
// who submitted the report.
std::string MessageOf(const Finding& finding);

// Returns the highest severity among `findings`; kUnspecified if there are none.
Severity HighestSeverity(const std::vector<Finding>& findings);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_RULE_H_
