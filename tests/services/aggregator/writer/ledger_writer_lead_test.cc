#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

// Who leads, and what a writer that takes the lead reads first.
namespace canvass::aggregator {
namespace {

using ::canvass::testing::MemoryLedgerStore;
using ::testing::SizeIs;

using LedgerWriterLeadTest = LedgerWriterTest;

TEST_F(LedgerWriterLeadTest, TheLeadThatAnotherTookIsNoticedWhileIdle) {
  MemoryLedgerStore other(stage_.store);
  stage_.ledger.FailTakeLead(-1);
  stage_.store.BreakSession();
  ASSERT_TRUE(other.TakeLead().ok());
  stage_.ledger.FailTakeLead(0);
  stage_.lead.AwaitReason("NOT_ACTIVE");
  EXPECT_EQ(ReasonOf(stage_.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

TEST_F(LedgerWriterLeadTest, GoesOnAfterWhatAnotherWriterRecorded) {
  {
    stage_.ledger.FailTakeLead(-1);
    stage_.store.BreakSession();
    stage_.lead.Await(2);
    WriterStage other;
    MemoryLedgerStore ledger(stage_.store);
    LeadLog lead;
    LedgerWriter writer(ledger, other.committed, other.clock, QuickOptions(),
                        [&lead](const absl::Status& status) { lead.Add(status); });
    writer.Start();
    lead.Await(1);
    std::promise<void> recorded;
    writer.Submit(writer.NewStream("caller"),
                  {{.report = ReportOf(1).Build(), .actor = "office/country"}},
                  [&recorded](const auto& /*receipts*/) { recorded.set_value(); });
    recorded.get_future().get();
  }
  stage_.ledger.FailTakeLead(0);
  stage_.lead.Await(3);
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_TRUE(stage_.Record(ReportOf(1).Build()).repeated_submission);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).sequence, kDefinitionEntries + 2);
}

// Another aggregator over the same store, standing by.
struct Standby {
  explicit Standby(testing::MemoryDatabase& store)
      : ledger(store),
        writer(ledger, committed, clock, QuickOptions(),
               [this](const absl::Status& status) { lead.Add(status); }) {
    writer.Start();
    lead.Await(1);
  }

  // Waits until the committed ledgers hold this many entries.
  void Await(std::size_t entries) const {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Sequence() < entries && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_EQ(Sequence(), entries);
  }

  std::size_t Sequence() const {
    return committed.Reading([](const CommittedLedgers::Contents& contents) -> std::size_t {
      const ledger::ElectionLedger* const ledger = contents.Find("e-1");
      return ledger == nullptr ? 0 : static_cast<std::size_t>(ledger->sequence());
    });
  }

  MemoryLedgerStore ledger;
  testing::ManualClock clock;
  CommittedLedgers committed;
  LeadLog lead;
  LedgerWriter writer;
};

TEST_F(LedgerWriterLeadTest, AStandbyFollowsTheLedgerAndTakesOver) {
  Standby standby(stage_.store);
  EXPECT_EQ(ReasonOf(standby.lead.Await(1)[0]), "NOT_ACTIVE");
  standby.Await(kDefinitionEntries);
  stage_.Record(ReportOf(1).Build());
  standby.Await(kDefinitionEntries + 1);
  EXPECT_EQ(ReasonOf(standby.writer.Lead()), "NOT_ACTIVE");
  stage_.ledger.FailTakeLead(-1);
  stage_.store.BreakSession();
  EXPECT_TRUE(standby.lead.Await(2)[1].ok());
  EXPECT_EQ(standby.Sequence(), EntryCount());
  stage_.ledger.FailTakeLead(0);
}

TEST_F(LedgerWriterLeadTest, AStandbyReadsARestoredLedgerAnew) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  Standby standby(stage_.store);
  standby.Await(kDefinitionEntries + 2);
  standby.ledger.FailTakeLead(-1);
  stage_.store.Restore("e-1", kDefinitionEntries + 1);
  stage_.lead.Await(3);
  stage_.Record(ReportOf(3).Build());
  stage_.Record(ReportOf(4).Build());
  standby.ledger.FailTakeLead(0);
  standby.Await(kDefinitionEntries + 3);
  const auto stored = stage_.store.EntriesOf("e-1");
  standby.committed.Reading([&stored](const CommittedLedgers::Contents& committed) {
    for (std::size_t i = 0; i < stored.size(); ++i) {
      EXPECT_EQ(committed.Find("e-1")->log().LeafHashOf(static_cast<std::int64_t>(i) + 1),
                stored[i].leaf_hash);
    }
  });
}

TEST_F(LedgerWriterLeadTest, ARestoredLedgerIsReadAnew) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  stage_.store.Restore("e-1", kDefinitionEntries + 1);
  stage_.lead.Await(3);
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).sequence, kDefinitionEntries + 2);
}

TEST_F(LedgerWriterLeadTest, ALedgerThatLostEntriesIsNotServed) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  stage_.store.Lose("e-1", kDefinitionEntries + 1);
  const std::vector<absl::Status> lead = stage_.lead.Await(3);
  EXPECT_EQ(lead[2].code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(stage_.writer.Lead().ok());
  EXPECT_EQ(VotesOfA(), 120);
}

TEST(LedgerWriterStartTest, KeepsTryingAndSaysSoOnceForEachReason) {
  WriterStage stage;
  stage.ledger.FailTakeLead(20);
  stage.writer.Start();
  const std::vector<absl::Status> lead = stage.lead.Await(2);
  ASSERT_THAT(lead, SizeIs(2));
  EXPECT_EQ(lead[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(lead[1].ok());
}

TEST(LedgerWriterStartTest, FoldsWhatIsThere) {
  testing::MemoryDatabase store;
  WriterStage unused;
  for (int round = 1; round <= 2; ++round) {
    MemoryLedgerStore ledger(store);
    CommittedLedgers committed;
    LeadLog lead;
    LedgerWriter writer(ledger, committed, unused.clock, QuickOptions(),
                        [&lead](const absl::Status& status) { lead.Add(status); });
    writer.Start();
    lead.Await(1);
    std::promise<std::size_t> parts;
    writer.Define({.election_id = "e-1", .actor = "office", .change = ElectionOf(2).Request()},
                  [&parts](const auto& outcome) { parts.set_value(outcome->parts_changed); });
    EXPECT_EQ(parts.get_future().get(), round == 1 ? 6 : 0);
    std::promise<std::vector<Receipt>> receipts;
    writer.Submit(writer.NewStream("caller"),
                  {{.report = ReportOf(1).Build(), .actor = "office/country"},
                   {.report = ReportOf(2).WithCast(101).Build(), .actor = "office/country"}},
                  [&receipts](auto answer) { receipts.set_value(*std::move(answer)); });
    EXPECT_EQ(receipts.get_future().get().at(0).repeated_submission, round == 2);
    writer.Stop();
    const auto refused = committed.Reading([](const CommittedLedgers::Contents& contents) {
      return contents.refused.List("e-1", {}, 0, 100).size();
    });
    EXPECT_EQ(refused, round);
  }
}

}  // namespace
}  // namespace canvass::aggregator
