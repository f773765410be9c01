#ifndef CANVASS_COMMON_ELECTION_DECISION_FIELDS_H_
#define CANVASS_COMMON_ELECTION_DECISION_FIELDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/reason.h"
#include "common/election/definition.h"
#include "common/election/report.h"

// Shared by the checks of decisions: the ids and texts of a request, and the errors.
namespace canvass::election {

// Return the number of the contest or source with this id, or of the only contest or official
// source if the id is empty. Errors name the field `path`contest_id or `path`source_id. Return the
// errors of ResolveContest and ResolveOfficialOrNamedSource.
absl::StatusOr<int> FindContestAt(const Definition& definition, std::string_view path,
                                  std::string_view contest_id);
absl::StatusOr<int> FindSourceAt(const Definition& definition, std::string_view path,
                                 std::string_view source_id);

// Returns NOT_FOUND for the unknown id in `field`, e.g. CANDIDATE_UNKNOWN: there is no candidate
// "x".
absl::Status UnknownIdError(const Reason& reason, std::string_view field, std::string_view kind,
                            std::string_view id);

// Returns the error of a decision that the state of the ledger does not allow. The numbers go into
// the metadata.
absl::Status StandingError(const Reason& reason, std::string_view message,
                           const std::vector<std::pair<std::string, std::int64_t>>& numbers = {});

// Returns FAILED_PRECONDITION DECISION_SUPERSEDED: the same decision was recorded and has been
// superseded since. A late resend cannot be told from a new decision with the same content, so the
// caller has to say which one is meant.
absl::Status SupersededError(std::int64_t sequence, std::int64_t superseded_sequence);

// Returns INVALID_ARGUMENT TEXT_INVALID with a violation for every fault. `path` comes before the
// names of the fields: "" or e.g. "figures.".
absl::Status CheckDecisionTexts(std::string_view path, std::string_view reason,
                                const std::vector<Document>& documents);

// Returns INVALID_ARGUMENT REASON_MISSING if `reason` is blank. `why` tells the caller what the
// reason must explain.
absl::Status RequireReason(std::string_view reason, std::string_view why);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DECISION_FIELDS_H_
