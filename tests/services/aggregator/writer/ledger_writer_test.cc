#include "services/aggregator/writer/ledger_writer.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/held_bytes.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

// These tests cover the queue of the writer: its groups, its limits, and its end.
namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::SizeIs;

TEST_F(LedgerWriterTest, WhatWaitsTogetherIsCommittedTogether) {
  std::vector<election::StationReport> reports;
  for (int station = 1; station < kStations; ++station)
    reports.push_back(ReportOf(station).Build());
  const int commits = stage_.store.commits();
  std::vector<ReceiptsFuture> answers = SubmitTogether(reports);
  std::int64_t sequence = kDefinitionEntries;
  for (ReceiptsFuture& answer : answers) EXPECT_EQ(answer.get()->at(0).sequence, ++sequence);
  EXPECT_EQ(stage_.store.commits(), commits + 2);
  EXPECT_EQ(VotesOfA(), 60 * kStations);
}

TEST_F(LedgerWriterTest, TwoReportsOfOneStationAreNeverInOneGroup) {
  const int commits = stage_.store.commits();
  std::vector<ReceiptsFuture> answers = SubmitTogether(
      {ReportOf(1).Build(), ReportOf(1).WithBalancedVotes({70, 30, 6}).Build(),
       ReportOf(1).WithRevision(2).WithBalancedVotes({80, 30, 6}).Build(), ReportOf(1).Build()});
  EXPECT_EQ(answers[1].get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_THAT(RulesOf(answers[2].get()->at(0)), ElementsAre(election::Rule::kRevisionConflict));
  EXPECT_EQ(answers[3].get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_TRUE(answers[4].get()->at(0).repeated_submission);
  // The held one, the first one, and the correction with what was refused before it; the repetition
  // needs none.
  EXPECT_EQ(stage_.store.commits(), commits + 3);
  EXPECT_EQ(VotesOfA(), 60 + 80);
}

TEST_F(LedgerWriterTest, OneMessageMayHoldRevisionsOfOneStation) {
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "office/country"},
      {.report = ReportOf(2).Build(), .actor = "office/country"},
      {.report = ReportOf(1).WithRevision(2).WithBalancedVotes({80, 30, 6}).Build(),
       .actor = "office/country"}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).sequence, kDefinitionEntries + 1);
  EXPECT_EQ(receipts->at(1).sequence, kDefinitionEntries + 2);
  EXPECT_EQ(receipts->at(2).sequence, kDefinitionEntries + 3);
  EXPECT_EQ(VotesOfA(), 80 + 60);
}

TEST(LedgerWriterLimitsTest, AFullQueueTakesReportsThatHaveComeAndTellsDecisionsWhenToComeAgain) {
  LedgerWriter::Options options = QuickOptions();
  options.queued_reports_max = 6;  // three for one caller
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(5).Request()).get().ok());
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> accepted;
  accepted.push_back(stage.Submit(ReportOf(1).Build()));
  stage.ledger.AwaitHeldAppend();
  accepted.push_back(stage.Submit(ReportOf(2).Build()));
  EXPECT_TRUE(stage.writer.HasRoom(""));
  accepted.push_back(stage.Submit(ReportOf(3).Build()));
  EXPECT_FALSE(stage.writer.HasRoom(""));
  EXPECT_TRUE(stage.writer.HasRoom("another caller"));
  accepted.push_back(stage.Submit(ReportOf(4).Build()));
  election::DefinitionChange change = ElectionOf(6).Request();
  change.reason = "one station more";
  const auto refused = stage.Define(change).get();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status()), "QUEUE_FULL");
  EXPECT_GT(DetailOf(refused.status()).retry_after_ms, 0);
  stage.ledger.ReleaseAppends();
  for (ReceiptsFuture& answer : accepted) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(stage.Define(change).get().status(), absl::OkStatus());
  EXPECT_TRUE(stage.writer.HasRoom(""));
}

TEST(LedgerWriterLimitsTest, TheQueueCountsTheMemoryOfDefinitionsAndReports) {
  const election::DefinitionChange built = ElectionOf(2'000).Request();
  // Without spare capacity, as in the queue.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const election::DefinitionChange large = built;
  LedgerWriter::Options options = QuickOptions();
  options.queued_bytes_max = HeldBytes(large) / 2;
  WriterStage stage(options);
  stage.Start();
  stage.ledger.HoldAppends();
  DefinitionFuture defined = stage.Define(large);
  stage.ledger.AwaitHeldAppend();
  EXPECT_FALSE(stage.writer.HasRoom(""));
  const absl::Status refused =
      stage.Define(ElectionOf(5).WithElectionId("e-2").Request()).get().status();
  EXPECT_EQ(ReasonOf(refused), "QUEUE_FULL");
  EXPECT_THAT(DetailOf(refused).metadata,
              IsSupersetOf({Pair("reports_queued", std::string("1")),
                            Pair("bytes_max", absl::StrCat(options.queued_bytes_max)),
                            Pair("bytes_queued", absl::StrCat(HeldBytes(large)))}));
  stage.ledger.ReleaseAppends();
  EXPECT_TRUE(defined.get().ok());
  stage.writer.Stop();  // a request leaves its room after it was answered
  EXPECT_TRUE(stage.writer.HasRoom(""));
}

TEST(LedgerWriterLimitsTest, AMessageLargerThanAGroupIsAnsweredWhole) {
  LedgerWriter::Options options = QuickOptions();
  options.group_reports_max = 4;
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(10).Request()).get().ok());
  const int commits = stage.store.commits();
  std::vector<SubmittedReport> reports;
  for (int station = 1; station <= 10; ++station) {
    reports.push_back({.report = ReportOf(station).Build(), .actor = "office/country"});
  }
  const auto receipts = stage.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  ASSERT_THAT(*receipts, SizeIs(10));
  EXPECT_EQ(receipts->back().sequence, kDefinitionEntries + 10);
  EXPECT_EQ(stage.store.commits(), commits + 3);
}

TEST(LedgerWriterStopTest, FinishesWhatIsQueued) {
  WriterStage stage;
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(5).Request()).get().ok());
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> answers;
  answers.push_back(stage.Submit(ReportOf(1).Build()));
  stage.ledger.AwaitHeldAppend();
  for (int station = 2; station <= 5; ++station)
    answers.push_back(stage.Submit(ReportOf(station).Build()));
  std::thread stop([&stage] { stage.writer.Stop(); });
  stage.ledger.ReleaseAppends();
  for (ReceiptsFuture& answer : answers) EXPECT_TRUE(answer.get().ok());
  stop.join();
  EXPECT_THAT(stage.store.EntriesOf("e-1"), SizeIs(kDefinitionEntries + 5));
  EXPECT_EQ(ReasonOf(stage.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

TEST(LedgerWriterStopTest, EndsAlthoughTheLedgerIsAway) {
  WriterStage stage;
  stage.ledger.FailTakeLead(-1);
  stage.writer.Start();
  stage.lead.Await(1);
  stage.writer.Stop();
  EXPECT_EQ(ReasonOf(stage.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

}  // namespace
}  // namespace canvass::aggregator
