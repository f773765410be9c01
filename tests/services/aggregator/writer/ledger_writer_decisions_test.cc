#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

// These tests cover what the writer makes of a decision.
namespace canvass::aggregator {
namespace {

using LedgerWriterDecisionsTest = LedgerWriterTest;

TEST_F(LedgerWriterDecisionsTest, ADecisionThatStandsIsNotRecordedTwice) {
  stage_.Record(ReportOf(1).Build());
  const auto first = stage_.Decide(Annul("s-1", 1)).get();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->sequence, kDefinitionEntries + 2);
  EXPECT_EQ(stage_.Decide(Annul("s-1", 1)).get()->sequence, first->sequence);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 2);
  EXPECT_EQ(VotesOfA(), 0);
}

TEST_F(LedgerWriterDecisionsTest, ADecisionThatIsRefusedLeavesNothing) {
  const auto outcome = stage_.Decide(Annul("s-1", 1)).get();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
  const auto unknown = stage_.Decide(Annul("s-1", 1), "e-9").get();
  EXPECT_EQ(ReasonOf(unknown.status()), "ELECTION_UNKNOWN");
}

}  // namespace
}  // namespace canvass::aggregator
