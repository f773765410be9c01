#include "common/telemetry/log.h"

#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/telemetry/metric_sheet.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// What `log` writes to stderr.
template <typename Log>
std::string Captured(const Log& log) {
  testing::internal::CaptureStderr();
  log();
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, LinesNameTimeLevelAndService) {
  StartLog("aggregator", "info");
  const std::string line = Captured([] { LogInfo("listening on 127.0.0.1:1"); });
  EXPECT_THAT(line,
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
                           "info aggregator: listening on 127\\.0\\.0\\.1:1\n"));
}

TEST(LogTest, WhatIsBelowTheLevelIsLeftOut) {
  StartLog("publisher", "warning");
  const std::string lines = Captured([] {
    LogDebug("one");
    LogInfo("two");
    LogWarning("three");
    LogError("four");
  });
  EXPECT_THAT(lines, Not(HasSubstr("one")));
  EXPECT_THAT(lines, Not(HasSubstr("two")));
  EXPECT_THAT(lines, HasSubstr("warning publisher: three\n"));
  EXPECT_THAT(lines, HasSubstr("error publisher: four\n"));
}

TEST(LogTest, AnUnknownLevelIsInfoAndSaysSo) {
  const std::string lines = Captured([] {
    StartLog("reporter", "loud");
    LogDebug("quiet");
    LogInfo("two");
  });
  EXPECT_THAT(lines, HasSubstr("\"loud\""));
  EXPECT_THAT(lines, Not(HasSubstr("quiet")));
  EXPECT_THAT(lines, HasSubstr("two"));
}

// A message is text, not a format.
TEST(LogTest, BracesAreNothingSpecial) {
  StartLog("reporter", "info");
  EXPECT_THAT(Captured([] { LogInfo("{} {0} %v"); }), HasSubstr("{} {0} %v"));
}

TEST(LogTest, JsonIsOneObjectALine) {
  StartLog("reporter", "info", "json");
  const std::string line = Captured([] { LogInfo("{} \"x\"\n", {{"rule", "COUNT_MISSING"}}); });
  StartLog("reporter", "info", "text");
  EXPECT_THAT(
      line, MatchesRegex("\\{\"time\":\"[^\"]*\",\"level\":\"info\",\"service\":\"reporter\","
                         "\"message\":\"\\{\\} \\\\\"x\\\\\" \",\"rule\":\"COUNT_MISSING\"\\}\n"));
}

TEST(LogTest, AutoIsJsonWhereNobodyLooks) {
  const std::string line = Captured([] {  // stderr is a file then
    StartLog("reporter", "info", "auto");
    LogInfo("x");
  });
  EXPECT_THAT(line, HasSubstr("\"message\":\"x\""));
  EXPECT_THAT(Captured([] {
                StartLog("reporter", "info", "yaml");
                StartLog("reporter", "info", "text");
              }),
              HasSubstr("yaml"));
}

TEST(LogTest, CountsLinesByLevel) {
  StartLog("reporter", "info");
  const auto errors = [] {
    MetricSheet sheet;
    AddLogMetrics(sheet);
    const std::string text = sheet.Text();
    return text.substr(text.find("canvass_log_lines_total{level=\"error\"} "));
  };
  const std::string before = errors();
  Captured([] { LogError("x"); });
  EXPECT_NE(errors(), before);
}

TEST(LogTest, DescribesStatuses) {
  EXPECT_EQ(Describe(absl::OkStatus()), "OK");
  EXPECT_EQ(Describe(absl::NotFoundError("no file")), "NOT_FOUND: no file");
  EXPECT_EQ(Describe(MakeError(reason::kNotActive, "stand by")),
            "UNAVAILABLE: stand by (NOT_ACTIVE)");
}

}  // namespace
}  // namespace canvass::telemetry
