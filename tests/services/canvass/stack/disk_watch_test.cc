#include "services/canvass/stack/disk_watch.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uintmax_t kMiB = std::uintmax_t{1} << 20U;

TEST(DiskWatchTest, TellsOnceOfEachChange) {
  DiskWatch disk("/data");
  EXPECT_EQ(disk.Look(2000 * kMiB), "");
  EXPECT_THAT(disk.Look(1000 * kMiB), AllOf(HasSubstr("Only 1000 MiB"), HasSubstr("/data")));
  EXPECT_EQ(disk.Look(500 * kMiB), "");
  EXPECT_FALSE(disk.full());
  EXPECT_THAT(disk.Look(3 * kMiB), AllOf(HasSubstr("/data is full"), HasSubstr("3 MiB")));
  EXPECT_TRUE(disk.full());
  EXPECT_EQ(disk.Look(0), "");
  EXPECT_THAT(disk.Look(700 * kMiB), HasSubstr("700 MiB are free again"));
  EXPECT_FALSE(disk.full());
  EXPECT_THAT(disk.Look(9000 * kMiB), HasSubstr("9000 MiB are free again"));
}

TEST(DiskWatchTest, AValueThatWaversAtALimitIsToldOnce) {
  DiskWatch disk("/data");
  EXPECT_NE(disk.Look(1023 * kMiB), "");
  EXPECT_EQ(disk.Look(1025 * kMiB), "");
  EXPECT_EQ(disk.Look(1023 * kMiB), "");
  EXPECT_NE(disk.Look(31 * kMiB), "");
  EXPECT_EQ(disk.Look(33 * kMiB), "");
  EXPECT_TRUE(disk.full());
  EXPECT_NE(disk.Look(41 * kMiB), "");
}

TEST(DiskWatchTest, OneThatBeginsFullIsTold) {
  DiskWatch disk("/data");
  EXPECT_THAT(disk.Look(0), HasSubstr("is full: 0 MiB"));
}

}  // namespace
}  // namespace canvass::cli
