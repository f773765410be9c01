#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

// These tests cover what the writer makes of a report: its checks, its receipt, and its repetition.
namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using LedgerWriterReportsTest = LedgerWriterTest;

TEST_F(LedgerWriterReportsTest, RecordsAReportAndGivesItsReceipt) {
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
  EXPECT_EQ(ledger::Decode(stored.bytes)->actor, "office/country");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterReportsTest, RecordedTimesNeverGoBack) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  stage_.clock.Advance(-absl::Seconds(50));
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).recorded_at, first.recorded_at);
  stage_.clock.Advance(absl::Seconds(100) + absl::Nanoseconds(1500));
  EXPECT_EQ(stage_.Record(ReportOf(3).Build()).recorded_at,
            first.recorded_at + absl::Seconds(50) + absl::Microseconds(1));
}

TEST_F(LedgerWriterReportsTest, ARefusalDoesNotUseUpItsRevision) {
  const Receipt wrong = stage_.Record(ReportOf(1).WithCast(101).Build());
  EXPECT_THAT(RulesOf(wrong),
              ElementsAre(election::Rule::kVotesNotBalanced, election::Rule::kCastAboveIssued));
  EXPECT_EQ(stage_.Record(ReportOf(1).Build()).state, ReceiptState::kRecorded);
  EXPECT_THAT(Refused(), SizeIs(1));
}

TEST_F(LedgerWriterReportsTest, ReportsOfAnUnknownElectionAreKeptWithoutNumbers) {
  const Receipt receipt = stage_.Record(ReportOf(1).WithElection("e-9").Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRefused);
  EXPECT_THAT(RulesOf(receipt), ElementsAre(election::Rule::kElectionUnknown));
  const auto kept = Refused("");
  ASSERT_THAT(kept, SizeIs(1));
  const election::StationReport& report = kept[0].refusal->report;
  EXPECT_EQ(report.election_id, "e-9");
  EXPECT_EQ(report.station_id, "s-1");
  EXPECT_EQ(report.revision, 1);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(report.count));
  EXPECT_EQ(kept[0].refusal->actor, "office/country");
  EXPECT_THAT(Refused("e-9"), IsEmpty());
}

TEST_F(LedgerWriterReportsTest, AHeldReportIsInTheLedgerAndInNoTotal) {
  const Receipt receipt = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kHeld);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 0);
  const auto release = [](const election::Count& count, std::int64_t) {
    return election::CheckRelease(
        count, {.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
                .reason = "The register was late"});
  };
  EXPECT_EQ(stage_.Decide(release).get()->sequence, receipt.sequence + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterReportsTest, ValidationKeepsNothing) {
  const int commits = stage_.store.commits();
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "office/country", .validate_only = true},
      {.report = ReportOf(2).WithCast(101).Build(),
       .actor = "office/country",
       .validate_only = true}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).state, ReceiptState::kRecorded);
  EXPECT_EQ(receipts->at(0).sequence, 0);
  EXPECT_EQ(receipts->at(1).state, ReceiptState::kRefused);
  EXPECT_EQ(stage_.store.commits(), commits);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LedgerWriterReportsTest, TheSameReportAgainGivesTheFirstReceipt) {
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

TEST_F(LedgerWriterReportsTest, OtherContentUnderTheSameRevisionIsRefusedAndLeavesATrace) {
  stage_.Record(ReportOf(1).Build());
  const Receipt other = stage_.Record(ReportOf(1).WithBalancedVotes({61, 30, 6}).Build());
  EXPECT_EQ(other.state, ReceiptState::kRefused);
  EXPECT_EQ(other.sequence, 0);
  EXPECT_THAT(RulesOf(other), ElementsAre(election::Rule::kRevisionConflict));
  ASSERT_THAT(Refused(), SizeIs(1));
  EXPECT_EQ(Refused()[0].refusal->actor, "office/country");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterReportsTest, AResendAfterCertificationStillGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  ASSERT_TRUE(stage_.Decide(Certify(first.sequence)).get().ok());
  const Receipt again = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_TRUE(again.repeated_submission);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).state, ReceiptState::kHeld);
}

TEST_F(LedgerWriterReportsTest, AResendAfterARuleWasSharpenedStillGivesTheFirstReceipt) {
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

// Its receipt may have been lost, and its sender does not know what happened since.
TEST_F(LedgerWriterReportsTest, AReportOfAStationThatWasClosedSinceIsRepeatedAllTheSame) {
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

}  // namespace
}  // namespace canvass::aggregator
