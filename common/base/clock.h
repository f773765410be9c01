#ifndef CANVASS_COMMON_BASE_CLOCK_H_
#define CANVASS_COMMON_BASE_CLOCK_H_

#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace canvass {

// Source of the current time, which tests replace. Thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// Returns the time since an arbitrary fixed point. It never goes back, so it is the clock for waits
// and deadlines. The system clock may be set at any time, by hours.
inline absl::Duration SteadyNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// SteadyNow behind an interface, for classes whose tests control the time. Thread-safe.
class SteadyClock {
 public:
  SteadyClock() = default;
  SteadyClock(const SteadyClock&) = delete;
  SteadyClock& operator=(const SteadyClock&) = delete;
  virtual ~SteadyClock() = default;

  // Returns the time since an arbitrary fixed point.
  virtual absl::Duration Now() const { return SteadyNow(); }
};

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_CLOCK_H_
