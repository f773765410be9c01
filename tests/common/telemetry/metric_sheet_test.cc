#include "common/telemetry/metric_sheet.h"

#include <cstddef>
#include <string>

#include "common/telemetry/histogram.h"
#include "common/telemetry/process_metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricSheetTest, WritesSeriesOfAFamilyTogether) {
  MetricSheet sheet;
  sheet.AddCounter("canvass_reports_total", "Reports.", 3, {{"result", "RECORDED"}});
  sheet.AddGauge("canvass_leader", "1 if it leads.", 1);
  sheet.AddCounter("canvass_reports_total", "Reports.", 2, {{"result", "HELD"}});
  EXPECT_THAT(sheet.Text(), HasSubstr("# HELP canvass_reports_total Reports.\n"
                                      "# TYPE canvass_reports_total counter\n"
                                      "canvass_reports_total{result=\"RECORDED\"} 3\n"
                                      "canvass_reports_total{result=\"HELD\"} 2\n"));
  EXPECT_THAT(sheet.Text(), HasSubstr("# TYPE canvass_leader gauge\ncanvass_leader 1\n"));
}

TEST(MetricSheetTest, EscapesValuesOfLabels) {
  MetricSheet sheet;
  sheet.AddGauge("g", "Help.", 1, {{"election", "a\"b\\c\nd"}});
  EXPECT_THAT(sheet.Text(), HasSubstr("g{election=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricSheetTest, HistogramsAreCumulative) {
  Histogram histogram({1, 10});
  for (const double value : {0.5, 1.0, 2.0, 50.0}) histogram.Observe(value);
  MetricSheet sheet;
  sheet.AddHistogram("canvass_group_reports", "Reports.", histogram);
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_group_reports_count 4\n"));
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_group_reports_sum 53.5\n"));
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_group_reports_bucket{le=\"1\"} 2\n"));
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_group_reports_bucket{le=\"10\"} 3\n"));
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_group_reports_bucket{le=\"+Inf\"} 4\n"));
}

TEST(MetricSheetTest, AFamilyHasAtMostSoManySeries) {
  MetricSheet sheet;
  for (std::size_t i = 0; i < MetricSheet::kSeriesMax + 5; ++i) {
    sheet.AddGauge("g", "Help.", 1, {{"number", std::to_string(i)}});
  }
  const std::string last = std::to_string(MetricSheet::kSeriesMax);
  EXPECT_THAT(sheet.Text(), Not(HasSubstr("g{number=\"" + last + "\"}")));
  EXPECT_THAT(sheet.Text(), HasSubstr("canvass_metric_series_left_out 5\n"));
}

TEST(ProcessMetricsTest, HaveTheUsualNames) {
  MetricSheet sheet;
  AddProcessMetrics(sheet);
  for (const char* const name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                                 "process_virtual_memory_bytes", "process_open_fds",
                                 "process_max_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(sheet.Text(), HasSubstr(std::string("\n") + name + " "));
    EXPECT_THAT(sheet.Text(), Not(HasSubstr(std::string("\n") + name + " 0\n")));
  }
}

}  // namespace
}  // namespace canvass::telemetry
