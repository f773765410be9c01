#include "common/base/varint.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

using ::testing::IsEmpty;

TEST(VarintTest, TakesAsManyBytesAsTheNumberNeeds) {
  const auto bytes = [](std::uint64_t value) {
    std::string to;
    AppendVarint(to, value);
    return to;
  };
  EXPECT_EQ(bytes(0), std::string(1, '\0'));
  EXPECT_EQ(bytes(127), "\x7f");
  EXPECT_EQ(bytes(128), "\x80\x01");
  EXPECT_EQ(bytes(300), "\xac\x02");  // the example of the Protobuf documentation
  EXPECT_EQ(bytes(std::numeric_limits<std::uint64_t>::max()).size(), 10);
}

TEST(VarintTest, IsTakenBack) {
  std::string bytes;
  for (unsigned bit = 0; bit < 64; ++bit) {
    AppendVarint(bytes, std::uint64_t{1} << bit);
    AppendVarint(bytes, (std::uint64_t{1} << bit) - 1);
  }
  std::string_view rest = bytes;
  for (unsigned bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(TakeVarint(rest), std::uint64_t{1} << bit);
    EXPECT_EQ(TakeVarint(rest), (std::uint64_t{1} << bit) - 1);
  }
  EXPECT_THAT(rest, IsEmpty());
}

TEST(VarintTest, ZigZagKeepsNumbersNearZeroSmall) {
  EXPECT_EQ(ZigZag(0), 0);
  EXPECT_EQ(ZigZag(-1), 1);
  EXPECT_EQ(ZigZag(1), 2);
  EXPECT_EQ(ZigZag(-2), 3);
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {Limits::min(), Limits::max(), std::int64_t{-300}}) {
    EXPECT_EQ(UnZigZag(ZigZag(value)), value);
  }
}

}  // namespace
}  // namespace canvass
