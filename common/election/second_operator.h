#ifndef CANVASS_COMMON_ELECTION_SECOND_OPERATOR_H_
#define CANVASS_COMMON_ELECTION_SECOND_OPERATOR_H_

#include <string_view>

#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/event.h"

namespace canvass::election {

// Returns the decision of `actor` as it is if the election's policy asks for two operators. An
// annulment or certification that another operator has proposed, with the same content, is
// confirmed and names who proposed it. Otherwise it becomes a proposal, which replaces an earlier
// one about the same report or result; if `actor` has proposed the same before, that one stands.
// The same is SaysTheSame. Other decisions stay as they are. REQUIRES: a check of this count
// returned `decision`.
Decision AskSecondOperator(const Count& count, std::string_view actor, Decision decision);

// Whether these are the names of two operators. A caller who was not authenticated is none.
bool AreTwoOperators(std::string_view one, std::string_view other);

// Whether two decisions say the same, whoever made them and at whatever sequence a result was read.
bool SaysTheSame(ReportAnnulment one, const ReportAnnulment& other);
bool SaysTheSame(ResultCertification one, const ResultCertification& other);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_SECOND_OPERATOR_H_
