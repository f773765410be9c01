#ifndef CANVASS_COMMON_BASE_BACKOFF_H_
#define CANVASS_COMMON_BASE_BACKOFF_H_

#include <algorithm>
#include <cassert>

#include "absl/time/time.h"

namespace canvass {

// Delays between failed attempts. The first delay is `first`, and each further delay is twice the
// last one, up to `max`. Not thread-safe.
class Backoff {
 public:
  // REQUIRES: 0 < first <= max.
  Backoff(absl::Duration first, absl::Duration max) : first_(first), max_(max), next_(first) {
    assert(absl::ZeroDuration() < first && first <= max);
  }

  // Returns the delay before the next attempt.
  absl::Duration Next() {
    const absl::Duration delay = next_;
    next_ = std::min(2 * delay, max_);
    return delay;
  }

  // Makes the next delay the first one again. Call it after an attempt that succeeded.
  void Reset() { next_ = first_; }

 private:
  absl::Duration first_;
  absl::Duration max_;
  absl::Duration next_;
};

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_BACKOFF_H_
