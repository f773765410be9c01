#ifndef CANVASS_TESTS_COMMON_LEDGER_ROOT_OF_H_
#define CANVASS_TESTS_COMMON_LEDGER_ROOT_OF_H_

#include <string>
#include <vector>

#include "common/ledger/merkle.h"

namespace canvass::ledger {

// Returns the root over `entries` by a tree that knows nothing of a log.
inline Hash RootOf(const std::vector<std::string>& entries) {
  MerkleTree tree;
  for (const std::string& entry : entries) tree.Add(LeafHash(entry));
  return tree.Root();
}

}  // namespace canvass::ledger

#endif  // CANVASS_TESTS_COMMON_LEDGER_ROOT_OF_H_
