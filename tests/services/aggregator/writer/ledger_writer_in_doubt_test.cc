#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/election/event.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

// What becomes of requests whose commit failed, or may have.
namespace canvass::aggregator {
namespace {

using ::testing::SizeIs;

using LedgerWriterInDoubtTest = LedgerWriterTest;

TEST_F(LedgerWriterInDoubtTest, ACommitThatFailedIsDoneAgain) {
  stage_.ledger.FailAppendsBeforeCommit(1);
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_FALSE(receipt.repeated_submission);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterInDoubtTest, ACommitInDoubtThatHappenedIsNotDoneAgain) {
  stage_.ledger.FailAppendsAfterCommit(1);
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_FALSE(receipt.repeated_submission);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterInDoubtTest, ARepetitionInAGroupInDoubtStaysOne) {
  stage_.Record(ReportOf(1).Build());
  stage_.ledger.HoldAppends();
  ReceiptsFuture held = stage_.Submit(ReportOf(2).Build());
  stage_.ledger.AwaitHeldAppend();
  ReceiptsFuture group =
      stage_.Submit({{.report = ReportOf(1).Build(), .actor = "office/country"},
                     {.report = ReportOf(3).Build(), .actor = "office/country"}});
  // Only the second of the two appends that follow.
  stage_.ledger.FailAppendsOf([failed = false](const AppendedEntry& appended) mutable {
    return appended.entry.sequence == kDefinitionEntries + 3 && !std::exchange(failed, true);
  });
  stage_.ledger.ReleaseAppends();
  const auto receipts = group.get();
  ASSERT_TRUE(receipts.ok()) << receipts.status();
  EXPECT_TRUE(receipts->at(0).repeated_submission);
  EXPECT_FALSE(receipts->at(1).repeated_submission);
}

TEST_F(LedgerWriterInDoubtTest, RefusalsInDoubtAreKept) {
  stage_.ledger.FailAppendsBeforeCommit(1);
  EXPECT_EQ(stage_.Record(ReportOf(1).WithCast(101).Build()).state, ReceiptState::kRefused);
  EXPECT_THAT(Refused(), SizeIs(1));
}

TEST_F(LedgerWriterInDoubtTest, ADecisionInDoubtIsResolved) {
  stage_.Record(ReportOf(1).Build());
  stage_.ledger.FailAppendsAfterCommit(1);
  const auto outcome = stage_.Decide(Annul("s-1", 1)).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->sequence, kDefinitionEntries + 2);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 2);
}

TEST_F(LedgerWriterInDoubtTest, ADefinitionInDoubtIsResolved) {
  for (const bool committed : {false, true}) {
    const testing::DefinitionBuilder other =
        ElectionOf(3).WithElectionId(committed ? "e-3" : "e-2");
    if (committed) stage_.ledger.FailAppendsAfterCommit(1);
    if (!committed) stage_.ledger.FailAppendsBeforeCommit(1);
    const auto outcome = stage_.Define(other.Request()).get();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->sequence, kDefinitionEntries);
    // The election, a contest, a source, an area and three stations.
    EXPECT_EQ(outcome->parts_changed, 7);
    EXPECT_THAT(stage_.store.EntriesOf(committed ? "e-3" : "e-2"), SizeIs(kDefinitionEntries));
  }
}

TEST_F(LedgerWriterInDoubtTest, AChangeInDoubtClearsWhatItWasToClear) {
  const auto close_station = [this](std::string reason) {
    election::DefinitionChange change;
    change.reason = "the water";
    change.stations = {{.id = "s-3", .closed_reason = std::move(reason)}};
    return stage_.Define(std::move(change)).get();
  };
  const auto is_closed = [this] {
    return stage_.committed.Reading([](const CommittedLedgers::Contents& contents) {
      return contents.Find("e-1")->count().definition().IsClosed(2);
    });
  };
  const auto closed = close_station("flooded");
  ASSERT_TRUE(closed.ok()) << closed.status();
  ASSERT_TRUE(is_closed());
  stage_.ledger.FailAppendsBeforeCommit(1);
  const auto opened = close_station("");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->parts_changed, 1);
  EXPECT_FALSE(is_closed());
}

TEST_F(LedgerWriterInDoubtTest, WhileTheLedgerIsAwayEverythingNewIsAnsweredAtOnce) {
  stage_.ledger.FailTakeLead(-1);
  stage_.ledger.FailAppendsBeforeCommit(1);
  ReceiptsFuture in_doubt = stage_.Submit(ReportOf(1).Build());
  // Leading, the append that failed. The attempts that follow fail the same way.
  const std::vector<absl::Status> lead = stage_.lead.Await(2);
  EXPECT_TRUE(lead[0].ok());
  EXPECT_EQ(lead[1].code(), absl::StatusCode::kUnavailable);
  const auto answer = stage_.Submit(ReportOf(2).Build()).get();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(answer.status()), "LEDGER_UNAVAILABLE");
  EXPECT_GT(DetailOf(answer.status()).retry_after_ms, 0);
  EXPECT_EQ(ReasonOf(stage_.writer.Lead()), "LEDGER_UNAVAILABLE");
  stage_.ledger.FailTakeLead(0);
  EXPECT_EQ(in_doubt.get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_TRUE(stage_.lead.Await(3)[2].ok());
  EXPECT_TRUE(stage_.writer.Lead().ok());
}

TEST_F(LedgerWriterInDoubtTest, WhatWaitsBehindACommitInDoubtIsAnsweredAtOnce) {
  stage_.ledger.HoldAppends();
  ReceiptsFuture in_doubt = stage_.Submit(ReportOf(1).Build());
  stage_.ledger.AwaitHeldAppend();
  ReceiptsFuture behind = stage_.Submit(ReportOf(2).Build());
  stage_.ledger.FailTakeLead(-1);
  stage_.ledger.FailAppendsBeforeCommit(1);
  stage_.ledger.ReleaseAppends();
  EXPECT_EQ(ReasonOf(behind.get().status()), "LEDGER_UNAVAILABLE");
  stage_.ledger.FailTakeLead(0);
  EXPECT_TRUE(in_doubt.get().ok());
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
}

TEST(LedgerWriterDoubtLimitsTest, ACommitInDoubtIsGivenUpAfterAWhile) {
  LedgerWriter::Options options = QuickOptions();
  options.in_doubt_max = absl::Milliseconds(1);
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(2).Request()).get().ok());
  stage.ledger.FailTakeLead(-1);
  stage.ledger.FailAppendsAfterCommit(1);
  const auto answer = stage.Submit(ReportOf(1).Build()).get();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(answer.status()), "COMMIT_UNKNOWN");
  stage.ledger.FailTakeLead(0);
  stage.lead.Await(3);
  EXPECT_TRUE(stage.Record(ReportOf(1).Build()).repeated_submission);
}

TEST(LedgerWriterDoubtLimitsTest, AReportThatTheStoreCannotTakeDoesNotStopTheOthers) {
  WriterStage stage;
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(20).Request()).get().ok());
  const election::StationKey poisoned{.contest_no = 0, .source_no = 0, .station_no = 12};
  stage.ledger.FailAppendsOf([poisoned](const AppendedEntry& appended) {
    const auto* report = std::get_if<election::ReportRecorded>(&appended.entry.event);
    return report != nullptr && report->key == poisoned;
  });
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> answers;
  answers.push_back(stage.Submit(ReportOf(20).Build()));
  stage.ledger.AwaitHeldAppend();
  for (int station = 1; station < 20; ++station) {
    answers.push_back(stage.Submit(ReportOf(station).Build()));
  }
  stage.ledger.ReleaseAppends();
  // Those before it are committed in ever smaller groups; it and those behind it stay in doubt.
  for (std::size_t i = 0; i < 13; ++i) EXPECT_TRUE(answers[i].get().ok()) << i;
  stage.ledger.FailAppendsOf(nullptr);
  for (std::size_t i = 13; i < answers.size(); ++i) EXPECT_TRUE(answers[i].get().ok()) << i;
}

}  // namespace
}  // namespace canvass::aggregator
