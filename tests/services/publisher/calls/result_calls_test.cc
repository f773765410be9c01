#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/calls/area_snapshots.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/services/publisher/running_publisher.h"

namespace canvass::publisher {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class ResultCallsTest : public RunningPublisher {
 protected:
  // Shows three reports: a 117, b 78, c 20 of 215 valid votes; 227 cast of 600 registered.
  void ShowThreeReports() {
    script_.Report("n-1", {60, 30, 6});
    script_.Report("n-2", {50, 40, 5});
    script_.Report("s-1", {7, 8, 9});
    Show(script_);
  }

  static std::vector<std::string> Lines(const canvass::v1::Result& result) {
    std::vector<std::string> lines;
    for (const auto& candidate : result.candidates()) {
      lines.push_back(candidate.candidate_id() + " " + std::to_string(candidate.votes()) + " " +
                      candidate.share_percent());
    }
    return lines;
  }
};

TEST_F(ResultCallsTest, GetsTheNationalResult) {
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

TEST_F(ResultCallsTest, NamesWhatItDoesNotKnow) {
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

TEST_F(ResultCallsTest, ListsTheResultsOfAllContests) {
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

TEST_F(ResultCallsTest, GetsAFinalResultOnlyOnceItIsCertified) {
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

TEST_F(ResultCallsTest, GetsResultsOfAreasStationsAndTags) {
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

TEST_F(ResultCallsTest, KnowsWhereAContestIsHeld) {
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

TEST_F(ResultCallsTest, ListsAreaResultsAllAtTheFirstPagesMoment) {
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

TEST_F(ResultCallsTest, ComparesSources) {
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

TEST_F(ResultCallsTest, LeavesSourcesUnderEmbargoOutOfComparisons) {
  LedgerScript script(ThreeStations().WithSource({.id = "secret",
                                                  .kind = election::SourceKind::kExitPoll,
                                                  .visible_from = clock_.Now() + absl::Hours(1)}));
  script.Report("n-1", {60, 30, 10});
  const election::Definition& definition = script.ledger().count().definition();
  const std::int64_t seal = script.Seal(
      election::PollFigures{.source_no = definition.FindSource("secret").value(),
                            .area_no = definition.AreaOfContest(0),
                            .shares = {{.candidate_no = definition.FindCandidate(0, "a").value(),
                                        .share_percent = "61"}}});
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
  EXPECT_EQ(changes.entries(0).embargo_seal().source_id(), "secret");
  EXPECT_EQ(changes.entries(0).entry_hash(), ledger::ToHex(script.ledger().log().LeafHashOf(4)));
  changes_request.set_area_id("country");
  changes_request.set_from_sequence(3);
  ASSERT_TRUE(Call(&Stub::ListChanges, changes_request, changes).ok());
  EXPECT_THAT(changes.entries(), SizeIs(1));

  clock_.Advance(absl::Hours(1));
  script.SetTime(clock_.Now());
  script.Open(seal);
  Show(script);
  ASSERT_TRUE(Call(&Stub::CompareSources, request, response).ok());
  ASSERT_THAT(response.comparisons(), SizeIs(3));
  EXPECT_EQ(response.comparisons(2).candidates(0).share_percent(), "61");
  ASSERT_TRUE(Call(&Stub::ListChanges, changes_request, changes).ok());
  EXPECT_THAT(changes.entries(), SizeIs(2));
}

TEST_F(ResultCallsTest, GetsTheHistoryOfAResult) {
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

}  // namespace
}  // namespace canvass::publisher
