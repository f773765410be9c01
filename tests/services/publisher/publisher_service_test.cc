#include "services/publisher/publisher_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/ledger/merkle.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/area_snapshots.h"
#include "tests/services/publisher/ledger_script.h"

namespace canvass::publisher {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

class PublisherServiceTest : public ::testing::Test {
 protected:
  using Stub = v1::PublisherService::Stub;

  void SetUp() override {
    auto server = rpc::Server::Start({}, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::PublisherService::NewStub(rpc::NewChannel(server_->address()));
  }
  void TearDown() override {
    server_->Stop([this] { feed_.Stop(); });
  }

  // Shows the script's new entries, as of now.
  void Show(LedgerScript& script) {
    for (const auto& message : script.Step(clock_.Now())) {
      ASSERT_TRUE(board_.Take(message).ok());
    }
    ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  }

  // The three reports of most tests here: a 117, b 78, c 20 of 215 valid votes; 227 cast of 600
  // registered.
  void ShowThreeReports() {
    script_.Report("n-1", {60, 30, 6});
    script_.Report("n-2", {50, 40, 5});
    script_.Report("s-1", {7, 8, 9});
    Show(script_);
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, absl::Seconds(20));
    return rpc::FromGrpcStatus(((*stub_).*method)(&context, request, &response));
  }

  static std::vector<std::string> Lines(const canvass::v1::Result& result) {
    std::vector<std::string> lines;
    for (const auto& candidate : result.candidates()) {
      lines.push_back(candidate.candidate_id() + " " + std::to_string(candidate.votes()) + " " +
                      candidate.share_percent());
    }
    return lines;
  }

  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  ResultFeed feed_{board_};
  PublisherService service_{board_, feed_, clock_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<Stub> stub_;
  LedgerScript script_;
};

TEST_F(PublisherServiceTest, GetsTheNationalResult) {
  ShowThreeReports();
  v1::GetNationalResultRequest request;
  request.set_election_id("e-1");
  v1::GetNationalResultResponse response;
  ASSERT_TRUE(Call(&Stub::GetNationalResult, request, response).ok());
  const canvass::v1::Result& result = response.result();
  EXPECT_THAT(Lines(result), ElementsAre("a 117 54.42", "b 78 36.28", "c 20 9.30"));
  EXPECT_EQ(result.contest_id(), "president");
  EXPECT_EQ(result.source_id(), "cec");
  EXPECT_EQ(result.area_id(), "country");
  EXPECT_EQ(result.valid_votes(), 215);
  EXPECT_EQ(result.ballots_cast(), 227);
  EXPECT_EQ(result.turnout_percent(), "37.83");
  EXPECT_EQ(result.status(), canvass::v1::RESULT_STATUS_UNOFFICIAL_COMPLETE);
  EXPECT_EQ(result.progress().percent(), "100.00");
  EXPECT_EQ(result.as_of().sequence(), 5);
  EXPECT_EQ(result.as_of().ledger_id(), "ledger-1");
  EXPECT_EQ(result.as_of().root_hash(), ledger::ToHex(script_.ledger().log().Root()));
  EXPECT_EQ(result.as_of().confirmed_at().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(PublisherServiceTest, NamesWhatItDoesNotKnow) {
  ShowThreeReports();
  v1::GetNationalResultResponse response;
  v1::GetNationalResultRequest request;
  EXPECT_EQ(ReasonOf(Call(&Stub::GetNationalResult, request, response)), "ELECTION_MISSING");
  request.set_election_id("e-9");
  absl::Status status = Call(&Stub::GetNationalResult, request, response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "ELECTION_UNKNOWN");
  EXPECT_THAT(std::string(status.message()), HasSubstr("e-9"));
  request.set_election_id("e-1");
  request.set_contest_id("mayor");
  status = Call(&Stub::GetNationalResult, request, response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "CONTEST_UNKNOWN");
  request.clear_contest_id();
  request.set_source_id("nobody");
  status = Call(&Stub::GetNationalResult, request, response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "SOURCE_UNKNOWN");
}

TEST_F(PublisherServiceTest, ListsElectionsNewestPollingDateFirst) {
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

TEST_F(PublisherServiceTest, GetsAnElectionWithItsVisibleSources) {
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

TEST_F(PublisherServiceTest, ListsAreas) {
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

TEST_F(PublisherServiceTest, ListsTheResultsOfAllContests) {
  LedgerScript script(ThreeStations().WithContest("mayor", "south", {"x", "y"}));
  script.Report("n-1", {60, 30, 6});
  Show(script);
  v1::ListContestResultsRequest request;
  request.set_election_id("e-1");
  v1::ListContestResultsResponse response;
  ASSERT_TRUE(Call(&Stub::ListContestResults, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(2));
  EXPECT_EQ(response.results(0).contest_id(), "president");
  EXPECT_EQ(response.results(0).ballots_cast(), 100);
  EXPECT_EQ(response.results(1).contest_id(), "mayor");
  EXPECT_EQ(response.results(1).area_id(), "south");
  EXPECT_EQ(response.results(1).status(), canvass::v1::RESULT_STATUS_PRE_ELECTION);
  request.set_page_size(1);
  ASSERT_TRUE(Call(&Stub::ListContestResults, request, response).ok());
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(&Stub::ListContestResults, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(1));
  EXPECT_EQ(response.results(0).contest_id(), "mayor");
  // Two contests: one must be named elsewhere.
  v1::GetNationalResultRequest national;
  national.set_election_id("e-1");
  v1::GetNationalResultResponse unnamed;
  EXPECT_EQ(ReasonOf(Call(&Stub::GetNationalResult, national, unnamed)), "CONTEST_MISSING");
}

TEST_F(PublisherServiceTest, GetsAFinalResultOnlyOnceItIsCertified) {
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-2", {50, 40, 5});
  script_.Report("s-1", {7, 8, 9}, /*revision=*/1, /*held=*/true);
  Show(script_);
  v1::GetFinalResultRequest request;
  request.set_election_id("e-1");
  v1::GetFinalResultResponse response;
  const absl::Status early = Call(&Stub::GetFinalResult, request, response);
  EXPECT_EQ(early.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(early), "RESULT_NOT_CERTIFIED");
  const auto metadata = DetailOf(early).metadata;
  EXPECT_THAT(metadata, Contains(Pair("stations_expected", "3")));
  EXPECT_THAT(metadata, Contains(Pair("stations_counted", "2")));
  EXPECT_THAT(metadata, Contains(Pair("stations_held", "1")));
  EXPECT_THAT(metadata, Contains(Pair("stations_missing", "0")));
  EXPECT_THAT(metadata, Contains(Pair("percent", "66.67")));

  script_.Release("s-1", 1);
  const std::int64_t certified = script_.Certify("a");
  const std::string root = ledger::ToHex(script_.ledger().log().Root());
  Show(script_);
  ASSERT_TRUE(Call(&Stub::GetFinalResult, request, response).ok());
  EXPECT_THAT(Lines(response.result()), ElementsAre("a 117 54.42", "b 78 36.28", "c 20 9.30"));
  EXPECT_EQ(response.result().status(), canvass::v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(response.current_status(), canvass::v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(response.result().as_of().sequence(), certified);
  EXPECT_TRUE(response.result().as_of().has_confirmed_at());
  EXPECT_EQ(response.result().as_of().root_hash(), root);
  EXPECT_EQ(response.result().certification().sequence(), certified);
  EXPECT_THAT(response.result().certification().elected_candidate_ids(), ElementsAre("a"));

  // Reopened and corrected: the certified figures stay.
  script_.Reopen(election::ReopeningStatus::kRecount);
  script_.Report("n-1", {59, 31, 6}, /*revision=*/2);
  Show(script_);
  ASSERT_TRUE(Call(&Stub::GetFinalResult, request, response).ok());
  EXPECT_THAT(Lines(response.result()), ElementsAre("a 117 54.42", "b 78 36.28", "c 20 9.30"));
  EXPECT_EQ(response.result().status(), canvass::v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(response.current_status(), canvass::v1::RESULT_STATUS_RECOUNT);
  EXPECT_EQ(response.result().as_of().sequence(), certified);
  EXPECT_FALSE(response.result().as_of().has_confirmed_at()) << "newer figures exist";
}

TEST_F(PublisherServiceTest, GetsResultsOfAreasStationsAndTags) {
  ShowThreeReports();
  v1::GetAreaResultRequest request;
  request.set_election_id("e-1");
  v1::GetAreaResultResponse response;
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_EQ(response.result().area_id(), "country");
  request.set_area_id("north");
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_THAT(Lines(response.result()), ElementsAre("a 110 57.59", "b 70 36.65", "c 11 5.76"));
  request.set_area_id("s-1");
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_EQ(response.result().area_id(), "s-1");
  EXPECT_THAT(Lines(response.result()), ElementsAre("c 9 37.50", "b 8 33.33", "a 7 29.17"));
  request.set_tag("abroad");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetAreaResult, request, response)), "TAG_OF_STATION");
  request.set_area_id("country");
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_EQ(response.result().tag(), "abroad");
  EXPECT_EQ(response.result().progress().stations_expected(), 1);
  EXPECT_THAT(Lines(response.result()), ElementsAre("c 9 37.50", "b 8 33.33", "a 7 29.17"));
  request.set_area_id("north");
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_EQ(response.result().progress().stations_expected(), 0);
  request.set_tag("on-the-moon");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetAreaResult, request, response)), "TAG_UNKNOWN");
  request.clear_tag();
  request.set_area_id("west");
  const absl::Status unknown = Call(&Stub::GetAreaResult, request, response);
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(unknown), "AREA_UNKNOWN");
}

TEST_F(PublisherServiceTest, KnowsWhereAContestIsHeld) {
  LedgerScript script(ThreeStations().WithContest("mayor", "south", {"x", "y"}));
  Show(script);
  v1::GetAreaResultRequest request;
  request.set_election_id("e-1");
  request.set_contest_id("mayor");
  v1::GetAreaResultResponse response;
  request.set_area_id("country");  // all of the contest
  ASSERT_TRUE(Call(&Stub::GetAreaResult, request, response).ok());
  EXPECT_EQ(response.result().area_id(), "south");
  EXPECT_EQ(response.result().progress().stations_expected(), 1);
  request.set_area_id("north");
  absl::Status outside = Call(&Stub::GetAreaResult, request, response);
  EXPECT_EQ(outside.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(outside), "AREA_NOT_IN_CONTEST");
  request.set_area_id("n-1");
  outside = Call(&Stub::GetAreaResult, request, response);
  EXPECT_EQ(ReasonOf(outside), "STATION_NOT_IN_CONTEST");
}

TEST_F(PublisherServiceTest, ListsAreaResultsAllAtTheFirstPagesMoment) {
  ShowThreeReports();
  v1::ListAreaResultsRequest request;
  request.set_election_id("e-1");
  request.set_page_size(1);
  v1::ListAreaResultsResponse response;
  ASSERT_TRUE(Call(&Stub::ListAreaResults, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(1));
  EXPECT_EQ(response.results(0).area_id(), "country");
  EXPECT_EQ(response.results(0).ballots_cast(), 227);
  const std::string root = response.results(0).as_of().root_hash();

  script_.Annul("n-1", 1);
  Show(script_);
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(&Stub::ListAreaResults, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(1));
  EXPECT_EQ(response.results(0).area_id(), "north");
  EXPECT_EQ(response.results(0).as_of().sequence(), 5);
  EXPECT_EQ(response.results(0).as_of().root_hash(), root);
  EXPECT_THAT(Lines(response.results(0)), ElementsAre("a 110 57.59", "b 70 36.65", "c 11 5.76"));

  script_.Annul("n-2", 1);
  Show(script_);
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(&Stub::ListAreaResults, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(1));
  EXPECT_EQ(response.results(0).area_id(), "south");
  EXPECT_EQ(response.results(0).as_of().sequence(), 5);
  EXPECT_EQ(response.next_page_token(), "");

  const std::string token = request.page_token();
  request.set_kind("region");
  EXPECT_EQ(ReasonOf(Call(&Stub::ListAreaResults, request, response)), "PAGE_TOKEN_INVALID");
  request.clear_page_token();
  ASSERT_TRUE(Call(&Stub::ListAreaResults, request, response).ok());
  EXPECT_EQ(response.results(0).area_id(), "north");
  EXPECT_EQ(response.results(0).as_of().sequence(), 7);

  request.clear_kind();
  request.set_page_token(token);
  clock_.Advance(AreaSnapshots::kLifetime);
  const absl::Status expired = Call(&Stub::ListAreaResults, request, response);
  EXPECT_EQ(expired.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(expired), "PAGE_EXPIRED");

  request.clear_page_token();
  request.set_kind("planet");
  EXPECT_EQ(ReasonOf(Call(&Stub::ListAreaResults, request, response)), "KIND_UNKNOWN");
  request.clear_kind();
  request.set_page_size(0);
  request.set_parent_area_id("country");
  ASSERT_TRUE(Call(&Stub::ListAreaResults, request, response).ok());
  EXPECT_THAT(response.results(), SizeIs(2));
}

TEST_F(PublisherServiceTest, GetsAStationsReport) {
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

TEST_F(PublisherServiceTest, ListsStationsByEveryFilter) {
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

TEST_F(PublisherServiceTest, ListsOnlyTheSampleOfASource) {
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

TEST_F(PublisherServiceTest, ComparesSources) {
  script_.Report("n-1", {60, 30, 10});  // 60.00 %
  script_.ReportFrom("observers", "n-1", {58, 31, 11});
  script_.Publish("poll", "a", "62.5");
  Show(script_);
  v1::CompareSourcesRequest request;
  request.set_election_id("e-1");
  v1::CompareSourcesResponse response;
  ASSERT_TRUE(Call(&Stub::CompareSources, request, response).ok());
  EXPECT_EQ(response.official().source_id(), "cec");
  ASSERT_THAT(response.comparisons(), SizeIs(2));
  const auto& observers = response.comparisons(0);
  EXPECT_EQ(observers.source_id(), "observers");
  EXPECT_EQ(observers.stations_compared(), 1);
  EXPECT_EQ(observers.stations_different(), 1);
  EXPECT_EQ(observers.candidates(0).share_percent(), "58.00");
  EXPECT_EQ(observers.candidates(0).difference_points(), "-2.00");
  const auto& poll = response.comparisons(1);
  EXPECT_EQ(poll.source_id(), "poll");
  EXPECT_EQ(poll.candidates(0).share_percent(), "62.5");
  EXPECT_EQ(poll.candidates(0).difference_points(), "2.50");
  EXPECT_TRUE(poll.candidates(0).official_within_margin());

  request.set_source_id("poll");
  EXPECT_EQ(ReasonOf(Call(&Stub::CompareSources, request, response)), "SOURCE_KIND_MISMATCH");
}

TEST_F(PublisherServiceTest, LeavesSourcesUnderEmbargoOutOfComparisons) {
  LedgerScript script(ThreeStations().WithSource({.id = "secret",
                                                  .kind = election::SourceKind::kExitPoll,
                                                  .visible_from = clock_.Now() + absl::Hours(1)}));
  script.Report("n-1", {60, 30, 10});
  script.Publish("secret", "a", "61");
  Show(script);
  v1::CompareSourcesRequest request;
  request.set_election_id("e-1");
  v1::CompareSourcesResponse response;
  ASSERT_TRUE(Call(&Stub::CompareSources, request, response).ok());
  EXPECT_THAT(response.comparisons(), SizeIs(2));
  v1::ListChangesRequest changes_request;
  changes_request.set_election_id("e-1");
  changes_request.set_from_sequence(4);
  v1::ListChangesResponse changes;
  ASSERT_TRUE(Call(&Stub::ListChanges, changes_request, changes).ok());
  ASSERT_THAT(changes.entries(), SizeIs(1));
  EXPECT_EQ(changes.entries(0).event_case(), canvass::v1::LedgerEntry::EVENT_NOT_SET);
  EXPECT_EQ(changes.entries(0).entry(), "");
  EXPECT_EQ(changes.entries(0).entry_hash(), ledger::ToHex(script.ledger().log().LeafHashOf(4)));
  changes_request.set_area_id("country");
  changes_request.set_from_sequence(3);
  ASSERT_TRUE(Call(&Stub::ListChanges, changes_request, changes).ok());
  EXPECT_THAT(changes.entries(), SizeIs(1));

  clock_.Advance(absl::Hours(1));
  Show(script);
  ASSERT_TRUE(Call(&Stub::CompareSources, request, response).ok());
  ASSERT_THAT(response.comparisons(), SizeIs(3));
  EXPECT_EQ(response.comparisons(2).candidates(0).share_percent(), "61");
  ASSERT_TRUE(Call(&Stub::ListChanges, changes_request, changes).ok());
  EXPECT_THAT(changes.entries(), SizeIs(2));
}

TEST_F(PublisherServiceTest, GetsTheHistoryOfAResult) {
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-2", {50, 40, 5});
  script_.Report("n-1", {55, 30, 6}, /*revision=*/2);
  script_.Report("s-1", {7, 8, 9});
  script_.Certify("a");
  Show(script_);
  v1::GetHistoryRequest request;
  request.set_election_id("e-1");
  v1::GetHistoryResponse response;
  ASSERT_TRUE(Call(&Stub::GetHistory, request, response).ok());
  ASSERT_THAT(response.results(), SizeIs(5));
  EXPECT_EQ(response.results(0).status(), canvass::v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(response.results(0).certification().sequence(), 7);
  EXPECT_THAT(Lines(response.results(1)), ElementsAre("a 112 53.33", "b 78 37.14", "c 20 9.52"));
  EXPECT_FALSE(response.results(1).has_certification());
  EXPECT_THAT(Lines(response.results(2)), ElementsAre("a 105 56.45", "b 70 37.63", "c 11 5.91"));
  EXPECT_THAT(Lines(response.results(3)), ElementsAre("a 110 57.59", "b 70 36.65", "c 11 5.76"));
  EXPECT_THAT(Lines(response.results(4)), ElementsAre("a 60 62.50", "b 30 31.25", "c 6 6.25"));
  EXPECT_EQ(response.results(4).progress().percent(), "33.33");
  EXPECT_EQ(response.results(4).as_of().sequence(), 3);
  EXPECT_TRUE(response.results(0).as_of().has_confirmed_at());
  EXPECT_FALSE(response.results(4).as_of().has_confirmed_at());
  EXPECT_EQ(response.results(4).as_of().root_hash(),
            ledger::ToHex(script_.ledger().log().RootAt(3)));

  request.set_page_size(2);
  std::vector<std::int64_t> sequences;
  do {
    ASSERT_TRUE(Call(&Stub::GetHistory, request, response).ok());
    for (const auto& result : response.results()) sequences.push_back(result.as_of().sequence());
    request.set_page_token(response.next_page_token());
    // What comes meanwhile does not move the pages.
    script_.ReportFrom("observers", "n-1", {1, 1, 1},
                       static_cast<std::int32_t>(sequences.size() / 2 + sequences.size() % 2));
    Show(script_);
  } while (!response.next_page_token().empty());
  EXPECT_THAT(sequences, ElementsAre(7, 6, 5, 4, 3));

  request.Clear();
  request.set_election_id("e-1");
  request.set_area_id("n-1");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetHistory, request, response)), "AREA_UNKNOWN");
}

TEST_F(PublisherServiceTest, ListsChanges) {
  script_.Report("n-1", {60, 30, 6});                  // 3
  script_.Report("s-1", {7, 8, 9});                    // 4
  script_.Report("n-1", {55, 30, 6}, /*revision=*/2);  // 5
  script_.Annul("s-1", 1);                             // 6
  script_.Certify("a");                                // 7
  Show(script_);
  v1::ListChangesRequest request;
  v1::ListChangesResponse response;
  const auto list = [&] {
    request.set_election_id("e-1");
    const absl::Status status = Call(&Stub::ListChanges, request, response);
    std::vector<std::int64_t> sequences;
    for (const auto& entry : response.entries()) sequences.push_back(entry.sequence());
    request.Clear();
    request.set_page_token(response.next_page_token());
    return status.ok() ? sequences : std::vector<std::int64_t>{-1};
  };
  EXPECT_THAT(list(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(response.as_of().sequence(), 7);
  EXPECT_TRUE(response.entries(0).has_definition());
  EXPECT_TRUE(response.entries(1).has_seal());
  EXPECT_EQ(response.entries(4).report().report().reason(), "miscounted");
  EXPECT_EQ(response.entries(5).annulment().reason(), "ballots were lost");
  EXPECT_EQ(response.entries(2).entry(), std::string(script_.ledger().log().Get(3)));
  request.set_from_sequence(6);
  EXPECT_THAT(list(), ElementsAre(6, 7));
  request.set_from_sequence(8);
  EXPECT_THAT(list(), IsEmpty());
  request.set_from_sequence(-1);
  EXPECT_THAT(list(), ElementsAre(-1));
  request.set_corrections_only(true);
  EXPECT_THAT(list(), ElementsAre(5, 6, 7));
  request.set_area_id("south");
  EXPECT_THAT(list(), ElementsAre(1, 4, 6, 7));
  request.set_area_id("n-1");
  EXPECT_THAT(list(), ElementsAre(1, 3, 5, 7));
  request.set_area_id("n-1");
  request.set_corrections_only(true);
  EXPECT_THAT(list(), ElementsAre(5, 7));
  request.set_area_id("west");
  EXPECT_THAT(list(), ElementsAre(-1));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(1, 2, 3));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(4, 5, 6));
  request.set_page_size(3);
  EXPECT_THAT(list(), ElementsAre(7));
  EXPECT_EQ(request.page_token(), "");
}

TEST_F(PublisherServiceTest, SendsTheWatchedResultAtOnceAndWhenItChanges) {
  script_.Report("n-1", {60, 30, 6});
  Show(script_);
  board_.AddListener([this] { feed_.Wake(); });
  v1::WatchResultRequest request;
  request.set_election_id("e-1");
  request.set_area_id("north");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.result().ballots_cast(), 100);

  script_.Report("s-1", {7, 8, 9});  // elsewhere: nothing to say
  Show(script_);
  script_.Report("n-2", {50, 40, 5});
  Show(script_);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.result().ballots_cast(), 199);
  EXPECT_EQ(response.result().as_of().sequence(), 5);
  context.TryCancel();
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(PublisherServiceTest, EndsWatchesThatItCannotServe) {
  Show(script_);
  v1::WatchResultRequest request;
  request.set_election_id("e-9");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(ReasonOf(rpc::FromGrpcStatus(reader->Finish())), "ELECTION_UNKNOWN");
}

TEST_F(PublisherServiceTest, EndsWatchesWhenItStops) {
  Show(script_);
  v1::WatchResultRequest request;
  request.set_election_id("e-1");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server_->Stop([this] { feed_.Stop(); });
  EXPECT_FALSE(reader->Read(&response));
  const absl::Status ended = rpc::FromGrpcStatus(reader->Finish());
  EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(ended), "PUBLISHER_STOPPING");
}

}  // namespace
}  // namespace canvass::publisher
