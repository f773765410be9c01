#ifndef CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_

#include "common/election/definition.h"

namespace canvass::election {

// Completes every part of `request`: a field that is left out is copied from the part with the same
// id in `current`. A null `current` has no parts. Brings every part into a single form: texts
// ordered by language, severities by rule, times in whole microseconds (as the ledger stores them),
// and false and "" left out where that means the same. The caller fills in the empty area of a new
// contest.
void MergeDefinition(const Definition* current, DefinitionChange& request);

// Whether a complete station is counted at another one, and whether it is closed.
inline bool IsMerged(const Station& station) { return station.counted_at_station_id.has_value(); }
inline bool IsClosed(const Station& station) { return station.closed_reason.has_value(); }

// Removes the parts of `request` that equal those in `current`. REQUIRES: the parts are complete.
void DropUnchangedParts(const Definition& current, DefinitionChange& request);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_
