#ifndef CANVASS_COMMON_BASE_MICROSECONDS_H_
#define CANVASS_COMMON_BASE_MICROSECONDS_H_

#include "absl/time/time.h"

namespace canvass {

// As precise as the ledger keeps times; rounded down.
inline absl::Time InMicroseconds(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_MICROSECONDS_H_
