#ifndef CANVASS_COMMON_LEDGER_PART_MOVES_H_
#define CANVASS_COMMON_LEDGER_PART_MOVES_H_

#include <string>
#include <vector>

#include "common/election/counted_parts.h"
#include "common/election/definition.h"

namespace canvass::ledger {

// Returns how `changes` of `current` would move reports that `counted` has: their station to
// another area, or their contest to another area or other candidates. The count cannot fold such a
// change. Returns "" if none does.
std::string FindMove(const election::Definition& current, const election::CountedParts& counted,
                     const std::vector<election::DefinitionChange>& changes);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_PART_MOVES_H_
