// CANVASS_SIMULATION_SEED=n and CANVASS_SIMULATION_COUNT=m: the schedules n to n + m - 1. Without
// them: a thousand, from a seed that is printed.
#include "tests/simulation/simulation.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::simulation {
namespace {

using ::testing::IsEmpty;

std::uint64_t Environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

TEST(SimulationTest, NothingThatWasAcknowledgedIsLostOrCountedTwice) {
  const std::uint64_t first = Environment("CANVASS_SIMULATION_SEED", std::random_device()());
  const std::uint64_t count = Environment("CANVASS_SIMULATION_COUNT", 1'000);
  std::printf("CANVASS_SIMULATION_SEED=%s CANVASS_SIMULATION_COUNT=%s\n",
              std::to_string(first).c_str(), std::to_string(count).c_str());
  const absl::Time start = absl::Now();
  Outcome sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Outcome outcome = Simulate(seed);
    ASSERT_THAT(outcome.violations, IsEmpty())
        << "replay with CANVASS_SIMULATION_SEED=" << seed << " CANVASS_SIMULATION_COUNT=1";
    sum.acknowledged += outcome.acknowledged;
    sum.entries += outcome.entries;
    sum.faults += outcome.faults;
    sum.takeovers += outcome.takeovers;
  }
  std::printf("%s schedules in %s: %s receipts, %s entries, %s faults, %s takeovers\n",
              std::to_string(count).c_str(), absl::FormatDuration(absl::Now() - start).c_str(),
              std::to_string(sum.acknowledged).c_str(), std::to_string(sum.entries).c_str(),
              std::to_string(sum.faults).c_str(), std::to_string(sum.takeovers).c_str());
  // It would prove nothing if nothing happened.
  EXPECT_GT(sum.acknowledged, 10 * count);
  EXPECT_GT(sum.faults, count);
}

// The first schedule, of so many, in which the bug shows, and a violation says `what`.
std::optional<std::uint64_t> Find(Bug bug, std::uint64_t schedules, const std::string& what = "") {
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    const std::vector<std::string> violations = Simulate(seed, bug).violations;
    const auto says = [&what](const std::string& violation) {
      return violation.find(what) != std::string::npos;
    };
    if (std::any_of(violations.begin(), violations.end(), says)) return seed;
  }
  return std::nullopt;
}

// What a schedule finds it finds again.
void ExpectFound(Bug bug, const std::string& what = "") {
  const std::optional<std::uint64_t> seed = Find(bug, 500, what);
  ASSERT_TRUE(seed.has_value()) << "nothing was found";
  const Outcome outcome = Simulate(*seed, bug);
  ASSERT_FALSE(outcome.violations.empty());
  EXPECT_EQ(Simulate(*seed, bug).violations, outcome.violations);
  EXPECT_THAT(Simulate(*seed).violations, IsEmpty());
  std::printf("found by seed %s: %s\n", std::to_string(*seed).c_str(),
              outcome.violations.front().c_str());
}

TEST(PlantedBugTest, AnAppendThatDoesNotCheckWhoLeadsIsFound) { ExpectFound(Bug::kNoFence); }

TEST(PlantedBugTest, WithoutUniqueKeysEither) { ExpectFound(Bug::kNoFenceNoKeys); }

TEST(PlantedBugTest, AnAnswerBeforeTheCommitIsFound) { ExpectFound(Bug::kAnswerBeforeCommit); }

TEST(PlantedBugTest, AFollowerThatAnswersReadingsIsFound) { ExpectFound(Bug::kFollowerServes); }

TEST(PlantedBugTest, WhatIsInDoubtSentAgainBlindlyIsFound) { ExpectFound(Bug::kBlindResendNoKeys); }

TEST(PlantedBugTest, AClockThatEndsAnEmbargoIsFound) {
  ExpectFound(Bug::kTrustsOneClock, "ends an embargo");
}

// Sequences and revisions are unique in the database: that alone makes a blind resend harmless.
TEST(PlantedBugTest, UniqueKeysStopABlindResend) {
  EXPECT_EQ(Find(Bug::kBlindResend, 200), std::nullopt);
}

}  // namespace
}  // namespace canvass::simulation
