// Fake trees of /proc and /sys, as machines and containers have them.
#include "common/process/memory_limit.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::process {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

class MemoryLimitTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root() + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  void Limit(const std::string& path, std::int64_t mebibytes) {
    Write(path, std::to_string(mebibytes * kMebibyte));
  }
  void Mount2(const std::string& group, const std::string& folder) {
    Write("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/root rw\n31 22 0:26 " + group + " " +
                                     folder +
                                     " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate");
  }
  std::optional<std::int64_t> Mebibytes() {
    const auto limit = MemoryLimit(root());
    return limit ? std::optional(*limit / kMebibyte) : std::nullopt;
  }
  std::string root() { return folder_.path(); }

  testing::TemporaryFolder folder_;
};

TEST_F(MemoryLimitTest, TheSmallestOnTheWayUpCounts) {
  Mount2("/", "/sys/fs/cgroup");
  Write("proc/self/cgroup", "0::/system.slice/canvass.service/worker");
  Write("sys/fs/cgroup/system.slice/canvass.service/worker/memory.max", "max");
  Write("sys/fs/cgroup/system.slice/canvass.service/worker/memory.high", "max");
  EXPECT_EQ(Mebibytes(), std::nullopt);
  Limit("sys/fs/cgroup/system.slice/memory.max", 900);
  EXPECT_EQ(Mebibytes(), 900);
  Limit("sys/fs/cgroup/system.slice/canvass.service/memory.max", 700);
  EXPECT_EQ(Mebibytes(), 700);
  Limit("sys/fs/cgroup/system.slice/canvass.service/memory.high", 600);
  EXPECT_EQ(Mebibytes(), 600);
  Limit("sys/fs/cgroup/system.slice/canvass.service/worker/memory.max", 800);
  EXPECT_EQ(Mebibytes(), 600);
  // Somebody else's.
  Limit("sys/fs/cgroup/system.slice/other.service/memory.max", 5);
  EXPECT_EQ(Mebibytes(), 600);
}

TEST_F(MemoryLimitTest, InANamespaceItsRootIsMounted) {
  Mount2("/", "/sys/fs/cgroup");
  Write("proc/self/cgroup", "0::/");
  Limit("sys/fs/cgroup/memory.max", 300);
  EXPECT_EQ(Mebibytes(), 300);
}

TEST_F(MemoryLimitTest, AGroupOutsideOfTheNamespaceIsNotFollowed) {
  Mount2("/../../other", "/sys/fs/cgroup");
  Write("proc/self/cgroup", "0::/../../outside");
  Limit("sys/fs/cgroup/memory.max", 300);
  Limit("outside/memory.max", 1);
  Limit("sys/fs/outside/memory.max", 1);
  Limit("sys/outside/memory.max", 1);
  EXPECT_EQ(Mebibytes(), 300);
}

TEST_F(MemoryLimitTest, WithoutANamespaceAContainerSeesItsOwnGroupMounted) {
  Mount2("/docker/c1", "/sys/fs/cgroup");
  Write("proc/self/cgroup", "0::/docker/c1/inner");
  Limit("sys/fs/cgroup/memory.max", 300);
  Limit("sys/fs/cgroup/inner/memory.max", 200);
  EXPECT_EQ(Mebibytes(), 200);
  // Not a part of c1.
  Write("proc/self/cgroup", "0::/docker/c12/inner");
  EXPECT_EQ(Mebibytes(), 300);
}

TEST_F(MemoryLimitTest, Version1AndBothTogether) {
  Write("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw");
  Write("proc/self/cgroup", "4:memory:/box/one\n1:cpu:/\n0::/two");
  Write("sys/fs/cgroup/memory/box/one/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(Mebibytes(), std::nullopt);
  Limit("sys/fs/cgroup/memory/box/memory.limit_in_bytes", 400);
  EXPECT_EQ(Mebibytes(), 400);
  Limit("sys/fs/cgroup/unified/two/memory.max", 350);
  EXPECT_EQ(Mebibytes(), 350);
  Limit("sys/fs/cgroup/cpu/memory.limit_in_bytes", 1);
  EXPECT_EQ(Mebibytes(), 350);
}

TEST_F(MemoryLimitTest, NothingThatCanBeReadIsNoLimit) {
  EXPECT_EQ(Mebibytes(), std::nullopt);
  Write("proc/self/mountinfo", "31 22 0:26\n\n- - - -\na b c d e f - cgroup2");
  Write("proc/self/cgroup", "0:\n");
  EXPECT_EQ(Mebibytes(), std::nullopt);
  Mount2("/", "/sys/fs/cgroup");
  Write("sys/fs/cgroup/memory.max", "a lot");
  EXPECT_EQ(Mebibytes(), std::nullopt);
}

TEST(MemoryOfMachineTest, IsThere) { EXPECT_GT(MemoryOfMachine(), 16 * kMebibyte); }

}  // namespace
}  // namespace canvass::process
