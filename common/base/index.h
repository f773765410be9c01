#ifndef CANVASS_COMMON_BASE_INDEX_H_
#define CANVASS_COMMON_BASE_INDEX_H_

#include <cstddef>
#include <cstdint>

namespace canvass {

// A number of a part (an int, as in the ledger) as a subscript. REQUIRES: number >= 0.
constexpr std::size_t Index(std::int64_t number) { return static_cast<std::size_t>(number); }

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_INDEX_H_
