#include "common/election/definition.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::election {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// country > north > {n-1, n-2}, country > south; stations a, b in n-1, c in south, d in country.
DefinitionChange SmallCountry() {
  return {
      .election = Election{.id = "e-1"},
      .contests = {{.id = "president",
                    .area_id = "country",
                    .candidates = {{.id = "ann"}, {.id = "bob"}}},
                   {.id = "mayor", .area_id = "north", .candidates = {{.id = "bob"}}}},
      .sources = {{.id = "cec", .kind = SourceKind::kOfficial},
                  {.id = "poll", .kind = SourceKind::kExitPoll, .sample_tag = "sample"}},
      .areas = {{.id = "country"},
                {.id = "north", .parent_id = "country"},
                {.id = "south", .parent_id = "country"},
                {.id = "n-1", .parent_id = "north"},
                {.id = "n-2", .parent_id = "north"}},
      .stations = {{.id = "a", .area_id = "n-1", .tags = {"abroad", "sample"}},
                   {.id = "b", .area_id = "n-1", .counted_at_station_id = "a"},
                   {.id = "c", .area_id = "south", .closed_reason = "flood"},
                   {.id = "d", .area_id = "country", .counted_at_station_id = "a"}},
  };
}

Definition Applied(const DefinitionChange& change) {
  Definition definition;
  definition.Apply(change);
  return definition;
}

TEST(DefinitionTest, EmptyAtFirst) {
  const Definition definition;
  EXPECT_EQ(definition.FindStation("a"), std::nullopt);
  EXPECT_EQ(definition.OnlyContest(), std::nullopt);
  EXPECT_EQ(definition.OnlyOfficialSource(), std::nullopt);
  EXPECT_EQ(definition.policy(), Policy());
  EXPECT_EQ(definition.RootArea(), -1);
}

TEST(DefinitionTest, NumbersAreTheOrderOfDefinition) {
  const Definition definition = Applied(SmallCountry());
  EXPECT_THAT(definition.FindContest("mayor"), Optional(1));
  EXPECT_THAT(definition.FindSource("poll"), Optional(1));
  EXPECT_THAT(definition.FindArea("n-1"), Optional(3));
  EXPECT_THAT(definition.FindStation("d"), Optional(3));
  EXPECT_THAT(definition.FindCandidate(0, "bob"), Optional(1));
  EXPECT_THAT(definition.FindCandidate(1, "bob"), Optional(0));
  EXPECT_EQ(definition.FindCandidate(1, "ann"), std::nullopt);
  EXPECT_EQ(definition.FindStation("north"), std::nullopt);
  EXPECT_EQ(definition.stations()[3].id, "d");
}

TEST(DefinitionTest, Tree) {
  const Definition definition = Applied(SmallCountry());
  EXPECT_EQ(definition.RootArea(), 0);
  EXPECT_EQ(definition.ParentOfArea(0), -1);
  EXPECT_EQ(definition.ParentOfArea(4), 1);
  EXPECT_THAT(definition.ChildrenOfArea(0), ElementsAre(1, 2));
  EXPECT_THAT(definition.AreasBelow(0), ElementsAre(0, 1, 3, 4, 2));
  EXPECT_THAT(definition.AreasBelow(1), ElementsAre(1, 3, 4));
  EXPECT_TRUE(definition.IsWithin(3, 0));
  EXPECT_TRUE(definition.IsWithin(3, 3));
  EXPECT_FALSE(definition.IsWithin(3, 2));
  EXPECT_FALSE(definition.IsWithin(0, 3));
  EXPECT_EQ(definition.AreaOfContest(1), 1);
}

TEST(DefinitionTest, Stations) {
  const Definition definition = Applied(SmallCountry());
  EXPECT_THAT(definition.StationsInArea(3), ElementsAre(0, 1));
  EXPECT_THAT(definition.StationsInArea(4), IsEmpty());
  EXPECT_EQ(definition.AreaOfStation(2), 2);
  EXPECT_EQ(definition.CountedAt(0), 0);
  EXPECT_EQ(definition.CountedAt(1), 0);
  EXPECT_THAT(definition.StationsCountedHere(0), ElementsAre(1, 3));
  EXPECT_THAT(definition.StationsCountedHere(1), IsEmpty());
  EXPECT_TRUE(definition.IsClosed(2));
  EXPECT_FALSE(definition.IsClosed(0));
  EXPECT_TRUE(definition.HasTag(0, "sample"));
  EXPECT_FALSE(definition.HasTag(1, "sample"));
}

TEST(DefinitionTest, ExpectedAreTheOpenStationsOfTheContestInTheSample) {
  DefinitionChange country = SmallCountry();
  country.stations.push_back({.id = "e", .area_id = "n-1"});
  country.stations.push_back(
      {.id = "f", .area_id = "n-1", .tags = {"sample"}, .counted_at_station_id = "e"});
  const Definition definition = Applied(country);
  EXPECT_TRUE(definition.IsExpected(0, 0, 0));
  EXPECT_TRUE(definition.IsExpected(0, 0, 3));
  EXPECT_FALSE(definition.IsExpected(0, 0, 2));  // closed
  EXPECT_TRUE(definition.IsExpected(1, 0, 0));
  EXPECT_FALSE(definition.IsExpected(1, 0, 3));  // outside the contest's area
  EXPECT_TRUE(definition.IsExpected(0, 1, 0));
  EXPECT_FALSE(definition.IsExpected(0, 1, 4));  // outside the sample
  // In the samples of the one that reports for them.
  EXPECT_TRUE(definition.IsExpected(0, 1, 1));
  EXPECT_FALSE(definition.IsExpected(0, 1, 5));
}

TEST(DefinitionTest, TheOnlyContestAndOfficialSource) {
  DefinitionChange change = SmallCountry();
  EXPECT_EQ(Applied(change).OnlyContest(), std::nullopt);
  EXPECT_THAT(Applied(change).OnlyOfficialSource(), Optional(0));
  change.contests.pop_back();
  change.sources.push_back({.id = "second", .kind = SourceKind::kOfficial});
  EXPECT_THAT(Applied(change).OnlyContest(), Optional(0));
  EXPECT_EQ(Applied(change).OnlyOfficialSource(), std::nullopt);
}

TEST(DefinitionTest, ChangesReplaceAndAppend) {
  Definition definition = Applied(SmallCountry());
  definition.Apply({
      .election = Election{.id = "e-1",
                           .polling_date = "2024-02-07",
                           .policy = Policy{.invalid_share_high_hundredths = 500}},
      .contests = {{.id = "mayor",
                    .area_id = "south",
                    .candidates = {{.id = "cay"}, {.id = "bob"}}}},
      .areas = {{.id = "n-2", .parent_id = "south"}, {.id = "s-1", .parent_id = "south"}},
      .stations = {{.id = "b", .area_id = "s-1"},
                   {.id = "c", .area_id = "south"},
                   {.id = "e", .area_id = "n-2", .counted_at_station_id = "c"}},
  });
  EXPECT_EQ(definition.policy().invalid_share_high_hundredths, 500);
  EXPECT_EQ(definition.AreaOfContest(1), 2);
  EXPECT_THAT(definition.FindCandidate(1, "bob"), Optional(1));
  EXPECT_THAT(definition.FindArea("s-1"), Optional(5));
  EXPECT_THAT(definition.ChildrenOfArea(1), ElementsAre(3));
  EXPECT_THAT(definition.ChildrenOfArea(2), ElementsAre(4, 5));
  EXPECT_THAT(definition.FindStation("e"), Optional(4));
  EXPECT_THAT(definition.StationsInArea(3), ElementsAre(0));
  EXPECT_THAT(definition.StationsInArea(5), ElementsAre(1));
  EXPECT_FALSE(definition.IsClosed(2));
  EXPECT_EQ(definition.CountedAt(1), 1);
  EXPECT_THAT(definition.StationsCountedHere(0), ElementsAre(3));
  EXPECT_THAT(definition.StationsCountedHere(2), ElementsAre(4));
}

// Every lookup of `a` and `b` agrees.
void ExpectSame(const Definition& a, const Definition& b) {
  ASSERT_EQ(a.election(), b.election());
  ASSERT_EQ(a.contests(), b.contests());
  ASSERT_EQ(a.sources(), b.sources());
  ASSERT_EQ(a.areas(), b.areas());
  ASSERT_EQ(a.stations(), b.stations());
  ASSERT_EQ(a.RootArea(), b.RootArea());
  for (std::size_t i = 0; i < a.contests().size(); ++i) {
    const int contest_no = static_cast<int>(i);
    ASSERT_EQ(a.AreaOfContest(contest_no), b.AreaOfContest(contest_no));
  }
  for (std::size_t i = 0; i < a.areas().size(); ++i) {
    const int area_no = static_cast<int>(i);
    ASSERT_EQ(a.FindArea(a.areas()[i].id), area_no);
    ASSERT_EQ(a.ParentOfArea(area_no), b.ParentOfArea(area_no));
    ASSERT_EQ(a.ChildrenOfArea(area_no), b.ChildrenOfArea(area_no));
    ASSERT_EQ(a.StationsInArea(area_no), b.StationsInArea(area_no));
  }
  for (std::size_t i = 0; i < a.stations().size(); ++i) {
    const int station_no = static_cast<int>(i);
    ASSERT_EQ(a.FindStation(a.stations()[i].id), station_no);
    ASSERT_EQ(a.AreaOfStation(station_no), b.AreaOfStation(station_no));
    ASSERT_EQ(a.CountedAt(station_no), b.CountedAt(station_no));
    ASSERT_EQ(a.StationsCountedHere(station_no), b.StationsCountedHere(station_no));
  }
}

// As it takes to cut `change` into one piece a part, in the order in which parts are numbered.
std::vector<DefinitionChange> Pieces(const DefinitionChange& change) {
  std::vector<DefinitionChange> pieces;
  pieces.push_back({.election = change.election});
  for (const Contest& contest : change.contests) pieces.push_back({.contests = {contest}});
  for (const Source& source : change.sources) pieces.push_back({.sources = {source}});
  for (const Area& area : change.areas) pieces.push_back({.areas = {area}});
  for (const Station& station : change.stations) pieces.push_back({.stations = {station}});
  return pieces;
}

TEST(DefinitionTest, PiecesMakeTheSameDefinitionAsTheWhole) {
  DefinitionChange change = SmallCountry();
  // Parts that name others which come later.
  std::reverse(change.areas.begin(), change.areas.end());
  std::reverse(change.stations.begin(), change.stations.end());
  Definition definition;
  for (DefinitionChange& piece : Pieces(change)) definition.Apply(std::move(piece));
  ExpectSame(definition, Applied(change));
}

// Parts as they were last said, which any order of changes must lead to.
class RandomChanges {
 public:
  explicit RandomChanges(std::uint64_t seed) : random_(seed), last_(SmallCountry()) {}

  const DefinitionChange& last() const { return last_; }

  DefinitionChange Next() {
    DefinitionChange change;
    if (random_() % 4 == 0) {
      change.areas.push_back(Put(last_.areas, NextArea()));
    } else {
      change.stations.push_back(Put(last_.stations, NextStation()));
    }
    return change;
  }

 private:
  // New, or one that moves to another before it, so that there is never a cycle.
  Area NextArea() {
    const std::size_t i = random_() % last_.areas.size() + 1;
    return {.id = i < last_.areas.size() ? last_.areas[i].id : "area-" + std::to_string(i),
            .parent_id = last_.areas[random_() % i].id};
  }

  Station NextStation() {
    const std::size_t i = random_() % (last_.stations.size() + 1);
    Station station{
        .id = i < last_.stations.size() ? last_.stations[i].id : "station-" + std::to_string(i),
        .area_id = last_.areas[random_() % last_.areas.size()].id};
    if (random_() % 3 == 0) {
      station.counted_at_station_id = last_.stations[random_() % last_.stations.size()].id;
    }
    return station;
  }

  template <typename Part>
  static Part Put(std::vector<Part>& parts, const Part& part) {
    const auto old = std::find_if(parts.begin(), parts.end(),
                                  [&](const Part& other) { return other.id == part.id; });
    if (old == parts.end()) {
      parts.push_back(part);
    } else {
      *old = part;
    }
    return part;
  }

  std::mt19937_64 random_;
  DefinitionChange last_;
};

TEST(DefinitionTest, RandomChangesAreTheSameAsTheLastState) {
  for (const std::uint64_t seed : testing::SeedsToTry(50)) {
    SCOPED_TRACE(testing::Replay(seed));
    RandomChanges changes(seed);
    Definition definition = Applied(changes.last());
    for (int step = 0; step < 30; ++step) definition.Apply(changes.Next());
    ASSERT_NO_FATAL_FAILURE(ExpectSame(definition, Applied(changes.last())));
  }
}

TEST(TextInTest, FirstLanguageThatThereIs) {
  const LocalizedText text{{"az", "Bakı"}, {"en", "Baku"}, {"ru", "Баку"}};
  EXPECT_EQ(TextIn(text, {"ru", "az"}), "Баку");
  EXPECT_EQ(TextIn(text, {"fr", "az"}), "Bakı");
  EXPECT_EQ(TextIn(text, {"fr"}), "Baku");
  EXPECT_EQ(TextIn(text, {}), "Baku");
  EXPECT_EQ(TextIn({{"az", "Bakı"}, {"ru", "Баку"}}, {"fr"}), "Bakı");
  EXPECT_EQ(TextIn({}, {"fr"}), "");
}

TEST(IsValidIdTest, AsTheContractSays) {
  for (const std::string& id : {std::string("a"), std::string("0"), std::string("az-2024.x_y"),
                                std::string("a-"), std::string(63, 'z')}) {
    EXPECT_TRUE(IsValidId(id)) << id;
  }
  for (const std::string& id :
       {std::string(), std::string("-a"), std::string(".a"), std::string("_a"), std::string("A"),
        std::string("a b"), std::string("a/b"), std::string("ə"), std::string(64, 'z'),
        std::string("a\0", 2), std::string("a\n")}) {
    EXPECT_FALSE(IsValidId(id)) << id;
  }
}

}  // namespace
}  // namespace canvass::election
