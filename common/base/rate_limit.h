#ifndef CANVASS_COMMON_BASE_RATE_LIMIT_H_
#define CANVASS_COMMON_BASE_RATE_LIMIT_H_

#include <algorithm>

#include "absl/time/time.h"

namespace canvass {

// A bucket of tokens, one for each event that may happen now. It starts full. Not thread-safe.
class RateLimit {
 public:
  // `burst` is the size of the bucket; `per_second` tokens are added to it. REQUIRES: both are
  // positive, and burst is at least 1.
  RateLimit(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Takes a token and returns zero, or returns after how long there will be one. `now` is by a
  // steady clock.
  absl::Duration Take(absl::Duration now) {
    const absl::Duration wait = WaitFor(now);
    if (wait == absl::ZeroDuration()) tokens_ -= 1;
    return wait;
  }

  // Adds a token, if the bucket has room.
  void Give() { tokens_ = std::min(burst_, tokens_ + 1); }

  // Returns what Take would return, and takes nothing.
  absl::Duration WaitFor(absl::Duration now) {
    if (now > filled_at_) {
      tokens_ = std::min(burst_, tokens_ + absl::ToDoubleSeconds(now - filled_at_) * per_second_);
      filled_at_ = now;
    }
    if (tokens_ >= 1) return absl::ZeroDuration();
    return absl::Seconds((1 - tokens_) / per_second_);
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  absl::Duration filled_at_ = -absl::InfiniteDuration();
};

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_RATE_LIMIT_H_
