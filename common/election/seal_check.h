#ifndef CANVASS_COMMON_ELECTION_SEAL_CHECK_H_
#define CANVASS_COMMON_ELECTION_SEAL_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/report.h"

namespace canvass::election {

struct SealWithdrawalRequest {
  std::int64_t seal_sequence = 0;
  std::string reason{};
  std::vector<Document> documents{};
};

// Checks whether a seal may be withdrawn, like the checks of decision_check.h. What it hides is not
// known here. Whoever knows must check that no later seal depends on it.
// NOT_FOUND SEAL_UNKNOWN: there is no such seal, or it was opened.
// FAILED_PRECONDITION DECISION_SUPERSEDED: it was withdrawn for another reason.
absl::StatusOr<Decision> CheckSealWithdrawal(const Count& count,
                                             const SealWithdrawalRequest& request);

// Whether what this source says now must be sealed: it is under embargo at `now`, or seals of it
// are closed, which what it says now may follow.
bool MustBeSealed(const Count& count, int source_no, absl::Time now);

// Whether the seals of this source may be opened at `now`.
bool MayBeOpened(const Definition& definition, int source_no, absl::Time now);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_SEAL_CHECK_H_
