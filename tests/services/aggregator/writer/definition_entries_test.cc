#include "services/aggregator/writer/definition_entries.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/definition_builder.h"

namespace canvass::aggregator {
namespace {

using ::testing::SizeIs;

TEST(DefinitionEntriesTest, ASmallDefinitionIsOnePieceAndTheSeal) {
  EntryBuilder builder("e-1", nullptr, absl::UnixEpoch());
  const std::vector<AppendedEntry> entries =
      DefinitionEntries(builder, "office", ElectionOf(3).Build());
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(std::get<election::DefinitionChange>(entries[0].entry.event), ElectionOf(3).Build());
  EXPECT_EQ(std::get<election::DefinitionSeal>(entries[1].entry.event).parts, 1);
}

TEST(DefinitionEntriesTest, PiecesHoldSoManyPartsAndNoMore) {
  election::DefinitionChange change = ElectionOf(25'000).Build();
  change.reason = "As printed";
  const std::vector<election::DefinitionChange> pieces = SplitDefinition(change);
  ASSERT_THAT(pieces, SizeIs(3));
  EXPECT_EQ(pieces[0].Parts(), kPartsPerEntryMax);
  EXPECT_EQ(pieces[1].Parts(), kPartsPerEntryMax);
  EXPECT_EQ(pieces[2].Parts(), 5'004);
  for (const election::DefinitionChange& piece : pieces) EXPECT_EQ(piece.reason, "As printed");
}

TEST(DefinitionEntriesTest, PiecesOfLongTextsAreSmall) {
  testing::DefinitionBuilder builder;
  for (int i = 0; i < 3'000; ++i) {
    election::Station station = testing::MakeStation("s-" + std::to_string(i), "country");
    station.names = {{"az", std::string(1'000, 'x')}};
    builder.WithStation(std::move(station));
  }
  for (const election::DefinitionChange& piece : SplitDefinition(builder.Request())) {
    EXPECT_LE(piece.stations.size() * 1'000, kDefinitionEntryBytesMax);
  }
}

TEST(DefinitionEntriesTest, JoiningGivesBackWhatWasSplit) {
  const election::DefinitionChange change = ElectionOf(12'345).Build();
  EntryBuilder builder("e-1", nullptr, absl::UnixEpoch());
  EXPECT_EQ(JoinDefinition(DefinitionEntries(builder, "office", change)), change);
}

}  // namespace
}  // namespace canvass::aggregator
