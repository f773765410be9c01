#ifndef CANVASS_COMMON_ELECTION_RULE_H_
#define CANVASS_COMMON_ELECTION_RULE_H_

#include <array>
#include <cstdint>
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

// Rules on a report, in the order in which findings are listed. The numbers are stored: never reuse
// one.
enum class Rule : std::uint8_t {
  // Identity. NOT_FOUND; nothing further can be checked.
  kElectionUnknown = 1,
  kContestUnknown = 2,
  kSourceUnknown = 3,
  kStationUnknown = 4,
  // Place: the station is known, and does not report here. The other rules are checked as well.
  kStationNotInContest =
      5,  // the station lies outside the contest's area, or outside the source's sample
  kStationCountedElsewhere = 6,
  kStationClosed = 7,
  // Shape. INVALID_ARGUMENT.
  kCountKindMismatch =
      10,  // interviews from an official source, ballots from an exit poll, or nothing
  kRevisionInvalid = 11,  // below 1
  kTextInvalid = 12,      // reason or document not UTF-8 or too long, sha256 not 64 hex digits
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
};

// Every rule, in order.
const std::vector<Rule>& AllRules();

// E.g. "VOTES_NOT_BALANCED"; also google.rpc.ErrorInfo's reason.
std::string_view RuleName(Rule rule);
std::optional<Rule> FindRule(std::string_view name);

// Where an election's policy says nothing; message Policy in election.proto lists them.
Severity DefaultSeverity(Rule rule);

// False for rules that the fold depends on (identity, shape, arithmetic, revisions): always REJECT.
bool MaySetSeverity(Rule rule);
// Whether a policy may give `rule` this severity. CONTEST_CERTIFIED and REPORT_ANNULLED may be HOLD
// or REJECT only: below that, a report would change what was certified or annulled.
bool MaySetSeverity(Rule rule, Severity severity);

// Status code of a report that was refused for this rule.
absl::StatusCode CodeOf(Rule rule);

// One rule that a report broke.
struct Finding {
  Rule rule = Rule::kElectionUnknown;
  Severity severity = Severity::kUnspecified;
  std::string field{};  // path in the report, e.g. "ballots.votes[2].count"
  std::vector<std::pair<std::string, std::int64_t>> numbers{};  // those that disagree, by name
  std::string subject{};  // id that the rule is about, where there is one (candidate, station, ...)

  bool operator==(const Finding&) const = default;
};

// One English sentence with the field's words and the numbers, e.g. "The votes (500), blank votes
// (3) and invalid votes (2) add up to 505, but 510 ballots were cast." It looks for these numbers:
//   of the report's fields by their names (ballots_cast, registered_voters, asked, ...), and
//   `votes`
//     or `answers` for the sum over the candidates;
//   COUNT_OUT_OF_RANGE: count; CANDIDATE_REPEATED: times;
//   TEXT_INVALID: bytes and bytes_max, or documents and documents_max;
//   INVALID_SHARE_HIGH, BLANK_SHARE_HIGH: limit_hundredths beside the two numbers;
//   POLLS_NOT_CLOSED: polls_close_at, in seconds since the Unix epoch;
//   REVISION_INVALID, REVISION_CONFLICT, REVISION_GAP, REPORT_ANNULLED, CORRECTION_REASON_MISSING:
//     revision; REVISION_GAP also newest_revision; REPORT_ANNULLED also annulled_revision.
// Its subject is the id that is unknown, closed, outside, repeated or missing; for
// STATION_COUNTED_ELSEWHERE the station that it is counted at.
std::string MessageOf(const Finding& finding);

// What follows from findings: the highest severity among them, kUnspecified for none.
Severity HighestSeverity(const std::vector<Finding>& findings);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_RULE_H_
