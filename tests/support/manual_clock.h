#ifndef CANVASS_TESTS_SUPPORT_MANUAL_CLOCK_H_
#define CANVASS_TESTS_SUPPORT_MANUAL_CLOCK_H_

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace canvass::testing {

// A clock that stands still until a test moves it. Starts on 7 February 2024, 20:00 in Baku.
// Thread-safe.
class ManualClock final : public Clock {
 public:
  absl::Time Now() const override {
    const MutexLock lock(mutex_);
    return now_;
  }

  void Advance(absl::Duration by) {
    const MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'707'321'600);
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_MANUAL_CLOCK_H_
