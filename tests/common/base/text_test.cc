#include "common/base/text.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace canvass {
namespace {

constexpr std::string_view kNulInside("a\0b", 3);

TEST(StrCatTest, TakesStandardStringViews) {
  EXPECT_EQ(StrCat(std::string_view("revision "), 12, ", ", std::string("next"), " ", -3),
            "revision 12, next -3");
  EXPECT_EQ(StrCat(), "");
  EXPECT_EQ(StrCat(kNulInside), std::string(kNulInside));
}

TEST(StrAppendTest, Appends) {
  std::string text = "a";
  StrAppend(&text, std::string_view("b"), 1);
  EXPECT_EQ(text, "ab1");
}

TEST(ToAbslTest, IsTheSameText) {
  EXPECT_EQ(ToAbsl(kNulInside).data(), kNulInside.data());
  EXPECT_EQ(ToAbsl(kNulInside).size(), 3U);
  EXPECT_TRUE(ToAbsl({}).empty());
}

}  // namespace
}  // namespace canvass
