#ifndef CANVASS_COMMON_LEDGER_PART_RELATIONS_H_
#define CANVASS_COMMON_LEDGER_PART_RELATIONS_H_

#include <string>
#include <vector>

#include "common/election/definition.h"

namespace canvass::ledger {

// Returns why `changes`, applied to `current` one after another, do not give a definition that can
// be folded: a part names an area or station that is not defined, or the areas are not one tree.
// Returns "" if there is no problem. Checks less than CheckDefinitionChange on purpose: every later
// version of the software must fold what an earlier one let into a ledger.
std::string FindBrokenRelation(const election::Definition& current,
                               const std::vector<election::DefinitionChange>& changes);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_PART_RELATIONS_H_
