#include "services/canvass/import/number.h"

#include <cstdint>
#include <limits>
#include <string>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::HasSubstr;

std::string ReasonOf(const absl::StatusOr<std::int64_t>& number) {
  return number.ok() ? "OK" : DetailOf(number.status()).reason;
}

TEST(ParseCountTest, TakesPlainDigits) {
  EXPECT_EQ(*ParseCount("0"), 0);
  EXPECT_EQ(*ParseCount("4567458"), 4567458);
  EXPECT_EQ(*ParseCount("007"), 7);
  EXPECT_EQ(*ParseCount("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ParseCountTest, RefusesWhatItWouldHaveToGuess) {
  EXPECT_EQ(ReasonOf(ParseCount("")), "NUMBER_EMPTY");
  for (const char* text :
       {"1,234", "1.234", "1 234", "-", "-5", "+5", "4.5", " 7", "7 ", "0x10", "1e3", "n/a", "٣"}) {
    EXPECT_EQ(ReasonOf(ParseCount(text)), "NUMBER_MALFORMED") << text;
    EXPECT_THAT(std::string(ParseCount(text).status().message()), HasSubstr(text));
  }
  EXPECT_EQ(ReasonOf(ParseCount("9223372036854775808")), "NUMBER_TOO_LARGE");
  EXPECT_EQ(ReasonOf(ParseCount("99999999999999999999999")), "NUMBER_TOO_LARGE");
}

// Ballots cast and turnout of stations of Córdoba's provisional count, 2019; the registered voters
// that give exactly this turnout.
TEST(RegisteredFromTurnoutTest, FindsTheRegisteredVotersOfCordoba) {
  EXPECT_EQ(*RegisteredFromTurnout(228, "67.0588"), 340);
  EXPECT_EQ(*RegisteredFromTurnout(214, "62.3906"), 343);
  EXPECT_EQ(*RegisteredFromTurnout(205, "59.9415"), 342);
  EXPECT_EQ(*RegisteredFromTurnout(217, "63.4502"), 342);
  EXPECT_EQ(*RegisteredFromTurnout(450, "128.5714"), 350);
  EXPECT_EQ(*RegisteredFromTurnout(11, "110.0"), 10);
}

TEST(RegisteredFromTurnoutTest, RoundsHalfUp) {
  EXPECT_EQ(*RegisteredFromTurnout(1, "40"), 3);     // 2.5
  EXPECT_EQ(*RegisteredFromTurnout(1, "40.01"), 2);  // 2.4994
  EXPECT_EQ(*RegisteredFromTurnout(3, "200"), 2);    // 1.5
}

TEST(RegisteredFromTurnoutTest, IsExactForNumbersThatADoubleCannotHold) {
  EXPECT_EQ(*RegisteredFromTurnout(9007199254740993, "100.000000000000"), 9007199254740993);
}

TEST(RegisteredFromTurnoutTest, RefusesWhatIsNoTurnout) {
  EXPECT_EQ(*RegisteredFromTurnout(0, "0"), 0);
  EXPECT_EQ(ReasonOf(RegisteredFromTurnout(5, "0.00")), "TURNOUT_ZERO");
  for (const char* text : {"", "67,05", "-1", "67.", ".5", "67 %", "1.2.3", "1.0000000000001"}) {
    EXPECT_EQ(ReasonOf(RegisteredFromTurnout(5, text)), "TURNOUT_MALFORMED") << text;
  }
  EXPECT_EQ(
      ReasonOf(RegisteredFromTurnout(std::numeric_limits<std::int64_t>::max(), "0.000000000001")),
      "NUMBER_TOO_LARGE");
}

TEST(RegisteredFromTurnoutDeathTest, NeedsACountOfBallots) {
  EXPECT_DEBUG_DEATH(RegisteredFromTurnout(-1, "50").IgnoreError(), "cast >= 0");
}

}  // namespace
}  // namespace canvass::cli
