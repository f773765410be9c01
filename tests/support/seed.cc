#include "tests/support/seed.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace canvass::testing {

std::vector<std::uint64_t> SeedsToTry(int fixed) {
  if (const char* const seed = std::getenv("CANVASS_SEED"); seed != nullptr) {
    return {std::stoull(seed)};
  }
  std::vector<std::uint64_t> seeds;
  for (int i = 1; i <= fixed; ++i) seeds.push_back(static_cast<std::uint64_t>(i));
  seeds.push_back(std::random_device()());
  std::printf("%s is new\n", Replay(seeds.back()).c_str());
  return seeds;
}

std::string Replay(std::uint64_t seed) { return "CANVASS_SEED=" + std::to_string(seed); }

}  // namespace canvass::testing
