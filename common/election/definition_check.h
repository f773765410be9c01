#ifndef CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_

#include "absl/status/statusor.h"
// Part of this interface: the argument `counted`.
#include "common/election/counted_parts.h"
#include "common/election/definition.h"

namespace canvass::election {

// Merges `request` with `current` (null for the first definition) and checks the outcome. Returns
// only the parts that are new or differ, each of them complete. Parts() is 0 if nothing changes. A
// change of an existing definition needs a reason.
//
// Errors list the first 20 problems by path and id, with the numbers:
// `definition.stations[12].area_id: station "c-1-s-9": area "c-999" is not defined`. Reasons:
//   INVALID_ARGUMENT: ID_MALFORMED, ID_REPEATED, NAME_REPEATED (two candidates look the same),
//     PARENT_UNKNOWN, AREA_CYCLE (the message names the cycle), AREA_TOO_DEEP, ROOT_COUNT (no root
//     or several), AREA_UNKNOWN, STATION_UNKNOWN, STATION_CHAIN (counted at a station that is
//     itself counted elsewhere or closed), STATION_NOT_IN_CONTEST (counted at a station outside a
//     contest that is on the ballot here), DATE_MALFORMED, TIME_ZONE_MALFORMED, KIND_MISSING,
//     RULE_FIXED (a severity that the policy may not give to this rule), COUNT_OUT_OF_RANGE,
//     DECIMAL_MALFORMED, REASON_MISSING, PART_MISSING (no election, no contest, no candidates, no
//     source, no area), TOO_MANY_PARTS, TEXT_INVALID (names the code point and its place),
//     TEXT_NOT_UTF8, TEXT_TOO_LONG.
//   FAILED_PRECONDITION VOTES_WOULD_MOVE, if reports would be affected: candidates added, removed
//     or reordered; a change of whether blank votes are valid, of a contest's area, or of a
//     source's kind or sample; a station with reports, or an area above one, moved; a station with
//     reports taken out of the sample of a source that has reports; a station merged or closed
//     while a report of it counts or is held.
absl::StatusOr<DefinitionChange> CheckDefinitionChange(const Definition* current,
                                                       const CountedParts& counted,
                                                       DefinitionChange request);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_
