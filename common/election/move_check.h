#ifndef CANVASS_COMMON_ELECTION_MOVE_CHECK_H_
#define CANVASS_COMMON_ELECTION_MOVE_CHECK_H_

#include "common/election/definition.h"

namespace canvass::election {

class CountedParts;
class ProblemList;

// What has been counted stays where it is: adds to `problems` a VOTES_WOULD_MOVE for everything in
// `change`, whose parts are whole, that would move votes which are counted. See
// CheckDefinitionChange.
void CheckMoves(const Definition& current, const CountedParts& counted,
                const DefinitionChange& change, ProblemList& problems);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_MOVE_CHECK_H_
