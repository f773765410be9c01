#ifndef CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_

#include "absl/status/statusor.h"
// Part of this interface: what a change is checked against.
#include "common/election/counted_parts.h"
#include "common/election/definition.h"

namespace canvass::election {

// `request` merged with `current` (null: the first definition): every part whole, and only those
// that are new or differ; Parts() is 0 when nothing changes. Changes of existing definitions need a
// reason. Errors name the first 20 parts that are wrong, by path and id, with the numbers:
// `definition.stations[12].area_id: station "c-1-s-9": area "c-999" is not defined`. Reasons:
// INVALID_ARGUMENT: ID_MALFORMED, ID_REPEATED, NAME_REPEATED (two candidates), PARENT_UNKNOWN,
//   AREA_CYCLE (names the cycle), AREA_TOO_DEEP, ROOT_COUNT (no root or several), AREA_UNKNOWN,
//   STATION_UNKNOWN, STATION_CHAIN (counted at a station that is counted elsewhere or closed),
//   STATION_NOT_IN_CONTEST (counted at one outside a contest that is on the ballot here),
//   DATE_MALFORMED, TIME_ZONE_MALFORMED, KIND_MISSING, RULE_FIXED (an arithmetic rule that policy
//   may not lower), COUNT_OUT_OF_RANGE, DECIMAL_MALFORMED, REASON_MISSING, PART_MISSING (no
//   election, no contest, no candidates, no source, no area), TOO_MANY_PARTS, TEXT_NOT_UTF8,
//   TEXT_TOO_LONG.
// FAILED_PRECONDITION VOTES_WOULD_MOVE, once there are reports that this would move: a candidate
//   added, removed or reordered; whether blank votes are valid, a contest's area, a source's kind
//   or sample changed; a station or an area with reports below it moved; a station taken out of a
//   sample that reported it; a station merged or closed whose report counts or is held.
absl::StatusOr<DefinitionChange> CheckDefinitionChange(const Definition* current,
                                                       const CountedParts& counted,
                                                       DefinitionChange request);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_CHECK_H_
