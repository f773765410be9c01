#ifndef CANVASS_COMMON_ELECTION_DECISION_CHECK_H_
#define CANVASS_COMMON_ELECTION_DECISION_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/report.h"

// Whether an operator's decision may be recorded. Each function takes a decision in ids, and
// returns the event to append; or, where the same decision stands already (asking again is
// harmless), the entry that says so; or an error with a reason. Decisions are the same if all that
// they say is, their reason and documents too. Fields are named as in ElectionService's requests,
// e.g. "key.station_id". Common errors:
//   NOT_FOUND {ELECTION,CONTEST,SOURCE,STATION,CANDIDATE,AREA}_UNKNOWN,
//   INVALID_ARGUMENT {CONTEST,SOURCE}_MISSING, REASON_MISSING, REVISION_MISSING, TEXT_INVALID;
//   FAILED_PRECONDITION STATION_CLOSED, STATION_COUNTED_ELSEWHERE (decisions about a report);
//   FAILED_PRECONDITION DECISION_SUPERSEDED (annulments, reinstatements, reopenings): the same
//     decision was recorded once and another has superseded it, so this may be a late resend;
//     whoever means it anew gives a reason that says so.
// REQUIRES: count.defined().
namespace canvass::election {

// An event, or the sequence of the entry that says the same already.
struct Decision {
  std::optional<Event> event{};
  std::int64_t standing_sequence = 0;
};

struct ReportDecisionRequest {
  ReportKey key{};  // contest_id and source_id may be empty where there is only one
  std::string reason{};
  bool station_expected_again = false;  // annulments only
  std::vector<Document> documents{};
};

// ABORTED REVISION_MOVED: the key does not name the newest revision (both numbers in the metadata).
// FAILED_PRECONDITION REPORT_NOT_HELD, CONTEST_CERTIFIED. NOT_FOUND REPORT_UNKNOWN.
absl::StatusOr<Decision> CheckRelease(const Count& count, const ReportDecisionRequest& request);
// ABORTED REVISION_MOVED. FAILED_PRECONDITION CONTEST_CERTIFIED. NOT_FOUND REPORT_UNKNOWN.
absl::StatusOr<Decision> CheckAnnulment(const Count& count, const ReportDecisionRequest& request);
// FAILED_PRECONDITION REPORT_NOT_ANNULLED, CONTEST_CERTIFIED. ABORTED REVISION_MOVED.
absl::StatusOr<Decision> CheckReinstatement(const Count& count,
                                            const ReportDecisionRequest& request);

struct PollFiguresRequest {
  std::string contest_id{};
  std::string source_id{};
  std::string area_id{};
  struct Share {
    std::string candidate_id;
    std::string share_percent;
  };
  std::vector<Share> shares{};
  PollFigures figures{};  // all but the ids; the check fills in the numbers of parts
};

// INVALID_ARGUMENT SOURCE_KIND_MISMATCH (not an exit poll), AREA_NOT_IN_CONTEST, REVISION_INVALID
//   (below 1), SHARES_MISSING, SHARE_OUT_OF_RANGE (not 0 to 100), DECIMAL_MALFORMED,
//   CANDIDATE_REPEATED, COUNT_OUT_OF_RANGE (sample size), CORRECTION_REASON_MISSING.
// ALREADY_EXISTS REVISION_CONFLICT. FAILED_PRECONDITION REVISION_GAP.
absl::StatusOr<Decision> CheckPollFigures(const Count& count, const PollFiguresRequest& request);

struct CertificationRequest {
  std::string contest_id{};
  std::string source_id{};
  std::int64_t expected_sequence = 0;
  std::vector<std::string> elected_candidate_ids{};
  std::string reason{};
  bool accept_incomplete = false;
  std::vector<Document> documents{};
};

// `sequence`: the ledger's last.
// ABORTED RESULT_MOVED: the contest changed, or was reopened, after expected_sequence.
// FAILED_PRECONDITION NOTHING_COUNTED, RESULT_INCOMPLETE (stations missing or held, or corrections
//   held, with these numbers in the metadata), ALREADY_CERTIFIED (with other content).
// INVALID_ARGUMENT SEQUENCE_OUT_OF_RANGE, SOURCE_KIND_MISMATCH (not official), CANDIDATE_REPEATED,
//   REASON_MISSING (accept_incomplete; an elected candidate who withdrew, or who has no more votes
//   than somebody who is not elected).
absl::StatusOr<Decision> CheckCertification(const Count& count, std::int64_t sequence,
                                            const CertificationRequest& request);

struct ReopeningRequest {
  std::string contest_id{};
  std::string source_id{};
  ReopeningStatus status = ReopeningStatus::kCorrection;
  std::string reason{};
  std::vector<Document> documents{};
};

// FAILED_PRECONDITION RESULT_NOT_CERTIFIED.
absl::StatusOr<Decision> CheckReopening(const Count& count, const ReopeningRequest& request);

// Numbers of the parts that ids name; an empty id stands for the only contest, the only official
// source. NOT_FOUND CONTEST_UNKNOWN, SOURCE_UNKNOWN; INVALID_ARGUMENT CONTEST_MISSING,
// SOURCE_MISSING where there is not one only.
absl::StatusOr<int> ResolveContest(const Definition& definition, std::string_view contest_id);
absl::StatusOr<int> ResolveOfficialOrNamedSource(const Definition& definition,
                                                 std::string_view source_id);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DECISION_CHECK_H_
