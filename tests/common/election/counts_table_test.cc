#include "common/election/counts_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "common/election/report.h"
#include "common/election/tally.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::election {
namespace {

// A number of any size, or none.
std::int32_t RandomNumber(std::mt19937_64& random) {
  const auto digits = static_cast<unsigned>(random() % 11);
  if (digits == 0) return kUnknown;
  std::int64_t limit = 1;
  for (unsigned i = 1; i < digits; ++i) limit *= 10;
  return static_cast<std::int32_t>(static_cast<std::int64_t>(random()) & 0x7fffffff) %
         static_cast<std::int32_t>(std::min(limit, kCountMax + 1));
}

Counts RandomCounts(std::mt19937_64& random, std::size_t candidates) {
  Counts counts;
  counts.interviews = random() % 2 == 0;
  for (const auto number : {&Counts::registered_voters, &Counts::ballots_issued,
                            &Counts::ballots_cast, &Counts::blank_votes, &Counts::invalid_votes,
                            &Counts::asked, &Counts::refused, &Counts::undecided}) {
    counts.*number = RandomNumber(random);
  }
  for (std::size_t i = 0; i < candidates; ++i) counts.votes.push_back(RandomNumber(random));
  return counts;
}

void PutInAndGetBack(std::mt19937_64& random, std::size_t candidates) {
  CountsTable table(candidates);
  std::vector<std::pair<CountsTable::Place, Counts>> rows;
  for (int i = 0; i < 2'000; ++i) {  // several blocks
    Counts counts = RandomCounts(random, candidates);
    const CountsTable::Place place = table.Append(counts);
    rows.emplace_back(place, std::move(counts));
  }
  for (const auto& [place, counts] : rows) ASSERT_EQ(table.Get(place), counts);
}

TEST(CountsTableTest, GivesBackEveryRow) {
  for (const std::uint64_t seed : testing::SeedsToTry(2)) {
    std::mt19937_64 random(seed);
    for (const std::size_t candidates : {0U, 1U, 16U, 1'000U}) {
      SCOPED_TRACE(::testing::Message() << candidates << " candidates, " << testing::Replay(seed));
      PutInAndGetBack(random, candidates);
    }
  }
}

TEST(CountsTableTest, KeepsTheLargestNumbers) {
  Counts largest{.interviews = true,
                 .registered_voters = kCountMax,
                 .ballots_issued = kCountMax,
                 .ballots_cast = kCountMax,
                 .blank_votes = kCountMax,
                 .invalid_votes = kCountMax,
                 .asked = kCountMax,
                 .refused = kCountMax,
                 .undecided = kCountMax,
                 .votes = std::vector<std::int32_t>(1'000, kCountMax)};
  CountsTable table(1'000);
  std::vector<CountsTable::Place> places;
  for (int i = 0; i < 100; ++i) places.push_back(table.Append(largest));
  for (const CountsTable::Place place : places) ASSERT_EQ(table.Get(place), largest);
}

}  // namespace
}  // namespace canvass::election
