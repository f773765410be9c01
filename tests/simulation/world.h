#ifndef CANVASS_TESTS_SIMULATION_WORLD_H_
#define CANVASS_TESTS_SIMULATION_WORLD_H_

#include <utility>

#include "absl/time/time.h"
#include "tests/simulation/random.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/weather.h"

namespace canvass::simulation {

// What everybody in a simulation shares: time, chance, faults, and the network.
struct World {
  World(std::uint64_t seed, Bug planted)
      : random(seed), bug(planted), weather(Weather::Of(random)) {}

  // Delivers a message: at once, late, twice or never, and not in the order of sending.
  void Send(const Timeline::Event& message) {
    if (random.Chance(weather.dropped)) return;
    timeline.After(Delay(), message);
    if (random.Chance(weather.duplicated)) timeline.After(Delay(), message);
  }

  // From now on nothing goes wrong.
  void Clear() { weather = Weather(); }

  Random random;
  const Bug bug;
  Weather weather;
  Timeline timeline;

 private:
  absl::Duration Delay() {
    return random.Chance(weather.delayed)
               ? random.Between(absl::Milliseconds(50), absl::Seconds(4))
               : random.Between(absl::Microseconds(100), absl::Milliseconds(5));
  }
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_WORLD_H_
