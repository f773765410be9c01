#ifndef CANVASS_COMMON_ELECTION_DECISION_REQUEST_H_
#define CANVASS_COMMON_ELECTION_DECISION_REQUEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/election/definition.h"
#include "common/election/report.h"

// What the checks of decisions share: ids and texts of a request, and how errors are said.
namespace canvass::election {

// Number of the contest (source) whose id stands in `path`contest_id (source_id), or of the only
// contest (official source) if the id is empty. Errors as of ResolveContest.
absl::StatusOr<int> FindContestAt(const Definition& definition, std::string_view path,
                                  std::string_view contest_id);
absl::StatusOr<int> FindSourceAt(const Definition& definition, std::string_view path,
                                 std::string_view source_id);

// NOT_FOUND about the id that stands in `field`, e.g. CANDIDATE_UNKNOWN: no candidate "x".
absl::Status UnknownIdError(std::string_view reason, std::string_view field, std::string_view kind,
                            std::string_view id);

// What the ledger says stands against the decision. `code` is FAILED_PRECONDITION, ABORTED or
// ALREADY_EXISTS; the numbers go into the metadata.
absl::Status StandingError(absl::StatusCode code, std::string_view reason, std::string_view message,
                           const std::vector<std::pair<std::string, std::int64_t>>& numbers = {});

// FAILED_PRECONDITION DECISION_SUPERSEDED: the same decision was recorded and superseded since. A
// request that arrives late and a new decision in the same words look alike, so neither is guessed.
absl::Status SupersededError(std::int64_t sequence, std::int64_t superseded_sequence);

// INVALID_ARGUMENT TEXT_INVALID with every fault, its fields below `path` ("" or e.g. "figures.").
absl::Status CheckDecisionTexts(std::string_view path, std::string_view reason,
                                const std::vector<Document>& documents);

// INVALID_ARGUMENT REASON_MISSING if `reason` is blank; `why` says what it must explain.
absl::Status RequireReason(std::string_view reason, std::string_view why);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DECISION_REQUEST_H_
