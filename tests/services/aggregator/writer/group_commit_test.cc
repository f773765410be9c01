#include "services/aggregator/writer/group_commit.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/write_request.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/inline_appender.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_ledger_store.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::ReportBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;

class GroupCommitTest : public ::testing::Test {
 protected:
  GroupCommitTest() {
    EXPECT_TRUE(ledger_.TakeLead().ok());
    queue_.SetLead(absl::OkStatus(), steady_clock_.Now());
    bool defined = false;
    QueueDefinition(queue_, 3, defined);
    EXPECT_TRUE(commits_.CommitNext().ok());
    EXPECT_TRUE(defined);
  }

  void Accept(WriteRequest command) {
    queue_.Accept(std::make_unique<WriteRequest>(std::move(command)));
  }

  // Everything that is queued, too.
  void CommitAll() {
    do {
      ASSERT_TRUE(commits_.CommitNext().ok());
    } while (!commits_.empty());
  }

  std::shared_ptr<Answer> Submit(const ReportBuilder& report) {
    return QueueReport(queue_, report.Build());
  }

  static std::int64_t SequenceOf(const std::shared_ptr<Answer>& answer) {
    if (!answer->has_value() || !(*answer)->ok()) return -1;
    return (**answer)->front().sequence;
  }

  testing::MemoryDatabase store_;
  testing::MemoryLedgerStore ledger_{store_};
  testing::InlineAppender appender_{ledger_};
  CommittedLedgers committed_;
  SteadyClock steady_clock_;
  testing::ManualClock clock_;
  const WriterOptions options_{};
  WriteQueue queue_{options_, steady_clock_};
  ClockGuard clock_guard_{clock_, steady_clock_};
  GroupCommit commits_{ledger_, appender_,     committed_,   queue_,
                       clock_,  steady_clock_, clock_guard_, options_};
};

ReportBuilder Of(const std::string& station) { return ReportBuilder().WithStation(station); }

TEST_F(GroupCommitTest, WhatComesWhileAGroupIsAppendedIsTheNextGroup) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  EXPECT_TRUE(commits_.appending());
  EXPECT_EQ(*first, std::nullopt);
  const auto second = Submit(Of("s-2"));
  const std::int64_t commits = store_.commits();
  EXPECT_TRUE(commits_.CommitNext().ok());
  const std::int64_t sequence = SequenceOf(first);
  EXPECT_GT(sequence, 0);
  EXPECT_EQ(*second, std::nullopt);
  EXPECT_TRUE(commits_.CommitNext().ok());
  EXPECT_EQ(SequenceOf(second), sequence + 1);
  EXPECT_EQ(store_.commits(), commits + 2);
  EXPECT_TRUE(commits_.empty());
  EXPECT_FALSE(commits_.appending());
}

TEST_F(GroupCommitTest, AStationThatIsBeingAppendedIsNotCheckedBefore) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  const auto correction = Submit(Of("s-1").WithRevision(2));
  const auto same = Submit(Of("s-1"));
  const auto other = Submit(Of("s-2"));
  CommitAll();
  EXPECT_EQ((**correction)->front().state, ReceiptState::kRecorded);
  EXPECT_EQ(SequenceOf(correction), SequenceOf(first) + 2);
  EXPECT_EQ(SequenceOf(same), SequenceOf(first));
  EXPECT_TRUE((**same)->front().repeated_submission);
  EXPECT_EQ(SequenceOf(other), SequenceOf(first) + 1);
}

TEST_F(GroupCommitTest, TheClockMayGoBackBetweenTwoGroups) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  clock_.Advance(-absl::Seconds(50));
  const auto second = Submit(Of("s-2"));
  CommitAll();
  EXPECT_EQ((**second)->front().recorded_at, (**first)->front().recorded_at);
}

TEST_F(GroupCommitTest, WhatComesWhileAnAppendStallsIsRecordedAtItsOwnTime) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  const auto second = Submit(Of("s-2"));
  std::shared_ptr<Answer> third;
  absl::Time came_at;
  appender_.OnFinish([&] {
    clock_.Advance(absl::Seconds(6));
    came_at = clock_.Now();
    third = Submit(Of("s-3"));
  });
  EXPECT_TRUE(commits_.CommitNext().ok());
  appender_.OnFinish(nullptr);
  CommitAll();
  ASSERT_EQ(SequenceOf(third), SequenceOf(second) + 1);
  EXPECT_EQ((**second)->front().recorded_at, came_at - absl::Seconds(6));
  EXPECT_EQ((**third)->front().recorded_at, came_at);
}

TEST_F(GroupCommitTest, WhatIsGatheredBehindAFailedAppendIsUntouched) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  const auto second = Submit(Of("s-2"));
  ledger_.FailAppendsAfterCommit(1);
  EXPECT_FALSE(commits_.CommitNext().ok());
  EXPECT_FALSE(commits_.appending());
  EXPECT_EQ(commits_.RemoveUntouched().size(), 1);
  EXPECT_EQ(*first, std::nullopt);
  // It was committed after all, and finds itself.
  ASSERT_TRUE(ledger_.TakeLead().ok());
  ASSERT_TRUE(committed_.CatchUp(ledger_).ok());
  CommitAll();
  ASSERT_GT(SequenceOf(first), 0);
  EXPECT_FALSE((**first)->front().repeated_submission);
}

TEST_F(GroupCommitTest, NoHeartbeatIsSentWhileAGroupIsAppended) {
  Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  ASSERT_TRUE(commits_.appending());
  EXPECT_DEBUG_DEATH(commits_.Heartbeat().IgnoreError(), "appending");
  CommitAll();
}

// The check of a register takes seconds: the lead may be another's by then. Nothing is in doubt.
TEST_F(GroupCommitTest, ADefinitionIsNotSentWhenTheLeadIsLost) {
  election::DefinitionChange change = ElectionOf(4).Request();
  change.reason = "one more station";
  Accept({.what = PendingDefinition{
              .proposed = {.election_id = "e-1", .actor = "office", .change = std::move(change)},
              .done = [](const auto&) { ADD_FAILURE() << "answered"; }}});
  store_.BreakSession();
  const std::int64_t confirmations = commits_.confirmations();
  EXPECT_FALSE(commits_.CommitNext().ok());
  EXPECT_EQ(commits_.confirmations(), confirmations);
  EXPECT_EQ(commits_.RemoveUntouched().size(), 1);
}

TEST_F(GroupCommitTest, ADecisionWaitsForWhatIsAppended) {
  const auto first = Submit(Of("s-1"));
  EXPECT_TRUE(commits_.CommitNext().ok());
  std::optional<std::int64_t> seen;
  PendingDecision decision{
      .proposed = {.election_id = "e-1",
                   .actor = "office",
                   .source_id = "",
                   .check =
                       [&seen](const election::Count&, std::int64_t last_sequence) {
                         seen = last_sequence;
                         return absl::StatusOr<election::Decision>(absl::AbortedError("looked"));
                       }},
      .done = [](const absl::StatusOr<DecisionOutcome>&) {}};
  Accept({.what = std::move(decision)});
  const auto behind = Submit(Of("s-2"));
  CommitAll();
  EXPECT_EQ(seen, SequenceOf(first));
  EXPECT_EQ(SequenceOf(behind), SequenceOf(first) + 1);
}

TEST_F(GroupCommitTest, AMessageIsAnsweredOnceAllItsGroupsAreCommitted) {
  auto answer = std::make_shared<Answer>();
  PendingReports submission{
      .reports = {{.report = Of("s-1").Build(), .actor = "office/country"},
                  {.report = Of("s-1").WithRevision(2).Build()},
                  {.report = Of("s-2").Build(), .actor = "office/country"},
                  {.report = Of("s-1").Build(), .actor = "office/country"}},
      .done = [answer](auto receipts) { answer->emplace(std::move(receipts)); }};
  Accept({.what = std::move(submission)});
  const auto behind = Submit(Of("s-3"));
  CommitAll();
  ASSERT_TRUE(answer->has_value() && (*answer)->ok());
  std::vector<std::int64_t> sequences;
  for (const Receipt& receipt : ***answer) sequences.push_back(receipt.sequence);
  // Only the reports that touch s-1 again wait for the next groups.
  const std::int64_t first = sequences.front();
  EXPECT_THAT(sequences, ElementsAre(first, first + 3, first + 1, first));
  EXPECT_EQ(SequenceOf(behind), first + 2);
}

TEST_F(GroupCommitTest, RefusedReportsOfOneStationAreOneCommit) {
  std::vector<std::shared_ptr<Answer>> refused;
  for (int i = 0; i < 50; ++i) refused.push_back(Submit(Of("s-1").WithCast(90 + i % 5)));
  const auto other = Submit(Of("s-2"));
  const std::int64_t commits = store_.commits();
  CommitAll();
  EXPECT_EQ(store_.commits(), commits + 1);
  EXPECT_GT(SequenceOf(other), 0);
  for (const auto& answer : refused) {
    EXPECT_EQ((**answer)->front().state, ReceiptState::kRefused);
  }
}

TEST_F(GroupCommitTest, ARefusedReportKeepsItsPlaceBehindAnEarlierOne) {
  const auto first = Submit(Of("s-1"));
  const auto second = Submit(Of("s-1").WithRevision(2));
  const auto third = Submit(Of("s-1").WithRevision(3));
  const auto gap = Submit(Of("s-1").WithRevision(5));
  CommitAll();
  EXPECT_EQ(SequenceOf(third), SequenceOf(first) + 2);
  EXPECT_EQ(SequenceOf(second), SequenceOf(first) + 1);
  EXPECT_THAT(RulesOf((**gap)->front()), ElementsAre(election::Rule::kRevisionGap));
  // The rule compares with what was recorded when it was the report's turn.
  EXPECT_THAT((**gap)->front().findings[0].numbers,
              Contains(std::pair<std::string, std::int64_t>("newest_revision", 3)));
}

TEST_F(GroupCommitTest, CorrectionsOfOneStationDelayNobody) {
  std::vector<std::shared_ptr<Answer>> corrections;
  for (int i = 1; i <= 20; ++i) corrections.push_back(Submit(Of("s-1").WithRevision(i)));
  const auto other = Submit(Of("s-2"));
  ASSERT_TRUE(commits_.CommitNext().ok());
  ASSERT_TRUE(commits_.CommitNext().ok());
  EXPECT_EQ(SequenceOf(other), SequenceOf(corrections[0]) + 1);
  EXPECT_EQ(*corrections[1], std::nullopt);
  CommitAll();
  EXPECT_EQ(SequenceOf(corrections[19]), SequenceOf(other) + 19);
}

// A decision waits for what came before it in its stream, and for one group of the others.
class GroupCommitTurnsTest : public GroupCommitTest {
 protected:
  using Check = std::function<absl::StatusOr<election::Decision>(const election::Count&)>;

  void Decide(const std::string& name, const Check& check) {
    Accept({.what = PendingDecision{
                .proposed = {.election_id = "e-1",
                             .source_id = "",
                             .check = [check](const election::Count& count,
                                              std::int64_t) { return check(count); }},
                .done = [this, name](const auto& outcome) {
                  answered_.push_back(outcome.ok() ? name : name + " refused");
                }}});
  }

  // Three revisions of a station, of which no two can join one group.
  void SubmitThree() {
    for (int revision = 1; revision <= 3; ++revision) {
      Accept(
          {.what = PendingReports{.reports = {{.report = Of("s-1").WithRevision(revision).Build()}},
                                  .done = [this](const auto&) { answered_.emplace_back("s-1"); }},
           .stream = {.number = 1}});
    }
  }

  std::vector<std::string> answered_;
};

TEST_F(GroupCommitTurnsTest, DecisionsAndGroupsTakeTurns) {
  Submit(Of("s-2"));
  Submit(Of("s-3"));
  CommitAll();
  const auto request_of = [](const char* station) {
    return election::ReportDecisionRequest{
        .key = {.election_id = "e-1", .station_id = station, .revision = 1}, .reason = "a flood"};
  };
  const auto annul = [&](const char* station) {
    return [request = request_of(station)](const auto& count) {
      return election::CheckAnnulment(count, request);
    };
  };
  SubmitThree();
  Decide("annul", annul("s-2"));
  Decide("annul another", annul("s-3"));
  Decide("reinstate", [request = request_of("s-2")](const auto& count) {
    return election::CheckReinstatement(count, request);
  });
  const std::int64_t commits = store_.commits();
  CommitAll();
  EXPECT_EQ(store_.commits(), commits + 6);
  EXPECT_THAT(answered_, ElementsAre("annul", "s-1", "annul another", "s-1", "reinstate", "s-1"));
}

TEST_F(GroupCommitTurnsTest, WhatIsRefusedTakesNoTurn) {
  const auto refuse = [](const auto&) {
    return absl::StatusOr<election::Decision>(absl::AbortedError(""));
  };
  SubmitThree();
  for (const char* const name : {"a", "b", "c"}) Decide(name, refuse);
  CommitAll();
  // The last one before these was a definition, so reports come first.
  EXPECT_THAT(answered_, ElementsAre("s-1", "a refused", "b refused", "c refused", "s-1", "s-1"));
}

}  // namespace
}  // namespace canvass::aggregator
