#ifndef CANVASS_COMMON_BASE_CLOCK_H_
#define CANVASS_COMMON_BASE_CLOCK_H_

#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace canvass {

// Where a class asks for the time, so that tests can say what it is. Thread-safe.
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

// Time since some moment that never goes back and knows no date, for waits and deadlines: the
// system's clock may be set at any time, by hours.
inline absl::Duration SteadyNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// The same for a class whose tests say what time it is. Thread-safe.
class SteadyClock {
 public:
  SteadyClock() = default;
  SteadyClock(const SteadyClock&) = delete;
  SteadyClock& operator=(const SteadyClock&) = delete;
  virtual ~SteadyClock() = default;

  // Since some moment.
  virtual absl::Duration Now() const { return SteadyNow(); }
};

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_CLOCK_H_
