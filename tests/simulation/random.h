#ifndef CANVASS_TESTS_SIMULATION_RANDOM_H_
#define CANVASS_TESTS_SIMULATION_RANDOM_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace canvass::simulation {

// All that is left to chance, from one seed: the same on every machine, which the standard
// library's distributions are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // From 0, less than `limit`.
  std::uint64_t Below(std::uint64_t limit) { return engine_() % limit; }
  bool Chance(int permille) { return static_cast<int>(Below(1000)) < permille; }
  bool Chance(double) = delete;  // would be 0
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    const auto microseconds = static_cast<std::uint64_t>(absl::ToInt64Microseconds(most - least));
    return least + absl::Microseconds(static_cast<std::int64_t>(Below(microseconds + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_RANDOM_H_
