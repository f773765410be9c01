#include "common/election/ranking.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::election {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Rank Place(int candidate_no, int rank) { return {.candidate_no = candidate_no, .rank = rank}; }

TEST(RankCandidatesTest, HighestFirst) {
  // Azerbaijan, 7 February 2024, final protocol, in another order than the ballot's.
  EXPECT_THAT(RankCandidates({26'517, 98'421, 4'567'458, 107'632, 32'885, 85'411, 39'643}),
              ElementsAre(Place(2, 1), Place(3, 2), Place(1, 3), Place(5, 4), Place(6, 5),
                          Place(4, 6), Place(0, 7)));
}

TEST(RankCandidatesTest, EqualVotesShareARank) {
  EXPECT_THAT(RankCandidates({7, 9, 9, 3}),
              ElementsAre(Place(1, 1), Place(2, 1), Place(0, 3), Place(3, 4)));
  EXPECT_THAT(RankCandidates({0, 0, 0}), ElementsAre(Place(0, 1), Place(1, 1), Place(2, 1)));
}

TEST(RankCandidatesTest, NobodyAndOne) {
  EXPECT_THAT(RankCandidates({}), IsEmpty());
  EXPECT_THAT(RankCandidates({0}), ElementsAre(Place(0, 1)));
}

}  // namespace
}  // namespace canvass::election
