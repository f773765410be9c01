#include "common/base/hash_text.h"

#include <string>

#include "gtest/gtest.h"

namespace canvass {
namespace {

TEST(HashTextTest, HasSixtyFourLowerCaseHexDigits) {
  EXPECT_TRUE(IsHashText(std::string(60, '0') + "9afe"));
  EXPECT_FALSE(IsHashText(std::string(64, 'A')));
  EXPECT_FALSE(IsHashText(std::string(64, 'g')));
  EXPECT_FALSE(IsHashText(std::string(63, 'a')));
  EXPECT_FALSE(IsHashText(std::string(65, 'a')));
  EXPECT_FALSE(IsHashText(""));
}

}  // namespace
}  // namespace canvass
