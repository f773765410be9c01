// What people get who send something wrong: the field, the numbers, a stable reason, and nothing
// half done.
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/postgres/private_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = new RunningStack;
    const ProgramOutcome defined = stack_->Canvass({"define", "-"}, SmallDefinition("small"));
    ASSERT_EQ(defined.exit_code, 0) << defined.err;
  }
  static void TearDownTestSuite() {
    delete stack_;
    stack_ = nullptr;
  }

  // Submits a clean report of n-1 after `spoil` has changed it.
  template <typename Spoil>
  static ProgramOutcome SubmitSpoiled(const Spoil& spoil) {
    json report = json::parse(SmallReport("small", "n-1", 300, 200));
    spoil(report);
    return stack_->Reporter("SubmitReport", json{{"report", report}}.dump());
  }

  static std::string CountedStations() {
    const json result =
        json::parse(stack_->Publisher("GetNationalResult", R"({"election_id": "small"})").out);
    return result.at("result").at("progress").dump();
  }

  static RunningStack* stack_;
};

RunningStack* BadInputTest::stack_ = nullptr;

TEST_F(BadInputTest, WrongSumNamesTheFieldAndBothNumbers) {
  const ProgramOutcome outcome =
      SubmitSpoiled([](json& report) { report["ballots"]["ballots_cast"] = 510; });
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("InvalidArgument"), HasSubstr("VOTES_NOT_BALANCED"),
                    HasSubstr("report.ballots.ballots_cast"), HasSubstr("503"), HasSubstr("510")));
}

TEST_F(BadInputTest, EveryBrokenRuleIsNamedNotOnlyTheFirst) {
  const ProgramOutcome outcome = SubmitSpoiled([](json& report) {
    report["ballots"]["votes"][1]["candidate_id"] = "zed";
    report["ballots"]["blank_votes"] = -4;
  });
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("CANDIDATE_UNKNOWN"), HasSubstr("zed"),
                                 HasSubstr("COUNT_OUT_OF_RANGE"), HasSubstr("-4"),
                                 HasSubstr("CANDIDATE_MISSING"), HasSubstr("bob")));
}

TEST_F(BadInputTest, UnknownIdsAreNotFound) {
  EXPECT_THAT(SubmitSpoiled([](json& report) { report["station_id"] = "n-99"; }).err,
              AllOf(HasSubstr("NotFound"), HasSubstr("n-99"), HasSubstr("STATION_UNKNOWN")));
  EXPECT_THAT(SubmitSpoiled([](json& report) { report["election_id"] = "large"; }).err,
              AllOf(HasSubstr("NotFound"), HasSubstr("large"), HasSubstr("ELECTION_UNKNOWN")));
  EXPECT_THAT(SubmitSpoiled([](json& report) { report["contest_id"] = "queen"; }).err,
              AllOf(HasSubstr("NotFound"), HasSubstr("queen"), HasSubstr("CONTEST_UNKNOWN")));
}

TEST_F(BadInputTest, RevisionTwoBeforeOneIsAGap) {
  const ProgramOutcome outcome = SubmitSpoiled([](json& report) {
    report["revision"] = 2;
    report["reason"] = "typing error";
  });
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("FailedPrecondition"), HasSubstr("REVISION_GAP")));
}

TEST_F(BadInputTest, NothingAbsentNothingRefusedIsCounted) {
  EXPECT_THAT(stack_->Reporter("SubmitReport", "{}").err,
              AllOf(HasSubstr("InvalidArgument"), HasSubstr("report")));
  EXPECT_THAT(CountedStations(), HasSubstr("\"stations_missing\":3"));
}

TEST_F(BadInputTest, RefusedReportsAreKeptWithTheirReasons) {
  SubmitSpoiled([](json& report) { report["ballots"]["ballots_cast"] = 777; });
  const ProgramOutcome list =
      stack_->Aggregator("ListRefusedReports", R"({"election_id": "small"})");
  EXPECT_THAT(list.out, AllOf(HasSubstr("VOTES_NOT_BALANCED"), HasSubstr("777")));
  EXPECT_THAT(stack_->Canvass({"refused", "small"}).out, HasSubstr("VOTES_NOT_BALANCED"));
}

TEST_F(BadInputTest, ReportsForAnUnknownElectionAreListedWithoutOne) {
  SubmitSpoiled([](json& report) { report["election_id"] = "large"; });
  EXPECT_THAT(stack_->Aggregator("ListRefusedReports", "{}").out,
              AllOf(HasSubstr("ELECTION_UNKNOWN"), HasSubstr("large"), Not(HasSubstr("ballots"))));
  const ProgramOutcome list = stack_->Canvass({"refused", "-o", "csv"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, AllOf(StartsWith("election_id,refused_at,"), HasSubstr("\nlarge,"),
                              HasSubstr("ELECTION_UNKNOWN")));
}

TEST_F(BadInputTest, FinalResultBeforeCertificationIsRefusedWithWhatIsMissing) {
  const ProgramOutcome outcome = stack_->Publisher("GetFinalResult", R"({"election_id": "small"})");
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("FailedPrecondition"), HasSubstr("RESULT_NOT_CERTIFIED"),
                                 HasSubstr("\"mayor\""), HasSubstr("of 3 stations")));
}

TEST_F(BadInputTest, SameReportTwiceGivesTheSameReceipt) {
  const std::string report =
      json{{"report", json::parse(SmallReport("small", "s-1", 100, 120))}}.dump();
  const ProgramOutcome first = stack_->Reporter("SubmitReport", report);
  const ProgramOutcome second = stack_->Reporter("SubmitReport", report);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  ASSERT_EQ(second.exit_code, 0) << second.err;
  json a = ParseJson(first).at("receipt");
  json b = ParseJson(second).at("receipt");
  EXPECT_FALSE(a.value("repeated_submission", false));
  EXPECT_TRUE(b.value("repeated_submission", false));
  b.erase("repeated_submission");
  EXPECT_EQ(a, b);
  const ProgramOutcome other = stack_->Reporter(
      "SubmitReport", json{{"report", json::parse(SmallReport("small", "s-1", 101, 120))}}.dump());
  EXPECT_THAT(other.err, AllOf(HasSubstr("AlreadyExists"), HasSubstr("REVISION_CONFLICT")));
}

TEST_F(BadInputTest, DefiningAgainChangesNothingAndMovingVotesIsRefused) {
  const ProgramOutcome same = stack_->Canvass({"define", "-"}, SmallDefinition("small"));
  EXPECT_EQ(same.exit_code, 0) << same.err;
  stack_->Reporter("SubmitReport",
                   json{{"report", json::parse(SmallReport("small", "n-2", 10, 20))}}.dump());
  json moved = json::parse(SmallDefinition("small"));
  moved["stations"][1]["area_id"] = "south";
  moved["reason"] = "moved";
  const ProgramOutcome refused = stack_->Canvass({"define", "-"}, moved.dump());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("VOTES_WOULD_MOVE"), HasSubstr("n-2")));
}

TEST_F(BadInputTest, DefinitionsNameWhatIsWrong) {
  const auto define_spoiled = [](const auto& spoil) {
    json definition = json::parse(SmallDefinition("spoiled"));
    spoil(definition);
    return stack_->Canvass({"define", "-"}, definition.dump());
  };
  EXPECT_THAT(define_spoiled([](json& d) { d["areas"][0]["parentAreaId"] = "north"; }).err,
              HasSubstr("AREA_CYCLE"));
  EXPECT_THAT(define_spoiled([](json& d) { d["stations"][1]["stationId"] = "n-1"; }).err,
              AllOf(HasSubstr("ID_REPEATED"), HasSubstr("n-1")));
  EXPECT_THAT(define_spoiled([](json& d) { d["stations"][0]["area_id"] = "east"; }).err,
              AllOf(HasSubstr("AREA_UNKNOWN"), HasSubstr("east")));
  EXPECT_THAT(stack_->Publisher("GetElection", R"({"election_id": "spoiled"})").err,
              HasSubstr("NotFound"))
      << "nothing half done";
}

TEST_F(BadInputTest, MessageOverTheLimitIsResourceExhausted) {
  json report = json::parse(SmallReport("small", "n-1", 300, 200));
  report["reason"] = std::string(9U << 20U, 'x');
  const ProgramOutcome outcome = stack_->Reporter("SubmitReport", json{{"report", report}}.dump());
  EXPECT_THAT(outcome.err, HasSubstr("ResourceExhausted"));
}

TEST_F(BadInputTest, AbsurdDeadlineIsNamed) {
  const ProgramOutcome outcome = Grpcurl((*stack_)->publisher_address(),
                                         "canvass.publisher.v1.PublisherService/GetNationalResult",
                                         R"({"election_id": "small"})", {"-max-time", "100000000"});
  EXPECT_THAT(outcome.err, HasSubstr("DEADLINE_OUT_OF_RANGE"));
}

TEST_F(BadInputTest, PortInUseIsNamed) {
  const ProgramOutcome outcome =
      RunProgram({ProgramFile("canvass-publisher"), "--listen=" + (*stack_)->publisher_address(),
                  "--aggregator=" + (*stack_)->aggregator_address()},
                 "", absl::Seconds(20));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("ADDRESS_IN_USE"), HasSubstr((*stack_)->publisher_address())));
}

TEST_F(BadInputTest, HealthIsCallableThroughReflection) {
  const ProgramOutcome outcome =
      Grpcurl((*stack_)->aggregator_address(), "grpc.health.v1.Health/Check",
              R"({"service": "canvass.aggregator.v1.AggregatorService"})");
  EXPECT_THAT(outcome.out, HasSubstr("SERVING"));
}

TEST_F(BadInputTest, WithoutAggregatorReportsAreQueuedAndThePublisherServesOn) {
  const std::string report =
      json{{"report", json::parse(SmallReport("small", "n-1", 30, 20))}}.dump();
  stack_->KillAggregator();
  const ProgramOutcome outcome = stack_->Reporter("SubmitReport", report);
  EXPECT_THAT(outcome.out, HasSubstr("RECEIPT_STATE_QUEUED")) << outcome.err;
  EXPECT_THAT(stack_->Publisher("GetNationalResult", R"({"election_id": "small"})").out,
              HasSubstr("small"))
      << "the publisher goes on serving what it has";
  stack_->RestartAggregator();
}

}  // namespace
}  // namespace canvass::testing
