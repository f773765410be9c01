#include "common/election/move_check.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

struct Move {
  std::string_view field;
  std::string_view description;  // a part of it
  DefinitionChange request;
};

std::vector<Move> Moves() {
  return {
      {"definition.contests[0].candidates",
       "candidate \"cay\" cannot be added to its 2 candidates",
       {.contests = {{.id = "president",
                      .candidates = {{.id = "ann"}, {.id = "bob"}, {.id = "cay"}}}}}},
      {"definition.contests[0].candidates",
       "candidate \"bob\" of its 2 candidates cannot be removed",
       {.contests = {{.id = "president", .candidates = {{.id = "ann"}}}}}},
      {"definition.contests[0].candidates",
       "its candidates cannot be reordered",
       {.contests = {{.id = "president", .candidates = {{.id = "bob"}, {.id = "ann"}}}}}},
      {"definition.contests[0].area_id",
       "cannot move from area \"country\" to \"north\"",
       {.contests = {{.id = "president", .area_id = "north"}}}},
      {"definition.contests[0].blank_votes_valid",
       "its blank votes cannot become valid votes",
       {.contests = {{.id = "president", .blank_votes_valid = true}}}},
      {"definition.sources[0].kind",
       "its kind cannot change",
       {.sources = {{.id = "cec", .kind = SourceKind::kParallelCount}}}},
      {"definition.sources[0].sample_tag",
       "sample cannot change from \"\" to \"sample\"",
       {.sources = {{.id = "cec", .sample_tag = "sample"}}}},
      {"definition.areas[0].parent_area_id",
       "cannot move from area \"country\" to \"south\" because station \"a\" has reports",
       {.areas = {{.id = "north", .parent_id = "south"}}}},
      {"definition.stations[0].area_id",
       "cannot move from area \"n-1\" to \"n-2\"",
       {.stations = {{.id = "a", .area_id = "n-2"}}}},
      {"definition.stations[0].counted_at_station_id",
       "cannot be counted at station \"b\"",
       {.stations = {{.id = "a", .counted_at_station_id = "b"}}}},
      {"definition.stations[0].closed_reason",
       "cannot be closed",
       {.stations = {{.id = "a", .closed_reason = "flood"}}}},
  };
}

TEST(VotesWouldMoveTest, OnceThereAreReports) {
  FakeCountedParts counted;
  counted.contests = {0};
  counted.sources = {0};
  counted.stations = {0};
  for (Move& move : Moves()) {
    move.request.reason = "A mistake in the register";
    const absl::Status status = CheckNext(move.request, counted).status();
    SCOPED_TRACE(status);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << move.field;
    const ErrorDetail detail = DetailOf(status);
    EXPECT_EQ(detail.reason, "VOTES_WOULD_MOVE");
    ASSERT_FALSE(detail.violations.empty());
    EXPECT_EQ(detail.violations[0].field, move.field);
    EXPECT_THAT(detail.violations[0].description, HasSubstr(std::string(move.description)));
  }
}

TEST(VotesWouldMoveTest, NotBefore) {
  for (Move& move : Moves()) {
    move.request.reason = "A mistake in the register";
    EXPECT_TRUE(CheckNext(move.request).ok()) << move.field;
  }
}

TEST(VotesWouldMoveTest, AStationStaysInTheSampleThatReportedIt) {
  FakeCountedParts counted;
  counted.sources = {1};
  counted.stations = {0};
  const auto check = [&](std::vector<std::string> tags) {
    return CheckNext({.stations = {{.id = "a", .tags = std::move(tags)}}, .reason = "r"}, counted)
        .status();
  };
  EXPECT_TRUE(check({"sample", "abroad"}).ok());
  EXPECT_EQ(DetailOf(check({"abroad"})).violations[0].field, "definition.stations[0].tags");
  counted.sources = {0};
  EXPECT_TRUE(check({"abroad"}).ok());
}

// A report posted to a station that never opened is annulled, and the station closed or merged.
TEST(VotesWouldMoveTest, AnAnnulledReportKeepsNoStationOpen) {
  FakeCountedParts counted;
  counted.stations = {0};
  counted.annulled_stations = {0};
  EXPECT_TRUE(CheckNext({.stations = {{.id = "a", .closed_reason = "Never opened"}}, .reason = "r"},
                        counted)
                  .ok());
  EXPECT_TRUE(
      CheckNext({.stations = {{.id = "a", .counted_at_station_id = "b"}}, .reason = "r"}, counted)
          .ok());
  // Reinstated, it would count in another area.
  EXPECT_EQ(
      DetailOf(
          CheckNext({.stations = {{.id = "a", .area_id = "n-2"}}, .reason = "r"}, counted).status())
          .reason,
      "VOTES_WOULD_MOVE");
}

TEST(VotesWouldMoveTest, OtherPartsStillChange) {
  FakeCountedParts counted;
  counted.contests = {0};
  counted.sources = {0};
  counted.stations = {0};
  const absl::StatusOr<DefinitionChange> change =
      CheckNext({.contests = {{.id = "president",
                               .names = {{"az", "Prezident"}},
                               .candidates = {{.id = "ann", .withdrawn = true}, {.id = "bob"}}}},
                 .areas = {{.id = "south", .parent_id = "north"}},
                 .stations = {{.id = "a", .registered_voters = 1},
                              {.id = "b", .counted_at_station_id = "a"},
                              {.id = "d", .area_id = "n-1"}},
                 .reason = "r"},
                counted);
  EXPECT_TRUE(change.ok()) << change.status();
}

}  // namespace
}  // namespace canvass::election
