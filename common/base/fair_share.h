#ifndef CANVASS_COMMON_BASE_FAIR_SHARE_H_
#define CANVASS_COMMON_BASE_FAIR_SHARE_H_

#include <cstddef>

namespace canvass {

// Whether a caller that has `own` of the `all` that callers have together may have `more` of at
// most `all_max`. It may have as much as it leaves free: one caller may have half, two a third
// each, and so on, so that a caller who comes later finds room.
inline bool IsFairShare(std::size_t own, std::size_t more, std::size_t all, std::size_t all_max) {
  return own + more + all <= all_max;
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_FAIR_SHARE_H_
