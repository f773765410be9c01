#include "common/base/big_endian.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace canvass {
namespace {

using std::string_view_literals::operator""sv;

TEST(BigEndianTest, ReadsTheFirstBytes) {
  EXPECT_EQ(ReadBigEndian<std::int16_t>("\x01\x02 and more"sv), 0x0102);
  EXPECT_EQ(ReadBigEndian<std::int16_t>("\xFF\xFE"sv), -2);
  EXPECT_EQ(ReadBigEndian<std::int32_t>("\x00\x00\x01\x00"sv), 256);
  EXPECT_EQ(ReadBigEndian<std::int64_t>("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv), -1);
}

TEST(BigEndianTest, AppendsWhatIsReadAgain) {
  std::string bytes = "x";
  AppendBigEndian(bytes, std::int16_t{0x0102});
  AppendBigEndian(bytes, std::int32_t{-2});
  EXPECT_EQ(bytes, "x\x01\x02\xFF\xFF\xFF\xFE");
  EXPECT_EQ(ReadBigEndian<std::int32_t>(bytes.substr(3)), -2);
}

}  // namespace
}  // namespace canvass
