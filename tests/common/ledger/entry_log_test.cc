#include "common/ledger/entry_log.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/ledger/root_of.h"

namespace canvass::ledger {
namespace {

TEST(EntryLogTest, StartsEmpty) {
  const EntryLog log;
  EXPECT_EQ(log.size(), 0);
  EXPECT_EQ(log.Root(), RootOf({}));
  EXPECT_EQ(log.RootAt(0), RootOf({}));
}

TEST(EntryLogTest, KeepsBytesAndHashes) {
  EntryLog log;
  log.Append("first");
  log.Append("second");

  EXPECT_EQ(log.size(), 2);
  EXPECT_EQ(log.Get(1), "first");
  EXPECT_EQ(log.Get(2), "second");
  EXPECT_EQ(log.LeafHashOf(2), LeafHash("second"));
  EXPECT_EQ(log.Root(), RootOf({"first", "second"}));
  EXPECT_EQ(log.RootAt(1), RootOf({"first"}));
}

TEST(EntryLogTest, ViewsStayValidWhileItGrows) {
  constexpr std::size_t kMebibyte = 1U << 20U;
  // Small entries around large ones, at and about the size of a block and of what gets its own.
  const std::vector<std::size_t> sizes{0,
                                       100,
                                       kMebibyte / 4 - 1,
                                       kMebibyte / 4,
                                       kMebibyte / 4 + 1,
                                       kMebibyte - 1,
                                       kMebibyte,
                                       kMebibyte + 1,
                                       5 * kMebibyte,
                                       1};
  EntryLog log;
  std::vector<std::string> entries;
  std::vector<std::string_view> views;
  for (int round = 0; round < 10; ++round) {
    for (const std::size_t size : sizes) {
      entries.emplace_back(size, static_cast<char>('a' + round));
      log.Append(entries.back());
      views.push_back(log.Get(log.size()));
    }
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ASSERT_EQ(views[i], entries[i]);
    ASSERT_EQ(views[i].data(), log.Get(static_cast<std::int64_t>(i) + 1).data());
  }
  EXPECT_EQ(log.Root(), RootOf(entries));
}

TEST(EntryLogTest, FirstEntryMayBeLargerThanABlock) {
  const std::string large(3U << 20U, 'x');
  EntryLog log;
  log.Append(large);
  log.Append("small");
  EXPECT_EQ(log.Get(1), large);
  EXPECT_EQ(log.Get(2), "small");
}

}  // namespace
}  // namespace canvass::ledger
