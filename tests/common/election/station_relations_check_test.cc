#include "common/election/station_relations_check.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/election/changed_definition.h"

namespace canvass::election {
namespace {

using ::testing::HasSubstr;

TEST(StationRelationsTest, RefusalsNameTheStationAndTheReason) {
  ExpectRefused({
      {"AREA_UNKNOWN", "definition.stations[1].area_id",
       "station \"b\": area \"c-999\" is not defined",
       [](DefinitionChange& r) { r.stations[1].area_id = "c-999"; }},
      {"AREA_UNKNOWN", "definition.stations[1].area_id", "an area must be given",
       [](DefinitionChange& r) { r.stations[1].area_id = ""; }},
      {"AREA_UNKNOWN", "definition.stations[1].area_id", "area \"a\" is not defined",
       [](DefinitionChange& r) { r.stations[1].area_id = "a"; }},
      {"STATION_UNKNOWN", "definition.stations[1].counted_at_station_id",
       "station \"x\" is not defined",
       [](DefinitionChange& r) { r.stations[1].counted_at_station_id = "x"; }},
      {"STATION_CHAIN", "definition.stations[0].counted_at_station_id",
       "station \"b\" is itself counted at station \"c\"",
       [](DefinitionChange& r) {
         r.contests.pop_back();
         r.stations[0].counted_at_station_id = "b";
         r.stations[1].counted_at_station_id = "c";
       }},
      {"STATION_CHAIN", "definition.stations[0].counted_at_station_id", "station \"b\" is closed",
       [](DefinitionChange& r) {
         r.stations[0].counted_at_station_id = "b";
         r.stations[1].closed_reason = "flood";
       }},
      {"STATION_CHAIN", "definition.stations[0].counted_at_station_id",
       "is closed, so it cannot be counted at station \"b\"",
       [](DefinitionChange& r) {
         r.stations[0].counted_at_station_id = "b";
         r.stations[0].closed_reason = "flood";
       }},
      {"STATION_NOT_IN_CONTEST", "definition.stations[0].counted_at_station_id",
       "contest \"mayor\" is on the ballot here, but not at station \"c\"",
       [](DefinitionChange& r) { r.stations[0].counted_at_station_id = "c"; }},
  });
}

TEST(StationRelationsTest, AStationIsMergedAndCountedByItselfAgain) {
  Definition definition = FirstDefinition();
  const FakeCountedParts none;
  const auto apply = [&](const DefinitionChange& request) {
    absl::StatusOr<DefinitionChange> change = CheckDefinitionChange(&definition, none, request);
    ASSERT_TRUE(change.ok()) << change.status();
    EXPECT_EQ(change->Parts(), 1U);
    definition.Apply(*std::move(change));
  };
  apply({.stations = {{.id = "b", .counted_at_station_id = "a"}}, .reason = "fire"});
  EXPECT_EQ(definition.CountedAt(1), 0);
  apply({.stations = {{.id = "b", .counted_at_station_id = ""}}, .reason = "rebuilt"});
  EXPECT_EQ(definition.CountedAt(1), 1);
  apply({.stations = {{.id = "b", .closed_reason = "flood"}}, .reason = "flood"});
  EXPECT_TRUE(definition.IsClosed(1));
  apply({.stations = {{.id = "b", .closed_reason = ""}}, .reason = "dry"});
  EXPECT_FALSE(definition.IsClosed(1));
}

TEST(StationRelationsTest, AStationThatCountsOthersStaysOpen) {
  Definition definition = FirstDefinition();
  const FakeCountedParts none;
  definition.Apply(CheckDefinitionChange(
                       &definition, none,
                       {.stations = {{.id = "b", .counted_at_station_id = "a"}}, .reason = "fire"})
                       .value());
  const absl::Status merged =
      CheckDefinitionChange(&definition, none,
                            {.contests = {{.id = "mayor", .area_id = "country"}},
                             .stations = {{.id = "a", .counted_at_station_id = "c"}},
                             .reason = "fire"})
          .status();
  EXPECT_EQ(DetailOf(merged).reason, "STATION_CHAIN");
  EXPECT_THAT(std::string(merged.message()), HasSubstr("station \"b\" is counted here"));
  const absl::Status closed =
      CheckDefinitionChange(
          &definition, none,
          {.stations = {{.id = "a", .closed_reason = "flood"}}, .reason = "flood"})
          .status();
  EXPECT_EQ(DetailOf(closed).violations[0].field, "definition.stations[0].closed_reason");
  // Both at once.
  EXPECT_TRUE(CheckDefinitionChange(&definition, none,
                                    {.stations = {{.id = "a", .closed_reason = "flood"},
                                                  {.id = "b", .counted_at_station_id = ""}},
                                     .reason = "flood"})
                  .ok());
}

}  // namespace
}  // namespace canvass::election
