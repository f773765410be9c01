#include "services/canvass/bench/bench_report.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MedianTest, IsTheMiddleOne) {
  EXPECT_EQ(Median({7}), 7);
  EXPECT_EQ(Median({9, 1, 5}), 5);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
}

TEST(PercentileTest, IsTheSmallestThatIsNotBelowThatMany) {
  EXPECT_EQ(Percentile({30, 10, 20}, 50), 20);
  EXPECT_EQ(Percentile({30, 10, 20}, 99), 30);
  EXPECT_EQ(Percentile({30, 10, 20}, 0), 10);
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  EXPECT_EQ(Percentile(hundred, 99), 99);
  EXPECT_EQ(Percentile(hundred, 99.1), 100);
}

class BenchReportTest : public ::testing::Test {
 protected:
  BenchReportTest() {
    report_.AddSetting("stations", "10");
    report_.Declare("ratio", "", ">= 0.60");
    report_.Declare("never measured", "ms");
  }

  std::string Printed(OutputFormat format) {
    options_.format = format;
    report_.Print(invocation_);
    return out_.str();
  }

  std::ostringstream out_;
  std::ostringstream messages_;
  Console console_{.out = out_, .messages = messages_};
  CommonOptions options_;
  const Invocation invocation_{.options = options_, .console = console_};
  BenchReport report_{"ingest"};
};

TEST_F(BenchReportTest, TellsMedianAndSpreadOfWhatWasMeasured) {
  for (const double ratio : {0.75, 0.5, 0.625}) report_.Add("ratio", ratio);
  // 3 s of processor for 2 000 reports.
  report_.AddUse("aggregator", {.cpu_seconds = 1}, {.cpu_seconds = 4, .memory_bytes = 3U << 20U},
                 2'000);
  const nlohmann::json json = nlohmann::json::parse(Printed(OutputFormat::kJson));
  EXPECT_EQ(json["benchmark"], "ingest");
  EXPECT_EQ(json["settings"]["stations"], "10");
  ASSERT_EQ(json["quantities"].size(), 3U);
  const nlohmann::json& ratio = json["quantities"][0];
  EXPECT_EQ(ratio["name"], "ratio");
  EXPECT_EQ(ratio["target"], ">= 0.60");
  EXPECT_EQ(ratio["median"], 0.625);
  EXPECT_EQ(ratio["min"], 0.5);
  EXPECT_EQ(ratio["max"], 0.75);
  EXPECT_EQ(json["quantities"][1]["name"], "aggregator CPU");
  EXPECT_EQ(json["quantities"][1]["median"], 1'500);
  EXPECT_EQ(json["quantities"][2]["name"], "aggregator memory");
  EXPECT_EQ(json["quantities"][2]["median"], 3);
}

TEST_F(BenchReportTest, EveryRunIsToldAsItEnds) {
  const absl::Status status = report_.Measure(2, invocation_, [this](int run) {
    report_.Add("ratio", run);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(messages_.str(), "run 1: ratio 1.000\nrun 2: ratio 2.000\n");
  EXPECT_THAT(Printed(OutputFormat::kTable), HasSubstr("ingest, stations 10\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("never measured")));
}

TEST_F(BenchReportTest, TheFirstErrorEndsIt) {
  int runs = 0;
  const absl::Status status = report_.Measure(5, invocation_, [&runs](int run) {
    ++runs;
    return run == 2 ? absl::UnavailableError("gone") : absl::OkStatus();
  });
  EXPECT_EQ(status, absl::UnavailableError("gone"));
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace canvass::cli::bench
