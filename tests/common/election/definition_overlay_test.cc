#include "common/election/definition_overlay.h"

#include <optional>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/election/changed_definition.h"

namespace canvass::election {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(DefinitionOverlayTest, PartsOfTheChangeReplaceThoseOfTheDefinition) {
  const Definition definition = FirstDefinition();
  const DefinitionChange change{
      .areas = {{.id = "south", .parent_id = "north"}, {.id = "s-1", .parent_id = "south"}},
      .stations = {{.id = "b", .area_id = "s-1"}}};
  const DefinitionOverlay overlay(&definition, change);

  EXPECT_EQ(overlay.FindArea("south"), &change.areas[0]);
  EXPECT_EQ(overlay.FindArea("north"), &definition.areas()[1]);
  EXPECT_EQ(overlay.FindArea("nowhere"), nullptr);
  EXPECT_EQ(overlay.FindArea(""), nullptr);
  EXPECT_EQ(overlay.FindStation("b"), &change.stations[0]);
  EXPECT_EQ(overlay.FindStation("a"), &definition.stations()[0]);
  EXPECT_EQ(overlay.FindStation("x"), nullptr);
  EXPECT_THAT(overlay.FindChanged(definition.stations()[1]), Optional(0U));
  EXPECT_EQ(overlay.FindChanged(definition.stations()[0]), std::nullopt);
  EXPECT_THAT(overlay.AreasAbove("s-1"), ElementsAre("s-1", "south", "north", "country"));

  std::vector<std::string> areas;
  overlay.ForEachArea([&areas](const Area& area) { areas.push_back(area.id); });
  EXPECT_THAT(areas, ElementsAre("country", "north", "n-1", "n-2", "south", "s-1"));
}

TEST(DefinitionOverlayTest, FindsTheFirstOfRepeatedIdsWithoutADefinition) {
  const DefinitionChange change{.contests = {{.id = "x"}, {.id = "y"}, {.id = "x"}}};
  const DefinitionOverlay overlay(nullptr, change);
  EXPECT_THAT(overlay.FindChanged(change.contests[2]), Optional(0U));
  EXPECT_THAT(overlay.FindChanged(change.contests[1]), Optional(1U));
  int contests = 0;
  overlay.ForEachContest([&contests](const Contest&) { ++contests; });
  EXPECT_EQ(contests, 3);
  overlay.ForEachSource([](const Source&) { FAIL(); });
}

}  // namespace
}  // namespace canvass::election
