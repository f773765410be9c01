#ifndef CANVASS_TESTS_SUPPORT_SEED_H_
#define CANVASS_TESTS_SUPPORT_SEED_H_

#include <cstdint>
#include <string>
#include <vector>

namespace canvass::testing {

// Seeds of a property test: 1 to `fixed`, so that every run tries the same, and a new one, printed,
// so that every run tries something else too. With CANVASS_SEED set, that one alone: it replays a
// failure.
std::vector<std::uint64_t> SeedsToTry(int fixed);

// Returns e.g. "CANVASS_SEED=7", to stand beside a failure.
std::string Replay(std::uint64_t seed);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_SEED_H_
