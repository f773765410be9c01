#include "common/base/utf8.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace canvass {
namespace {

using std::string_view_literals::operator""sv;

TEST(IsUtf8Test, TakesEveryLength) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8("\0"sv));
  EXPECT_TRUE(IsUtf8("Müsavat"));
  EXPECT_TRUE(IsUtf8("Əhmədov, Выборы, 選挙, 🗳"));
}

// The first and last of each row of RFC 3629 section 4.
TEST(IsUtf8Test, KnowsTheEdges) {
  EXPECT_TRUE(IsUtf8("\x7F"));
  EXPECT_TRUE(IsUtf8("\xC2\x80"));
  EXPECT_TRUE(IsUtf8("\xDF\xBF"));
  EXPECT_TRUE(IsUtf8("\xE0\xA0\x80"));
  EXPECT_TRUE(IsUtf8("\xED\x9F\xBF"));
  EXPECT_TRUE(IsUtf8("\xEE\x80\x80"));
  EXPECT_TRUE(IsUtf8("\xEF\xBF\xBF"));
  EXPECT_TRUE(IsUtf8("\xF0\x90\x80\x80"));
  EXPECT_TRUE(IsUtf8("\xF4\x8F\xBF\xBF"));
}

TEST(IsUtf8Test, RefusesOverlongForms) {
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsUtf8("\xC1\xBF"));
  EXPECT_FALSE(IsUtf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(IsUtf8("\xF0\x8F\xBF\xBF"));
}

TEST(IsUtf8Test, RefusesSurrogatesAndWhatLiesAboveUnicode) {
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(IsUtf8("\xF5\x80\x80\x80"));
}

TEST(IsUtf8Test, RefusesWhatIsCutOffOrBegunInTheMiddle) {
  EXPECT_FALSE(IsUtf8("M\xFCsavat"));  // Latin-1
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xC3"));
  EXPECT_FALSE(IsUtf8("\xE9\x81"));
  EXPECT_FALSE(IsUtf8("\xF0\x9F\x97"));
  EXPECT_FALSE(IsUtf8("\xF0\x9F\x97 "));
}

TEST(IsAsciiTest, KnowsTheEdges) {
  EXPECT_TRUE(IsAscii(""));
  EXPECT_TRUE(IsAscii("\0plain\x7F"sv));
  EXPECT_FALSE(IsAscii("plain\x80"));
  EXPECT_FALSE(IsAscii("\xFF"));
  EXPECT_FALSE(IsAscii("Müsavat"));
}

}  // namespace
}  // namespace canvass
