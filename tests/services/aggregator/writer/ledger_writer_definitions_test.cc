#include <cstddef>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/receipt.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/definition_builder.h"
#include "tests/support/memory_ledger_store.h"
#include "tests/support/report_builder.h"

// These tests cover what the writer makes of a definition.
namespace canvass::aggregator {
namespace {

using LedgerWriterDefinitionsTest = LedgerWriterTest;

TEST_F(LedgerWriterDefinitionsTest, TheSameDefinitionAgainChangesNothing) {
  const auto again = stage_.Define(ElectionOf(kStations).Request()).get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->parts_changed, 0);
  EXPECT_EQ(again->sequence, kDefinitionEntries);
  EXPECT_EQ(again->stations, kStations);
  EXPECT_EQ(again->areas, 1);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterDefinitionsTest, ValidatingADefinitionSaysWhatItWouldChange) {
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

TEST_F(LedgerWriterDefinitionsTest, ARefusedDefinitionLeavesNothing) {
  election::DefinitionChange change;
  change.stations = {testing::MakeStation("s-new", "country"),
                     testing::MakeStation("s-newer", "nowhere")};
  change.reason = "New houses";
  const auto outcome = stage_.Define(change).get();
  EXPECT_EQ(ReasonOf(outcome.status()), "AREA_UNKNOWN");
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST(LedgerWriterLargeDefinitionTest, ALargeRegisterIsSplitAndTakesEffectWhole) {
  WriterStage stage;
  stage.Start();
  const auto outcome = stage.Define(ElectionOf(25'000).Request()).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->stations, 25'000);
  // 25 004 parts of at most 10 000 an entry, and the seal.
  EXPECT_EQ(outcome->sequence, 4);
  EXPECT_EQ(stage.store.commits(), 1);
  const std::vector<testing::MemoryDatabase::Stored> entries = stage.store.EntriesOf("e-1");
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
