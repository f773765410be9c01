#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/services/publisher/running_publisher.h"
#include "tests/support/definition_builder.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using ElectionCallsTest = RunningPublisher;

TEST_F(ElectionCallsTest, ListsElectionsNewestPollingDateFirst) {
  Show(script_);
  for (const auto& [id, date] : {std::pair("old", "2019-10-27"), std::pair("new", "2025-01-01")}) {
    testing::DefinitionBuilder definition = ThreeStations();
    definition.WithElectionId(id);
    election::DefinitionChange parts = definition.Build();
    parts.election->polling_date = date;
    LedgerScript script(definition.WithElectionId(id));
    parts.reason = "other day";
    parts = {.election = parts.election, .reason = "other day"};
    script.Change(parts);
    Show(script);
  }
  v1::ListElectionsRequest request;
  v1::ListElectionsResponse response;
  ASSERT_TRUE(Call(&Stub::ListElections, request, response).ok());
  ASSERT_THAT(response.elections(), SizeIs(3));
  EXPECT_EQ(response.elections(0).election_id(), "new");
  EXPECT_EQ(response.elections(1).election_id(), "e-1");
  EXPECT_EQ(response.elections(2).election_id(), "old");
  EXPECT_EQ(response.next_page_token(), "");

  request.set_page_size(2);
  ASSERT_TRUE(Call(&Stub::ListElections, request, response).ok());
  ASSERT_THAT(response.elections(), SizeIs(2));
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(&Stub::ListElections, request, response).ok());
  ASSERT_THAT(response.elections(), SizeIs(1));
  EXPECT_EQ(response.elections(0).election_id(), "old");
  request.set_page_token("nonsense");
  EXPECT_EQ(ReasonOf(Call(&Stub::ListElections, request, response)), "PAGE_TOKEN_INVALID");
}

TEST_F(ElectionCallsTest, GetsAnElectionWithItsVisibleSources) {
  LedgerScript script(ThreeStations().WithSource({.id = "secret",
                                                  .kind = election::SourceKind::kExitPoll,
                                                  .visible_from = clock_.Now() + absl::Hours(1)}));
  Show(script);
  v1::GetElectionRequest request;
  request.set_election_id("e-1");
  v1::GetElectionResponse response;
  ASSERT_TRUE(Call(&Stub::GetElection, request, response).ok());
  EXPECT_EQ(response.election().election_id(), "e-1");
  ASSERT_THAT(response.contests(), SizeIs(1));
  EXPECT_THAT(response.contests(0).candidates(), SizeIs(3));
  EXPECT_EQ(response.as_of().sequence(), 2);
  std::vector<std::string> ids;
  for (const auto& source : response.sources()) ids.push_back(source.source_id());
  EXPECT_THAT(ids, ElementsAre("cec", "observers", "poll"));

  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  ASSERT_TRUE(Call(&Stub::GetElection, request, response).ok());
  EXPECT_THAT(response.sources(), SizeIs(4));
}

TEST_F(ElectionCallsTest, ListsAreas) {
  Show(script_);
  v1::ListAreasRequest request;
  request.set_election_id("e-1");
  const auto list = [&] {
    v1::ListAreasResponse response;
    const absl::Status status = Call(&Stub::ListAreas, request, response);
    std::vector<std::string> ids;
    for (const auto& area : response.areas()) ids.push_back(area.area_id());
    request.set_page_token(response.next_page_token());
    return status.ok() ? ids : std::vector<std::string>{ReasonOf(status)};
  };
  EXPECT_THAT(list(), ElementsAre("country", "north", "south"));
  request.set_page_size(2);
  EXPECT_THAT(list(), ElementsAre("country", "north"));
  EXPECT_THAT(list(), ElementsAre("south"));
  request.set_kind("region");
  EXPECT_THAT(list(), ElementsAre("north", "south"));
  request.set_kind("planet");
  EXPECT_THAT(list(), ElementsAre("KIND_UNKNOWN"));
  request.clear_kind();
  request.set_parent_area_id("country");
  EXPECT_THAT(list(), ElementsAre("north", "south"));
  request.set_parent_area_id("west");
  EXPECT_THAT(list(), ElementsAre("AREA_UNKNOWN"));
}

}  // namespace
}  // namespace canvass::publisher
