#ifndef CANVASS_COMMON_ELECTION_MOVE_CHECK_H_
#define CANVASS_COMMON_ELECTION_MOVE_CHECK_H_

#include <optional>

#include "common/election/definition.h"

namespace canvass::election {

class CountedParts;
class ProblemList;

// Returns the number of a station in the area or below it that has reports; nullopt if none has.
std::optional<int> FindReportedStation(const Definition& definition, const CountedParts& counted,
                                       int area_no);

// Whether `election`, whose fields are complete, no longer asks for two operators, though `current`
// does. One operator could otherwise decide alone after all.
bool TakesBackTwoOperators(const Definition& current, const Election& election);

// Adds a VOTES_WOULD_MOVE to `problems` for everything in `change` that would move votes that have
// been counted, and a TWO_OPERATORS_FIXED. See CheckDefinitionChange. REQUIRES: the parts of
// `change` are complete.
void CheckMoves(const Definition& current, const CountedParts& counted,
                const DefinitionChange& change, ProblemList& problems);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_MOVE_CHECK_H_
