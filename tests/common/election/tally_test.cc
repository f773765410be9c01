#include "common/election/tally.h"

#include <cstdint>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::election {
namespace {

using ::testing::ElementsAre;

// Tables 1 to 4 of Córdoba's election of 12 May 2019, governor, as published; the register of each
// was not.
std::vector<Counts> CordobaTables() {
  return {{.ballots_cast = 228,
           .blank_votes = 6,
           .invalid_votes = 14,
           .votes = {4, 5, 0, 6, 65, 12, 69, 0, 29, 1, 17, 0}},
          {.ballots_cast = 214,
           .blank_votes = 4,
           .invalid_votes = 10,
           .votes = {1, 2, 0, 8, 63, 13, 66, 5, 21, 0, 18, 3}},
          {.ballots_cast = 205,
           .blank_votes = 8,
           .invalid_votes = 3,
           .votes = {4, 3, 0, 6, 60, 10, 72, 0, 18, 0, 19, 2}},
          {.ballots_cast = 217,
           .blank_votes = 3,
           .invalid_votes = 6,
           .votes = {0, 6, 0, 10, 69, 7, 76, 3, 22, 1, 14, 0}}};
}

std::vector<std::int64_t> TotalsOf(const std::vector<Sum>& sums) {
  std::vector<std::int64_t> totals;
  totals.reserve(sums.size());
  for (const Sum& sum : sums) totals.push_back(sum.total);
  return totals;
}

TEST(TallyTest, AddsRealTables) {
  Tally tally;
  for (const Counts& table : CordobaTables()) Add(tally, table, false);
  EXPECT_EQ(tally.reports, 4);
  EXPECT_EQ(tally.flagged, 0);
  EXPECT_EQ(tally.ballots_cast, (Sum{.total = 864}));
  EXPECT_EQ(tally.blank_votes, (Sum{.total = 21}));
  EXPECT_EQ(tally.invalid_votes, (Sum{.total = 33}));
  EXPECT_EQ(tally.registered_voters, (Sum{.total = 0, .unknown = 4}));
  EXPECT_THAT(TotalsOf(tally.votes), ElementsAre(9, 16, 0, 30, 257, 42, 283, 8, 90, 2, 68, 5));
}

TEST(TallyTest, CountsWhatIsUnknownApart) {
  Tally tally;
  Add(tally, {.registered_voters = 500, .ballots_cast = 0, .votes = {0, kUnknown}}, true);
  Add(tally, {.ballots_cast = 300, .votes = {7, 3}}, false);
  EXPECT_EQ(tally.reports, 2);
  EXPECT_EQ(tally.flagged, 1);
  EXPECT_EQ(tally.registered_voters, (Sum{.total = 500, .unknown = 1}));
  EXPECT_EQ(tally.ballots_cast, (Sum{.total = 300, .unknown = 0}));
  EXPECT_THAT(tally.votes, ElementsAre(Sum{.total = 7}, Sum{.total = 3, .unknown = 1}));
}

TEST(TallyTest, HoldsMoreThanAnInt32) {
  Tally tally;
  const Counts largest{.ballots_cast = 999'999'999, .votes = {999'999'999}};
  for (int i = 0; i < 10; ++i) Add(tally, largest, false);
  EXPECT_EQ(tally.ballots_cast.total, 9'999'999'990);
  EXPECT_EQ(tally.votes.front().total, 9'999'999'990);
}

TEST(TallyTest, IsEmptyAgainAfterItsLastReportIsTakenOut) {
  Tally tally;
  Add(tally, CordobaTables().front(), true);
  Subtract(tally, CordobaTables().front(), true);
  EXPECT_EQ(tally, Tally());
}

TEST(TallyTest, AnAreaIsTheSumOfItsChildren) {
  const std::vector<Counts> tables = CordobaTables();
  Tally north;
  Add(north, tables[0], true);
  Add(north, tables[1], false);
  Tally south;
  Add(south, tables[2], false);
  Add(south, tables[3], true);
  Tally both;
  for (const int i : {3, 0, 2, 1}) {
    Add(both, tables[static_cast<std::size_t>(i)], i == 0 || i == 3);
  }
  Merge(north, south);
  Merge(north, Tally());
  EXPECT_EQ(north, both);
}

class RandomCounts {
 public:
  explicit RandomCounts(std::uint64_t seed) : random_(seed) {}

  Counts Next() {
    Counts counts;
    for (std::int32_t* number : {&counts.registered_voters, &counts.ballots_issued,
                                 &counts.ballots_cast, &counts.blank_votes, &counts.invalid_votes,
                                 &counts.asked, &counts.refused, &counts.undecided}) {
      *number = NextNumber();
    }
    for (int i = 0; i < 5; ++i) counts.votes.push_back(NextNumber());
    return counts;
  }
  bool NextFlag() { return random_() % 2 == 0; }

 private:
  std::int32_t NextNumber() {
    if (random_() % 4 == 0) return kUnknown;
    return static_cast<std::int32_t>(random_() % 1'000'000'000);
  }

  std::mt19937_64 random_;
};

TEST(TallyPropertyTest, SubtractIsTheInverseOfAdd) {
  for (const std::uint64_t seed : ::canvass::testing::SeedsToTry(20)) {
    SCOPED_TRACE(::canvass::testing::Replay(seed));
    RandomCounts random(seed);
    Tally tally;
    for (int i = 0; i < 50; ++i) {
      const Counts counts = random.Next();
      const bool flagged = random.NextFlag();
      const Tally before = tally;
      Add(tally, counts, flagged);
      Tally back = tally;
      Subtract(back, counts, flagged);
      ASSERT_EQ(back, before);
    }
  }
}

TEST(ProgressTest, MissingIsWhatIsLeft) {
  const Progress progress{.expected = 10, .counted = 5, .annulled = 1, .held = 2};
  EXPECT_EQ(progress.missing(), 2);
  EXPECT_FALSE(progress.complete());
  EXPECT_TRUE((Progress{.expected = 6, .counted = 5, .annulled = 1}).complete());
  EXPECT_FALSE((Progress{.expected = 6, .counted = 5, .held = 1}).complete());
}

TEST(TallyDeathTest, SubtractRequiresAReport) {
  Tally tally;
  EXPECT_DEBUG_DEATH(Subtract(tally, Counts(), false), "reports >= 1");
}

TEST(ProgressTest, SubtractIsTheInverseOfMerge) {
  const Progress one{.expected = 10,
                     .counted = 5,
                     .annulled = 1,
                     .held = 2,
                     .closed = 3,
                     .registered_expected = 5000,
                     .registered_counted = 2500};
  const Progress other{.expected = 4,
                       .counted = 3,
                       .annulled = 1,
                       .closed = 7,
                       .registered_expected = 900,
                       .registered_counted = 800};
  Progress both = one;
  Merge(both, other);
  EXPECT_EQ(both.expected, 14);
  EXPECT_EQ(both.closed, 10);
  EXPECT_EQ(both.registered_counted, 3300);
  Subtract(both, other);
  EXPECT_EQ(both, one);
}

}  // namespace
}  // namespace canvass::election
