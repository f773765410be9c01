#ifndef CANVASS_COMMON_BASE_MICROSECONDS_H_
#define CANVASS_COMMON_BASE_MICROSECONDS_H_

#include "absl/time/time.h"

namespace canvass {

// Rounds `time` down to whole microseconds, the precision of the ledger.
inline absl::Time InMicroseconds(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_MICROSECONDS_H_
