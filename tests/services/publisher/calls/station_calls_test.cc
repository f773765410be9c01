#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/election/definition.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/services/publisher/running_publisher.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using StationCallsTest = RunningPublisher;

TEST_F(StationCallsTest, GetsAStationsReport) {
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-1", {55, 30, 6}, /*revision=*/2, /*held=*/true);
  Show(script_);
  v1::GetStationReportRequest request;
  request.set_election_id("e-1");
  request.set_station_id("n-1");
  v1::GetStationReportResponse response;
  ASSERT_TRUE(Call(&Stub::GetStationReport, request, response).ok());
  EXPECT_EQ(response.standing().state(), canvass::v1::STATION_STATE_COUNTED);
  EXPECT_EQ(response.standing().report().revision(), 1);
  EXPECT_EQ(response.standing().report().ballots().votes(0).count(), 60);
  EXPECT_EQ(response.standing().held_correction().revision(), 2);
  EXPECT_EQ(response.standing().receipt().sequence(), 3);
  EXPECT_EQ(response.standing().receipt().entry_hash(),
            ledger::ToHex(script_.ledger().log().LeafHashOf(3)));
  EXPECT_EQ(response.as_of().sequence(), 4);
  request.set_station_id("n-2");
  ASSERT_TRUE(Call(&Stub::GetStationReport, request, response).ok());
  EXPECT_EQ(response.standing().state(), canvass::v1::STATION_STATE_MISSING);
  EXPECT_FALSE(response.standing().has_report());
  request.set_station_id("n-9");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetStationReport, request, response)), "STATION_UNKNOWN");
  request.clear_station_id();
  EXPECT_EQ(ReasonOf(Call(&Stub::GetStationReport, request, response)), "STATION_MISSING");
}

TEST_F(StationCallsTest, ListsStationsByEveryFilter) {
  script_.Report("s-1", {7, 8, 9});
  script_.Report("n-2", {50, 40, 5});
  script_.ReportFrom("observers", "s-1", {7, 8, 9});
  script_.ReportFrom("observers", "n-2", {50, 39, 6});
  Show(script_);
  v1::ListStationReportsRequest request;
  const auto list = [&] {
    request.set_election_id("e-1");
    v1::ListStationReportsResponse response;
    const absl::Status status = Call(&Stub::ListStationReports, request, response);
    std::vector<std::string> ids;
    for (const auto& standing : response.standings()) {
      ids.push_back(standing.station().station_id());
    }
    request.Clear();
    request.set_page_token(response.next_page_token());
    return status.ok() ? ids : std::vector<std::string>{ReasonOf(status)};
  };
  EXPECT_THAT(list(), ElementsAre("n-1", "n-2", "s-1"));
  request.set_area_id("north");
  EXPECT_THAT(list(), ElementsAre("n-1", "n-2"));
  request.set_tag("abroad");
  EXPECT_THAT(list(), ElementsAre("s-1"));
  request.set_state(canvass::v1::STATION_STATE_MISSING);
  EXPECT_THAT(list(), ElementsAre("n-1"));
  request.set_state(canvass::v1::STATION_STATE_COUNTED);
  EXPECT_THAT(list(), ElementsAre("n-2", "s-1"));
  request.set_state(static_cast<canvass::v1::StationState>(77));
  EXPECT_THAT(list(), ElementsAre("STATE_UNKNOWN"));
  request.set_differs_from_source_id("observers");
  EXPECT_THAT(list(), ElementsAre("n-2"));
  request.set_differs_from_source_id("poll");
  EXPECT_THAT(list(), ElementsAre("SOURCE_KIND_MISMATCH"));
  request.set_area_id("west");
  EXPECT_THAT(list(), ElementsAre("AREA_UNKNOWN"));
  request.set_tag("on-the-moon");
  EXPECT_THAT(list(), ElementsAre("TAG_UNKNOWN"));
  request.set_page_size(2);
  EXPECT_THAT(list(), ElementsAre("n-1", "n-2"));
  request.set_page_size(2);
  EXPECT_THAT(list(), ElementsAre("s-1"));
  EXPECT_EQ(request.page_token(), "");
}

TEST_F(StationCallsTest, ListsOnlyTheSampleOfASource) {
  LedgerScript script(ThreeStations().WithSource(
      {.id = "sample", .kind = election::SourceKind::kParallelCount, .sample_tag = "abroad"}));
  Show(script);
  v1::ListStationReportsRequest request;
  request.set_election_id("e-1");
  request.set_source_id("sample");
  v1::ListStationReportsResponse response;
  ASSERT_TRUE(Call(&Stub::ListStationReports, request, response).ok());
  ASSERT_THAT(response.standings(), SizeIs(1));
  EXPECT_EQ(response.standings(0).station().station_id(), "s-1");
}

}  // namespace
}  // namespace canvass::publisher
