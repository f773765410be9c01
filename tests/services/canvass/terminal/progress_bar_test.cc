#include "services/canvass/terminal/progress_bar.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(ProgressBarTest, FillsInProportion) {
  EXPECT_EQ(RenderBar(0, 8545, "reports"),
            "[                              ]   0 %  0 of 8 545 reports");
  EXPECT_EQ(RenderBar(4273, 8545, "reports"),
            "[###############               ]  50 %  4 273 of 8 545 reports");
  // Not full before the last one.
  EXPECT_EQ(RenderBar(8544, 8545, "reports"),
            "[############################# ]  99 %  8 544 of 8 545 reports");
  EXPECT_EQ(RenderBar(8545, 8545, "reports"),
            "[##############################] 100 %  8 545 of 8 545 reports");
  EXPECT_EQ(RenderBar(0, 0, "reports"), "[##############################] 100 %  0 of 0 reports");
}

TEST(ProgressBarTest, WritesALineATenthWithoutATerminal) {
  std::ostringstream out;
  std::ostringstream messages;
  Console console{.out = out, .messages = messages};
  {
    ProgressBar bar(console, 1000, "reports");
    for (int i = 0; i < 1000; ++i) bar.Advance();
  }
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(messages.str(),
              HasSubstr(" 10 %  100 of 1 000 reports\n 20 %  200 of 1 000 reports\n"));
  EXPECT_THAT(messages.str(), EndsWith("100 %  1 000 of 1 000 reports\n"));
}

TEST(ProgressBarTest, EndsWithTheWholeBarOnATerminal) {
  std::ostringstream out;
  std::ostringstream messages;
  Console console{.out = out, .messages = messages, .messages_is_terminal = true};
  {
    ProgressBar bar(console, 3, "reports");
    bar.Advance(3);
    bar.Say("The reporter is away.");
  }
  EXPECT_THAT(messages.str(), HasSubstr("\r\x1b[KThe reporter is away.\n"));
  EXPECT_THAT(messages.str(), EndsWith("100 %  3 of 3 reports\n"));
}

}  // namespace
}  // namespace canvass::cli
