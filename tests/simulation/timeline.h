#ifndef CANVASS_TESTS_SIMULATION_TIMELINE_H_
#define CANVASS_TESTS_SIMULATION_TIMELINE_H_

#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace canvass::simulation {

// Simulated time: everything that is going to happen, in its order. What happens at one moment
// happens in the order in which it was put there.
class Timeline {
 public:
  using Event = std::function<void()>;

  absl::Duration now() const { return now_; }

  void After(absl::Duration delay, Event event) { events_.emplace(now_ + delay, std::move(event)); }

  // Lets everything happen until `end`, or until `done`.
  void Run(absl::Duration end, const std::function<bool()>& done) {
    while (!events_.empty() && events_.begin()->first <= end && !done()) {
      auto next = events_.extract(events_.begin());
      now_ = next.key();
      next.mapped()();
    }
  }

 private:
  absl::Duration now_;
  std::multimap<absl::Duration, Event> events_;
};

class SimulatedSteadyClock final : public SteadyClock {
 public:
  explicit SimulatedSteadyClock(const Timeline& timeline) : timeline_(timeline) {}
  absl::Duration Now() const override { return timeline_.now(); }

 private:
  const Timeline& timeline_;
};

// A machine's clock, which somebody may set. Begins on 7 February 2024, 20:00 in Baku.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(const Timeline& timeline) : timeline_(timeline) {}
  absl::Time Now() const override {
    return absl::FromUnixSeconds(1'707'321'600) + timeline_.now() + skew_;
  }
  void Jump(absl::Duration by) { skew_ += by; }

 private:
  const Timeline& timeline_;
  absl::Duration skew_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_TIMELINE_H_
