#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_UPTIME_CLOCK_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_UPTIME_CLOCK_H_

#include <ctime>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace canvass::aggregator {

// A steady clock that also counts the time for which the machine was suspended, as the system clock
// does, so that waking up is no leap of the latter. Thread-safe.
class UptimeClock final : public SteadyClock {
 public:
  absl::Duration Now() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_UPTIME_CLOCK_H_
