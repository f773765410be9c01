#include "services/canvass/clients/metric_list.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::SizeIs;

TEST(MetricListTest, ReadsNamesLabelsAndValues) {
  const MetricList list(
      "# HELP a Apples.\n# TYPE a counter\n"
      "a{color=\"red\",kind=\"x\\\"y\\\\\\n\"} 3\n"
      "a{color=\"green\",} 4.5\n"
      "b 1e3 1700000000000\nb -1\nc{le=\"+Inf\"} +Inf\n");
  EXPECT_EQ(list.Value("a", "color", "red"), 3);
  EXPECT_EQ(list.Value("a", "color", "green"), 4.5);
  EXPECT_EQ(list.Find("a").front().Label("kind"), "x\"y\\\n");
  EXPECT_EQ(list.Find("a").front().Label("none"), "");
  EXPECT_EQ(list.Value("b"), -1) << "lines with times are not made here";
  EXPECT_EQ(list.Value("d"), std::nullopt);
  EXPECT_THAT(list.Find("c"), SizeIs(1));
}

TEST(MetricListTest, LeavesOutWhatIsMalformed) {
  for (const char* const line : {"", " ", "a", "a{", "a{b", "a{b=\"", "a{b=\"c", "a{b=\"c\"",
                                 "a{b=\"c\"}", "a{b=\"c\\", "{} 1", "a x", "a{b=\"c\"} x"}) {
    EXPECT_THAT(MetricList(line).all(), SizeIs(0)) << line;
  }
}

}  // namespace
}  // namespace canvass::cli
