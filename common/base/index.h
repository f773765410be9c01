#ifndef CANVASS_COMMON_BASE_INDEX_H_
#define CANVASS_COMMON_BASE_INDEX_H_

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace canvass {

// Converts the number of a part, an int in the ledger, to a subscript. REQUIRES: number >= 0.
constexpr std::size_t Index(std::int64_t number) {
  assert(number >= 0);
  return static_cast<std::size_t>(number);
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_INDEX_H_
