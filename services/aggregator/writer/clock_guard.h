#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_CLOCK_GUARD_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_CLOCK_GUARD_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// Watches the clock of this machine. Every entry carries its time for good, and polls close and
// embargoes end by it, so the leader writes nothing while it is implausible. Not thread-safe.
class ClockGuard {
 public:
  // How far the clock may differ from the store's.
  static constexpr absl::Duration kDifferenceMax = LedgerStore::kClockDifferenceMax;

  // `leap_max` is how far the clock may leap, `behind_max` how far it may be behind the last entry.
  // The clocks must outlive this.
  ClockGuard(const Clock& clock, const SteadyClock& steady_clock,
             absl::Duration leap_max = kDifferenceMax, absl::Duration behind_max = kDifferenceMax)
      : clock_(clock), steady_clock_(steady_clock), leap_max_(leap_max), behind_max_(behind_max) {}

  // Returns the time in whole microseconds. Returns UNAVAILABLE CLOCK_IMPLAUSIBLE if the clock is
  // behind `last_recorded`, the time of the newest entry, or has leapt since it was last believed.
  // It is believed again when it is back where it should be; a clock that was rightly set anew
  // needs a new process.
  absl::StatusOr<absl::Time> Now(absl::Time last_recorded);
  // Compares it with the store's clock. Believes it from the first time on that they agree. Returns
  // CLOCK_IMPLAUSIBLE if they differ.
  absl::Status CompareWith(absl::Time stored);

 private:
  const Clock& clock_;
  const SteadyClock& steady_clock_;
  const absl::Duration leap_max_;
  const absl::Duration behind_max_;
  std::optional<absl::Time> believed_;
  absl::Duration believed_at_;  // by the steady clock
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_CLOCK_GUARD_H_
