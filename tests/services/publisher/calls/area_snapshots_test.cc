#include "services/publisher/calls/area_snapshots.h"

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

AreaSnapshot SnapshotAt(std::int64_t sequence, std::size_t areas = 2) {
  AreaSnapshot snapshot{.election_id = "e-1", .filter = 7};
  snapshot.as_of.set_sequence(sequence);
  snapshot.areas.resize(areas);
  return snapshot;
}

TEST(AreaSnapshotsTest, FindsWhatItKeeps) {
  const testing::ManualClock clock;
  AreaSnapshots snapshots(clock);
  snapshots.Keep(SnapshotAt(5));
  snapshots.Keep(SnapshotAt(6));
  ASSERT_NE(snapshots.Find("e-1", 7, 5), nullptr);
  EXPECT_EQ(snapshots.Find("e-1", 7, 5)->as_of.sequence(), 5);
  EXPECT_EQ(snapshots.Find("e-1", 7, 4), nullptr);
  EXPECT_EQ(snapshots.Find("e-1", 8, 5), nullptr);
  EXPECT_EQ(snapshots.Find("e-2", 7, 5), nullptr);
}

TEST(AreaSnapshotsTest, ForgetsAfterAMinute) {
  testing::ManualClock clock;
  AreaSnapshots snapshots(clock);
  snapshots.Keep(SnapshotAt(5));
  clock.Advance(absl::Seconds(59));
  EXPECT_NE(snapshots.Find("e-1", 7, 5), nullptr);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(snapshots.Find("e-1", 7, 5), nullptr);
}

TEST(AreaSnapshotsTest, GivesEveryReaderHalfAMinuteAtLeast) {
  testing::ManualClock clock;
  AreaSnapshots snapshots(clock);
  snapshots.Keep(SnapshotAt(5));
  clock.Advance(absl::Seconds(20));
  snapshots.Keep(SnapshotAt(5));  // shared
  clock.Advance(absl::Seconds(20));
  snapshots.Keep(SnapshotAt(5));  // kept anew
  clock.Advance(absl::Seconds(50));
  EXPECT_NE(snapshots.Find("e-1", 7, 5), nullptr);
}

TEST(AreaSnapshotsTest, DropsTheOldestWhenThereIsNoRoom) {
  const testing::ManualClock clock;
  AreaSnapshots snapshots(clock);
  snapshots.Keep(SnapshotAt(5, AreaSnapshots::kAreasMax / 2));
  snapshots.Keep(SnapshotAt(6, AreaSnapshots::kAreasMax / 2));
  EXPECT_NE(snapshots.Find("e-1", 7, 5), nullptr);
  snapshots.Keep(SnapshotAt(7, 1));
  EXPECT_EQ(snapshots.Find("e-1", 7, 5), nullptr);
  EXPECT_NE(snapshots.Find("e-1", 7, 6), nullptr);
  EXPECT_NE(snapshots.Find("e-1", 7, 7), nullptr);
}

}  // namespace
}  // namespace canvass::publisher
