#ifndef CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_

#include "common/election/definition.h"

namespace canvass::election {

// Makes every part of `request` whole: what it leaves out comes from the part with the same id in
// `current` (null: from nowhere). Brings each into its one form: texts ordered by language,
// severities by rule, times in whole microseconds (as the ledger keeps them), false and "" left out
// where that means the same. An empty area of a new contest is left to the caller.
void MergeDefinition(const Definition* current, DefinitionChange& request);

// Of a whole station: whether its votes come with another's, and whether it has none.
inline bool IsMerged(const Station& station) { return station.counted_at_station_id.has_value(); }
inline bool IsClosed(const Station& station) { return station.closed_reason.has_value(); }

// Takes out of the whole parts of `request` those that are in `current` already.
void DropUnchangedParts(const Definition& current, DefinitionChange& request);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_MERGE_H_
