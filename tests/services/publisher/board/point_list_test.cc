#include "services/publisher/board/point_list.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "common/election/event.h"
#include "common/election/tally.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/board/figures.h"
#include "tests/support/seed.h"

namespace canvass::publisher {
namespace {

using Points = std::vector<std::pair<PointList::Head, Figures>>;  // oldest first

Points Read(const PointList& list) {
  Points points;
  list.VisitNewestFirst([&](const PointList::Head& head, PointList::FiguresFunction figures) {
    points.emplace(points.begin(), head, figures());
    return true;
  });
  return points;
}

void ExpectEqual(const Points& actual, const Points& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_EQ(actual[i].first.moment, expected[i].first.moment) << "point " << i;
    ASSERT_EQ(actual[i].first.kept, expected[i].first.kept) << "point " << i;
    ASSERT_EQ(actual[i].second, expected[i].second) << "point " << i;
  }
}

// Figures as they may follow: most numbers rise a little, some fall, some leap.
Figures Next(Figures figures, std::mt19937_64& random, std::size_t candidates) {
  const auto step = [&random](std::int64_t number) {
    const std::uint64_t kind = random() % 20;
    if (kind == 0) return std::int64_t{0};
    if (kind == 1) return static_cast<std::int64_t>(random() >> 1U);
    return kind < 10 ? number : number + static_cast<std::int64_t>(random() % 300);
  };
  const auto small = [&](std::int32_t number) {
    return static_cast<std::int32_t>(step(number) % 1'000'000);
  };
  election::Tally& tally = figures.tally;
  tally.reports = small(tally.reports);
  tally.flagged = small(tally.flagged);
  for (const auto sum : election::kTallySums) {
    (tally.*sum) = {.total = step((tally.*sum).total), .unknown = small((tally.*sum).unknown)};
  }
  tally.votes.resize(random() % 10 == 0 ? 0 : candidates);  // empty when nothing is counted
  for (election::Sum& votes : tally.votes) {
    votes = {.total = step(votes.total), .unknown = small(votes.unknown)};
  }
  election::Progress& progress = figures.progress;
  for (const auto number :
       {&election::Progress::expected, &election::Progress::counted, &election::Progress::annulled,
        &election::Progress::held, &election::Progress::closed}) {
    progress.*number = small(progress.*number);
  }
  progress.registered_expected = step(progress.registered_expected);
  progress.registered_counted = step(progress.registered_counted);
  figures.status = static_cast<election::ResultStatus>(random() % 6);
  figures.certification_sequence = step(figures.certification_sequence);
  figures.poll_sequence = step(figures.poll_sequence);
  return figures;
}

// Puts the same points into a list and a plain vector.
void PutInAndRead(std::mt19937_64& random, std::size_t candidates) {
  PointList list;
  Points expected;
  Figures figures;
  std::uint32_t moment = 0;
  for (int i = 0; i < 300; ++i) {
    moment += static_cast<std::uint32_t>(random() % 1'000 + 1);
    figures = Next(figures, random, candidates);
    const PointList::Head head{.moment = moment, .kept = random() % 3 == 0};
    if (!expected.empty() && random() % 4 == 0) {
      list.ReplaceNewest(head, figures);
      expected.back() = {head, figures};
    } else {
      list.Append(head, figures);
      expected.emplace_back(head, figures);
    }
    std::size_t thinnable = 0;
    for (const auto& [each, ignored] : expected) thinnable += each.kept ? 0 : 1;
    ASSERT_EQ(list.size(), expected.size());
    ASSERT_EQ(list.thinnable(), thinnable);
    ASSERT_EQ(list.NewestHead().moment, moment);
    ASSERT_EQ(list.NewestFigures(), figures);
  }
  ExpectEqual(Read(list), expected);
}

TEST(PointListTest, IsWhatWasPutIn) {
  for (const std::uint64_t seed : testing::SeedsToTry(5)) {
    std::mt19937_64 random(seed);
    for (const std::size_t candidates : {1U, 16U, 1'000U}) {
      SCOPED_TRACE(::testing::Message() << candidates << " candidates, " << testing::Replay(seed));
      PutInAndRead(random, candidates);
    }
  }
}

TEST(PointListTest, VisitsNoMoreThanIsWanted) {
  PointList list;
  for (std::uint32_t moment = 1; moment <= 5; ++moment) list.Append({.moment = moment}, {});
  std::vector<std::uint32_t> seen;
  list.VisitNewestFirst([&](const PointList::Head& head, PointList::FiguresFunction /*figures*/) {
    seen.push_back(head.moment);
    return head.moment > 4;
  });
  EXPECT_THAT(seen, ::testing::ElementsAre(5, 4));
}

TEST(PointListTest, ThinsOutEverySecondOfTheOldestThatAreNotKept) {
  std::mt19937_64 random(1);
  PointList list;
  Points all;
  Figures figures;
  for (std::uint32_t moment = 1; moment <= 10; ++moment) {
    figures = Next(figures, random, 3);
    all.emplace_back(PointList::Head{.moment = moment, .kept = moment == 3}, figures);
    list.Append(all.back().first, figures);
  }
  list.ThinOut(6);
  // Of 1, 2, 4, 5, 6, 7 those at even places go.
  Points expected;
  for (const auto& point : all) {
    const std::uint32_t moment = point.first.moment;
    if (moment != 2 && moment != 5 && moment != 7) expected.push_back(point);
  }
  ExpectEqual(Read(list), expected);
  EXPECT_EQ(list.thinnable(), 6);
  expected.emplace_back(PointList::Head{.moment = 11}, Next(figures, random, 3));
  list.Append(expected.back().first, expected.back().second);
  ExpectEqual(Read(list), expected);
}

}  // namespace
}  // namespace canvass::publisher
