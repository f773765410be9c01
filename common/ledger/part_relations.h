#ifndef CANVASS_COMMON_LEDGER_PART_RELATIONS_H_
#define CANVASS_COMMON_LEDGER_PART_RELATIONS_H_

#include <string>
#include <vector>

#include "common/election/definition.h"

namespace canvass::ledger {

// What keeps `changes`, applied to `current` in turn, from being a definition that can be folded: a
// part names an area or a station that is not defined, or the areas are not one tree. Empty if
// nothing. Says less than CheckDefinitionChange, on purpose: what one version of the software let
// into a ledger, every later one folds.
std::string FindBrokenRelation(const election::Definition& current,
                               const std::vector<election::DefinitionChange>& changes);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_PART_RELATIONS_H_
