#include "services/aggregator/ledger_writer.h"

#include <string>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/election/decision_check.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer_stage.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(LedgerWriterTest, RecordsAReportAndGivesItsReceipt) {
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_EQ(receipt.key, (election::ReportKey{.election_id = "e-1",
                                              .contest_id = "president",
                                              .source_id = "cec",
                                              .station_id = "s-1",
                                              .revision = 1}));
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_EQ(receipt.recorded_at, stage_.clock.Now());
  EXPECT_FALSE(receipt.repeated_submission);
  const auto stored = stage_.store.EntriesOf("e-1").at(kDefinitionEntries);
  EXPECT_EQ(receipt.entry_hash, ledger::LeafHash(stored.bytes));
  EXPECT_EQ(ledger::Decode(stored.bytes)->actor, "clerk");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, TheSameReportAgainGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  stage_.clock.Advance(absl::Minutes(1));
  Receipt again = stage_.Record(ReportOf(1).Build());
  EXPECT_TRUE(std::exchange(again.repeated_submission, false));
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.entry_hash, first.entry_hash);
  EXPECT_EQ(again.recorded_at, first.recorded_at);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, OtherContentUnderTheSameRevisionIsRefusedAndLeavesATrace) {
  stage_.Record(ReportOf(1).Build());
  const Receipt other = stage_.Record(ReportOf(1).WithBalancedVotes({61, 30, 6}).Build());
  EXPECT_EQ(other.state, ReceiptState::kRefused);
  EXPECT_EQ(other.sequence, 0);
  EXPECT_THAT(RulesOf(other), ElementsAre(election::Rule::kRevisionConflict));
  ASSERT_THAT(Refused(), SizeIs(1));
  EXPECT_EQ(Refused()[0].refusal->actor, "clerk");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ARefusalDoesNotUseUpItsRevision) {
  const Receipt wrong = stage_.Record(ReportOf(1).WithCast(101).Build());
  EXPECT_THAT(RulesOf(wrong),
              ElementsAre(election::Rule::kVotesNotBalanced, election::Rule::kCastAboveIssued));
  EXPECT_EQ(stage_.Record(ReportOf(1).Build()).state, ReceiptState::kRecorded);
  EXPECT_THAT(Refused(), SizeIs(1));
}

TEST_F(LedgerWriterTest, ReportsOfAnUnknownElectionAreAnsweredAndNotKept) {
  const int commits = stage_.store.commits();
  const Receipt receipt = stage_.Record(ReportOf(1).WithElection("e-9").Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRefused);
  EXPECT_THAT(RulesOf(receipt), ElementsAre(election::Rule::kElectionUnknown));
  EXPECT_EQ(stage_.store.commits(), commits);
}

TEST_F(LedgerWriterTest, AHeldReportIsInTheLedgerAndInNoTotal) {
  const Receipt receipt = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kHeld);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 0);
  const auto release = [](const BookedLedger& booked) {
    return election::CheckRelease(
        booked.count(), {.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
                         .reason = "The register was late"});
  };
  EXPECT_EQ(stage_.Decide(release).get()->sequence, receipt.sequence + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ValidationKeepsNothing) {
  const int commits = stage_.store.commits();
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "clerk", .validate_only = true},
      {.report = ReportOf(2).WithCast(101).Build(), .actor = "clerk", .validate_only = true}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).state, ReceiptState::kRecorded);
  EXPECT_EQ(receipts->at(0).sequence, 0);
  EXPECT_EQ(receipts->at(1).state, ReceiptState::kRefused);
  EXPECT_EQ(stage_.store.commits(), commits);
  EXPECT_THAT(Refused(), IsEmpty());
}

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
  // The held one, three groups with something to keep; the repetition needs none.
  EXPECT_EQ(stage_.store.commits(), commits + 4);
  EXPECT_EQ(VotesOfA(), 60 + 80);
}

TEST_F(LedgerWriterTest, OneMessageMayHoldRevisionsOfOneStation) {
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "clerk"},
      {.report = ReportOf(2).Build(), .actor = "clerk"},
      {.report = ReportOf(1).WithRevision(2).WithBalancedVotes({80, 30, 6}).Build(),
       .actor = "clerk"}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).sequence, kDefinitionEntries + 1);
  EXPECT_EQ(receipts->at(1).sequence, kDefinitionEntries + 2);
  EXPECT_EQ(receipts->at(2).sequence, kDefinitionEntries + 3);
  EXPECT_EQ(VotesOfA(), 80 + 60);
}

TEST_F(LedgerWriterTest, AResendAfterCertificationStillGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  ASSERT_TRUE(stage_.Decide(Certify(first.sequence)).get().ok());
  const Receipt again = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_TRUE(again.repeated_submission);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).state, ReceiptState::kHeld);
}

TEST_F(LedgerWriterTest, AResendAfterARuleWasSharpenedStillGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  ASSERT_EQ(first.state, ReceiptState::kHeld);
  election::DefinitionChange change;
  change.election =
      ElectionOf(0)
          .WithSeverity(election::Rule::kCastAboveRegistered, election::Severity::kReject)
          .Request()
          .election;
  change.reason = "Second thoughts";
  const auto changed = stage_.Define(change).get();
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->parts_changed, 1);
  const Receipt again = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  EXPECT_EQ(again.state, ReceiptState::kHeld);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(stage_.Record(ReportOf(2).WithRegistered(99).Build()).state, ReceiptState::kRefused);
}

TEST_F(LedgerWriterTest, ADecisionThatStandsIsNotRecordedTwice) {
  stage_.Record(ReportOf(1).Build());
  const auto first = stage_.Decide(Annul("s-1", 1)).get();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->sequence, kDefinitionEntries + 2);
  EXPECT_EQ(stage_.Decide(Annul("s-1", 1)).get()->sequence, first->sequence);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 2);
  EXPECT_EQ(VotesOfA(), 0);
}

// Its receipt may have been lost, and its sender does not know what happened since.
TEST_F(LedgerWriterTest, AReportOfAStationThatWasClosedSinceIsRepeatedAllTheSame) {
  const election::StationReport report = ReportOf(1).Build();
  const Receipt first = stage_.Record(report);
  ASSERT_TRUE(stage_.Decide(Annul("s-1", 1)).get().ok());
  election::DefinitionChange change;
  change.reason = "the water";
  change.stations = {{.id = "s-1", .closed_reason = "flooded"}};
  ASSERT_TRUE(stage_.Define(std::move(change)).get().ok());
  const Receipt again = stage_.Record(report);
  EXPECT_EQ(again.state, ReceiptState::kRecorded);
  EXPECT_TRUE(again.repeated_submission);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(stage_.Record(ReportOf(1).WithCast(101).Build()).state, ReceiptState::kRefused);
}

TEST_F(LedgerWriterTest, ADecisionThatIsRefusedLeavesNothing) {
  const auto outcome = stage_.Decide(Annul("s-1", 1)).get();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
  const auto unknown = stage_.Decide(Annul("s-1", 1), "e-9").get();
  EXPECT_EQ(ReasonOf(unknown.status()), "ELECTION_UNKNOWN");
}

TEST_F(LedgerWriterTest, TheSameDefinitionAgainChangesNothing) {
  const auto again = stage_.Define(ElectionOf(kStations).Request()).get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->parts_changed, 0);
  EXPECT_EQ(again->sequence, kDefinitionEntries);
  EXPECT_EQ(again->stations, kStations);
  EXPECT_EQ(again->areas, 1);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, ValidatingADefinitionSaysWhatItWouldChange) {
  election::DefinitionChange change;
  change.stations.push_back(testing::MakeStation("s-new", "country"));
  change.reason = "A new house";
  const auto outcome = stage_.Define(change, /*validate_only=*/true).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->parts_changed, 1);
  EXPECT_EQ(outcome->stations, kStations + 1);
  EXPECT_EQ(outcome->sequence, kDefinitionEntries);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, ARefusedDefinitionLeavesNothing) {
  election::DefinitionChange change;
  change.stations = {testing::MakeStation("s-new", "country"),
                     testing::MakeStation("s-newer", "nowhere")};
  change.reason = "New houses";
  const auto outcome = stage_.Define(change).get();
  EXPECT_EQ(ReasonOf(outcome.status()), "AREA_UNKNOWN");
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, RecordedTimesNeverGoBack) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  stage_.clock.Advance(-absl::Hours(1));
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).recorded_at, first.recorded_at);
  stage_.clock.Advance(absl::Hours(2) + absl::Nanoseconds(1500));
  EXPECT_EQ(stage_.Record(ReportOf(3).Build()).recorded_at,
            first.recorded_at + absl::Hours(1) + absl::Microseconds(1));
}

TEST(LedgerWriterLimitsTest, AFullQueueTakesReportsThatHaveComeAndTellsDecisionsWhenToComeAgain) {
  LedgerWriter::Options options = QuickOptions();
  options.queued_reports_max = 3;
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(5).Request()).get().ok());
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> accepted;
  accepted.push_back(stage.Submit(ReportOf(1).Build()));
  stage.ledger.AwaitHeldAppend();
  accepted.push_back(stage.Submit(ReportOf(2).Build()));
  EXPECT_TRUE(stage.writer.HasRoom());
  accepted.push_back(stage.Submit(ReportOf(3).Build()));
  EXPECT_FALSE(stage.writer.HasRoom());
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
  EXPECT_TRUE(stage.writer.HasRoom());
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
    reports.push_back({.report = ReportOf(station).Build(), .actor = "clerk"});
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

TEST(LedgerWriterDefinitionTest, ALargeRegisterIsSplitAndTakesEffectWhole) {
  WriterStage stage;
  stage.Start();
  const auto outcome = stage.Define(ElectionOf(25'000).Request()).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->stations, 25'000);
  // 25 004 parts of at most 10 000 an entry, and the seal.
  EXPECT_EQ(outcome->sequence, 4);
  EXPECT_EQ(stage.store.commits(), 1);
  const std::vector<testing::MemoryStore::Stored> entries = stage.store.EntriesOf("e-1");
  std::string hashes;
  for (std::size_t i = 0; i < 3; ++i) {
    hashes.append(entries[i].leaf_hash.begin(), entries[i].leaf_hash.end());
  }
  const auto seal = ledger::Decode(entries[3].bytes);
  EXPECT_EQ(seal->event, election::Event(election::DefinitionSeal{
                             .parts = 3, .digest = ledger::Sha256(hashes)}));
  EXPECT_EQ(stage.Record(ReportOf(25'000).Build()).state, ReceiptState::kRecorded);
}

}  // namespace
}  // namespace canvass::aggregator
