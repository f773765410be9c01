#include "common/telemetry/limited_log.h"

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/telemetry/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::telemetry {
namespace {

TEST(LimitedLogTest, AFloodLeavesLinesOutAndSaysHowMany) {
  LimitedLog log;
  const absl::Duration start = absl::Seconds(1'000);
  for (int i = 0; i < static_cast<int>(LimitedLog::kBurst); ++i) EXPECT_EQ(log.Take(start), 0U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(log.Take(start), std::nullopt);
  EXPECT_EQ(log.Take(start + absl::Seconds(1)), 500U);
  EXPECT_EQ(log.Take(start + absl::Seconds(1)), std::nullopt);
  EXPECT_EQ(log.Take(start + absl::Seconds(2)), 1U);
}

TEST(LimitedLogTest, FieldsAreMadeOnlyForLinesThatAreWritten) {
  StartLog("aggregator", "info");
  LimitedLog log;
  int made = 0;
  testing::internal::CaptureStderr();
  for (int i = 0; i < 10 * static_cast<int>(LimitedLog::kBurst); ++i) {
    log.Info("refused", [&made] {
      ++made;
      return LogFields{{"rule", "COUNT_MISSING"}};
    });
  }
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_LT(made, 3 * LimitedLog::kBurst);
  EXPECT_THAT(lines, ::testing::HasSubstr("aggregator: refused rule=COUNT_MISSING\n"));
}

}  // namespace
}  // namespace canvass::telemetry
