#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/replay_thread.h"

namespace canvass::aggregator {
namespace {

// Of different lengths, so that batches end anywhere.
std::string BytesOf(std::int64_t sequence) {
  return std::string(static_cast<std::size_t>(1 + sequence % 700), 'a' + sequence % 26);
}

StoredEntry EntryOf(std::int64_t sequence, const std::string& bytes) {
  StoredEntry entry{.election_id = "e-1", .sequence = sequence, .bytes = bytes};
  entry.leaf_hash[0] = static_cast<std::uint8_t>(sequence % 251);
  return entry;
}

// Adds entries 1 to `count`, each from memory that is gone afterwards.
void AddEntries(std::int64_t count, ReplayThread& replay) {
  for (std::int64_t sequence = 1; sequence <= count; ++sequence) {
    replay.Add(EntryOf(sequence, BytesOf(sequence)));
  }
}

TEST(ReplayThreadTest, EntriesAreVisitedInOrderAndWhole) {
  constexpr std::int64_t kEntries = 20'000;  // more than twenty batches
  std::int64_t visited = 0;
  const ReplayThread::Visit visit = [&visited](const StoredEntry& entry) {
    ++visited;
    EXPECT_EQ(entry.election_id, "e-1");
    EXPECT_EQ(entry.sequence, visited);
    EXPECT_EQ(entry.bytes, BytesOf(visited));
    EXPECT_EQ(entry.leaf_hash[0], visited % 251);
    return absl::OkStatus();
  };
  ReplayThread replay("e-1", visit);
  AddEntries(kEntries, replay);
  EXPECT_TRUE(replay.Finish().ok());
  EXPECT_EQ(visited, kEntries);
}

TEST(ReplayThreadTest, NothingIsVisitedBehindAnError) {
  constexpr std::int64_t kEntries = 5'000;
  for (const std::int64_t bad : {std::int64_t{1}, std::int64_t{1'500}, kEntries}) {
    std::int64_t visited = 0;
    const ReplayThread::Visit visit = [&visited, bad](const StoredEntry& entry) {
      ++visited;
      return entry.sequence == bad ? absl::DataLossError("bad") : absl::OkStatus();
    };
    ReplayThread replay("e-1", visit);
    AddEntries(kEntries, replay);
    EXPECT_EQ(replay.Finish(), absl::DataLossError("bad"));
    EXPECT_EQ(visited, bad);
  }
}

TEST(ReplayThreadTest, FewEntriesNeedNoThread) {
  std::vector<std::thread::id> visitors;
  const ReplayThread::Visit visit = [&visitors](const StoredEntry&) {
    visitors.push_back(std::this_thread::get_id());
    return absl::OkStatus();
  };
  ReplayThread replay("e-1", visit);
  AddEntries(3, replay);
  EXPECT_TRUE(replay.Finish().ok());
  EXPECT_EQ(visitors, std::vector<std::thread::id>(3, std::this_thread::get_id()));
}

TEST(ReplayThreadTest, ThereMayBeNoEntry) {
  const ReplayThread::Visit visit = [](const StoredEntry&) {
    return absl::InternalError("visited");
  };
  EXPECT_TRUE(ReplayThread("e-1", visit).Finish().ok());
}

}  // namespace
}  // namespace canvass::aggregator
