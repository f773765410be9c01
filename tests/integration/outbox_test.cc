// Reports while the aggregator is away: queued on the reporter's disk, sent later, told of in
// between.
#include <csignal>
#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/postgres/private_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/program_run.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(60);

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() {
    const ProgramOutcome defined = stack_.Canvass({"define", "-"}, SmallDefinition("small"));
    EXPECT_EQ(defined.exit_code, 0) << defined.err;
  }

  std::string OutboxFile() const {
    const std::filesystem::path log = stack_->cluster().log_file();
    return log.parent_path().parent_path() / "outbox.sqlite";
  }

  static json Report(const std::string& station_id, int ann, int bob) {
    return json::parse(SmallReport("small", station_id, ann, bob));
  }

  // State of the receipt, e.g. "QUEUED".
  static std::string StateIn(const ProgramOutcome& outcome) {
    const json answer = ParseJson(outcome);
    if (!answer.is_object()) return outcome.err;
    const auto state = answer.at("receipt").at("state").get<std::string>();
    return state.substr(std::string("RECEIPT_STATE_").size());
  }

  std::string Submit(const json& report) const {
    return StateIn(stack_.Reporter("SubmitReport", json{{"report", report}}.dump()));
  }

  ProgramOutcome GetReceipt(const std::string& station_id, int revision = 1) const {
    return stack_.Reporter(
        "GetReceipt",
        json{
            {"key", {{"election_id", "small"}, {"station_id", station_id}, {"revision", revision}}}}
            .dump());
  }

  // The state once it is `wanted`, or the last one.
  std::string WaitForState(const std::string& wanted, const std::string& station_id,
                           int revision = 1) const {
    const absl::Time deadline = absl::Now() + kPatience;
    std::string state;
    do {
      const ProgramOutcome outcome = GetReceipt(station_id, revision);
      state = outcome.exit_code == 0 ? StateIn(outcome) : outcome.err;
    } while (state != wanted && absl::Now() < deadline);
    return state;
  }

  // Ann's votes once `stations` are counted.
  std::string AnnsVotes(int stations) const {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      const json answer =
          ParseJson(stack_.Publisher("GetNationalResult", json{{"election_id", "small"}}.dump()));
      const json& result = answer.at("result");
      if (result.at("progress").value("stations_counted", 0) != stations) continue;
      for (const json& candidate : result.at("candidates")) {
        if (candidate.at("candidate_id") == "ann") return candidate.at("votes");
      }
    }
    return "";
  }

  void RestartReporter() {
    const pid_t killed = stack_->reporter_pid();
    ASSERT_EQ(kill(killed, SIGKILL), 0);
    const absl::Time deadline = absl::Now() + kPatience;
    while (stack_->reporter_pid() == killed && absl::Now() < deadline) {
      ASSERT_TRUE(stack_->Supervise().ok());
    }
    ASSERT_NE(stack_->reporter_pid(), killed);
  }

  RunningStack stack_;
};

TEST_F(OutboxTest, ReportsAreQueuedWhileTheAggregatorIsDownAndRecordedWhenItIsBack) {
  ASSERT_EQ(Submit(Report("n-1", 30, 20)), "RECORDED");
  stack_.KillAggregator();
  EXPECT_EQ(Submit(Report("n-2", 5, 6)), "QUEUED");
  json correction = Report("n-2", 7, 6);
  correction["revision"] = 2;
  correction["reason"] = "two ballots stuck together";
  EXPECT_EQ(Submit(correction), "QUEUED");
  json unbalanced = Report("s-1", 300, 200);
  unbalanced["ballots"]["ballots_cast"] = 510;
  EXPECT_EQ(Submit(unbalanced), "QUEUED");
  EXPECT_EQ(Submit(Report("n-2", 5, 6)), "QUEUED") << "the same again";
  EXPECT_EQ(StateIn(GetReceipt("n-2", 0)), "QUEUED");

  const ProgramOutcome listed = stack_.Canvass({"outbox", "small", "-o", "json"});
  EXPECT_THAT(ParseJson(listed), SizeIs(3)) << listed.out;
  EXPECT_THAT(listed.err, HasSubstr("3 reports queued"));
  EXPECT_THAT(listed.err, HasSubstr("does not reach"));

  stack_.RestartAggregator();
  EXPECT_EQ(WaitForState("RECORDED", "n-2", 2), "RECORDED");
  EXPECT_EQ(WaitForState("RECORDED", "n-2", 1), "RECORDED");
  EXPECT_EQ(WaitForState("REFUSED", "s-1"), "REFUSED");
  EXPECT_THAT(GetReceipt("s-1").out, HasSubstr("VOTES_NOT_BALANCED"));
  const json refused = ParseJson(stack_.Canvass({"outbox", "--refused", "-o", "json"}));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused.at(0).at("receipt").at("findings").at(0).at("rule"), "VOTES_NOT_BALANCED");
  const ProgramOutcome table = stack_.Canvass({"outbox"});
  EXPECT_THAT(table.out, HasSubstr("510"));
  EXPECT_THAT(table.err, HasSubstr("0 reports queued; 1 refused"));
  // Put right, it is recorded at once; 30 of n-1, 7 of n-2's correction, 300 of s-1.
  EXPECT_EQ(Submit(Report("s-1", 300, 200)), "RECORDED");
  EXPECT_EQ(AnnsVotes(3), "337");
  EXPECT_EQ(StateIn(GetReceipt("s-1")), "RECORDED");
  EXPECT_EQ(stack_.Canvass({"ledger", "small", "--verify"}).exit_code, 0);
}

TEST_F(OutboxTest, WhatWasQueuedSurvivesAKilledReporterAndCountsOnce) {
  ASSERT_EQ(Submit(Report("n-1", 30, 20)), "RECORDED");
  // It is there and does not answer: what is sent to it may be recorded all the same.
  ASSERT_EQ(kill(stack_->aggregator_pid(), SIGSTOP), 0);
  EXPECT_EQ(Submit(Report("n-2", 5, 6)), "QUEUED");
  RestartReporter();
  EXPECT_EQ(StateIn(GetReceipt("n-2")), "QUEUED");
  EXPECT_EQ(Submit(Report("s-1", 1, 1)), "QUEUED");
  RestartReporter();
  ASSERT_EQ(kill(stack_->aggregator_pid(), SIGCONT), 0);
  EXPECT_EQ(WaitForState("RECORDED", "n-2"), "RECORDED");
  EXPECT_EQ(WaitForState("RECORDED", "s-1"), "RECORDED");
  EXPECT_EQ(AnnsVotes(3), "36");
  const ProgramOutcome outbox = stack_.Canvass({"outbox"});
  EXPECT_THAT(outbox.err, HasSubstr("0 reports queued"));
}

TEST_F(OutboxTest, AStreamGetsQueuedReceiptsToo) {
  stack_.KillAggregator();
  const ProgramOutcome submitted =
      stack_.Canvass({"submit", "-", "-o", "json"},
                     json::array({Report("n-1", 30, 20), Report("s-1", 1, 1)}).dump());
  EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
  const json receipts = ParseJson(submitted);
  ASSERT_THAT(receipts, SizeIs(2));
  EXPECT_EQ(receipts.at(1).at("state"), "RECEIPT_STATE_QUEUED");
  EXPECT_EQ(receipts.at(1).at("key").at("station_id"), "s-1");
  stack_.RestartAggregator();
  EXPECT_EQ(WaitForState("RECORDED", "s-1"), "RECORDED");
  EXPECT_EQ(WaitForState("RECORDED", "n-1"), "RECORDED");
}

TEST_F(OutboxTest, AFileThatAnotherReporterHasIsRefused) {
  const ProgramOutcome second =
      RunProgram({ProgramFile("canvass-station-reporter"), "--listen=127.0.0.1:0",
                  "--aggregator=" + stack_->aggregator_address(), "--outbox=" + OutboxFile()});
  EXPECT_NE(second.exit_code, 0);
  EXPECT_THAT(second.err, HasSubstr("OUTBOX_IN_USE"));
  EXPECT_THAT(second.err, HasSubstr(OutboxFile()));
}

}  // namespace
}  // namespace canvass::testing
