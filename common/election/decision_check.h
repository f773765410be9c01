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

// Checks whether an operator's decision may be recorded. Each function takes a decision that names
// parts by id, and returns one of these:
//   - the event to append;
//   - the sequence of the entry that already records the same decision, which makes resending
//     harmless (see AskSecondOperator for decisions that need two operators);
//   - an error with a reason.
//
// Two decisions are the same if all of their content is, including reason and documents. A release
// is an exception: once a revision is released, every further release of it is the same decision.
//
// Field names in errors are those of ElectionService's requests, e.g. "key.station_id". Common
// errors:
//   NOT_FOUND {ELECTION,CONTEST,SOURCE,STATION,CANDIDATE,AREA}_UNKNOWN;
//   INVALID_ARGUMENT {CONTEST,SOURCE}_MISSING, REASON_MISSING, REVISION_MISSING, TEXT_INVALID;
//   FAILED_PRECONDITION STATION_CLOSED, STATION_COUNTED_ELSEWHERE (decisions about a report);
//   FAILED_PRECONDITION DECISION_SUPERSEDED (annulments, reinstatements, reopenings): the same
//     decision was recorded before and has been superseded since, so this may be a late resend. A
//     caller that means a new decision must give a different reason.
// REQUIRES: count.defined().
namespace canvass::election {

// The event to append, or the sequence of the entry that already records the same decision.
struct Decision {
  std::optional<Event> event{};
  std::int64_t standing_sequence = 0;
  bool awaits_second_operator = false;  // it is a proposal, which has no effect yet
};

struct ReportDecisionRequest {
  ReportKey key{};  // an empty contest_id or source_id means the only contest or official source
  std::string reason{};
  bool station_expected_again = false;  // annulments only
  std::vector<Document> documents{};
};

// ABORTED REVISION_MOVED: the key does not name the newest revision. Both numbers are in the
// metadata.
// FAILED_PRECONDITION REPORT_NOT_HELD, CONTEST_CERTIFIED. NOT_FOUND REPORT_UNKNOWN.
absl::StatusOr<Decision> CheckRelease(const Count& count, const ReportDecisionRequest& request);
// ABORTED REVISION_MOVED. FAILED_PRECONDITION CONTEST_CERTIFIED. NOT_FOUND REPORT_UNKNOWN.
absl::StatusOr<Decision> CheckAnnulment(const Count& count, const ReportDecisionRequest& request);
// ABORTED REVISION_MOVED: the annulment in force names another revision.
// FAILED_PRECONDITION REPORT_NOT_ANNULLED, CONTEST_CERTIFIED. NOT_FOUND REPORT_UNKNOWN.
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
  PollFigures figures{};  // without ids; CheckPollFigures fills in the numbers of parts
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

// `sequence` is the last sequence of the ledger.
// ABORTED RESULT_MOVED: the contest changed or was reopened after expected_sequence.
// FAILED_PRECONDITION NOTHING_COUNTED, ALREADY_CERTIFIED (with other content), RESULT_INCOMPLETE
// (stations are missing or held, or corrections are held; the numbers are in the metadata).
// INVALID_ARGUMENT SEQUENCE_OUT_OF_RANGE, SOURCE_KIND_MISMATCH (not official), CANDIDATE_REPEATED,
// REASON_MISSING (with accept_incomplete, or if an elected candidate has withdrawn or does not have
// more votes than every candidate who is not elected).
absl::StatusOr<Decision> CheckCertification(const Count& count, std::int64_t sequence,
                                            const CertificationRequest& request);

struct ReopeningRequest {
  std::string contest_id{};
  std::string source_id{};
  ReopeningStatus status = ReopeningStatus::kCorrection;
  std::string reason{};
  std::vector<Document> documents{};
};

// FAILED_PRECONDITION RESULT_NOT_CERTIFIED. INVALID_ARGUMENT SOURCE_KIND_MISMATCH (not official).
absl::StatusOr<Decision> CheckReopening(const Count& count, const ReopeningRequest& request);

// Return the number of the contest or source with this id. An empty id means the only contest or
// the only official source. NOT_FOUND CONTEST_UNKNOWN, SOURCE_UNKNOWN. INVALID_ARGUMENT
// CONTEST_MISSING, SOURCE_MISSING if the id is empty and there is not exactly one.
absl::StatusOr<int> ResolveContest(const Definition& definition, std::string_view contest_id);
absl::StatusOr<int> ResolveOfficialOrNamedSource(const Definition& definition,
                                                 std::string_view source_id);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DECISION_CHECK_H_
