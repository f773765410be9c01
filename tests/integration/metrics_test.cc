// What the services tell those who watch them, by their admin ports.
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/clients/admin_client.h"
#include "services/canvass/clients/metric_list.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"
#include "tests/support/source_tree.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using cli::AdminPage;
using cli::MetricList;
using ::nlohmann::json;
using ::testing::HasSubstr;

constexpr absl::Duration kMetricsPatience = absl::Seconds(30);
constexpr char kAggregatorName[] = "canvass-aggregator";
constexpr char kStandbyName[] = "canvass-aggregator-standby";
constexpr char kReporterName[] = "canvass-station-reporter";
constexpr char kPublisherName[] = "canvass-publisher";

bool BecomesTrue(const std::function<bool()>& is_true) {
  const absl::Time deadline = absl::Now() + kMetricsPatience;
  while (!is_true()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return true;
}

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() : stack_(folder_.path(), /*standby=*/true) {
    const ProgramOutcome defined = stack_.Canvass({"define", "-"}, SmallDefinition("small"));
    EXPECT_EQ(defined.exit_code, 0) << defined.err;
  }

  AdminPage Get(const std::string& service, const std::string& path) const {
    std::string address;
    std::ifstream(StrCat(folder_.path(), "/run/", service, "-admin.address")) >> address;
    const auto page = cli::GetAdminPage(address, path);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(AdminPage());
  }
  MetricList MetricsOf(const std::string& service) const {
    return MetricList(Get(service, "/metrics").text);
  }
  void Submit(const std::string& election, const std::string& station, int ann) const {
    stack_.Reporter("SubmitReport",
                    StrCat("{\"report\": ", SmallReport(election, station, ann, 20), "}"));
  }

  const TemporaryFolder folder_;
  RunningStack stack_;
};

TEST_F(MetricsTest, EachServiceCountsWhatItDoes) {
  Submit("small", "n-1", 30);
  Submit("small", "n-1", 30);
  Submit("small", "n-2", -30);
  Submit("small", "n-9", 30);
  ASSERT_TRUE(BecomesTrue([&] {
    return MetricsOf(kPublisherName).Value("canvass_ledger_sequence", "election", "small") ==
           MetricsOf(kAggregatorName).Value("canvass_ledger_sequence", "election", "small");
  }));
  const MetricList leader = MetricsOf(kAggregatorName);
  EXPECT_EQ(leader.Value("canvass_leader"), 1);
  EXPECT_GE(leader.Value("canvass_lead_epoch"), 1);
  EXPECT_EQ(leader.Value("canvass_ledger_diverged"), 0);
  EXPECT_EQ(leader.Value("canvass_reports_total", "result", "RECORDED"), 1);
  EXPECT_EQ(leader.Value("canvass_reports_total", "result", "REFUSED"), 2);
  EXPECT_EQ(leader.Value("canvass_reports_repeated_total"), 1);
  EXPECT_EQ(leader.Value("canvass_report_findings_total", "rule", "COUNT_OUT_OF_RANGE"), 1);
  EXPECT_EQ(leader.Value("canvass_report_findings_total", "rule", "STATION_UNKNOWN"), 1);
  EXPECT_EQ(leader.Value("canvass_stations", "state", "counted"), 1);
  EXPECT_EQ(leader.Value("canvass_stations", "state", "missing"), 2);
  EXPECT_EQ(leader.Value("canvass_write_queue_reports"), 0);
  EXPECT_GE(leader.Value("canvass_commit_seconds_count").value_or(0), 2);
  EXPECT_EQ(leader.Value("canvass_ledger_watchers"), 1);
  EXPECT_EQ(MetricsOf(kStandbyName).Value("canvass_leader"), 0);
  const MetricList reporter = MetricsOf(kReporterName);
  EXPECT_EQ(reporter.Value("canvass_aggregator_reached"), 1);
  EXPECT_EQ(reporter.Value("canvass_outbox_reports", "state", "queued"), 0);
  EXPECT_EQ(reporter.Value("canvass_report_queue_reports"), 0);
  EXPECT_EQ(reporter.Value("grpc_server_started_total", "grpc_method", "SubmitReport"), 4);
  EXPECT_LT(MetricsOf(kPublisherName).Value("canvass_figures_age_seconds").value_or(99), 10);
}

// Names that callers invent make no series, however many there are.
TEST_F(MetricsTest, CallersMakeNoSeries) {
  Submit("small", "n-1", 30);
  Submit("no-such-0", "n-1", 30);
  const std::size_t before = MetricsOf(kAggregatorName).all().size();
  for (int i = 1; i < 20; ++i) Submit(StrCat("no-such-", i), "n-1", 30);
  absl::SleepFor(absl::Seconds(1));
  EXPECT_EQ(MetricsOf(kAggregatorName).all().size(), before);
  EXPECT_THAT(Get(kAggregatorName, "/metrics").text, ::testing::Not(HasSubstr("no-such")));
  EXPECT_EQ(
      MetricsOf(kAggregatorName).Value("canvass_report_findings_total", "rule", "ELECTION_UNKNOWN"),
      20);
}

TEST_F(MetricsTest, ReadyIsWhoShouldGetCalls) {
  EXPECT_EQ(Get(kAggregatorName, "/readyz").status, 200);
  EXPECT_EQ(Get(kReporterName, "/readyz").status, 200);
  EXPECT_EQ(Get(kPublisherName, "/readyz").status, 200);
  EXPECT_EQ(Get(kStandbyName, "/readyz").status, 503);
  EXPECT_TRUE(
      BecomesTrue([&] { return Get(kStandbyName, "/readyz").text.ends_with("(NOT_ACTIVE)\n"); }));
  EXPECT_EQ(Get(kStandbyName, "/healthz").status, 200);
}

TEST_F(MetricsTest, ReadinessFollowsTheLead) {
  const auto before = MetricsOf(kAggregatorName).Value("canvass_lead_epoch");
  ASSERT_TRUE(before.has_value());
  stack_.KillAggregator();
  EXPECT_TRUE(BecomesTrue([&] { return Get(kStandbyName, "/readyz").status == 200; }));
  EXPECT_EQ(MetricsOf(kStandbyName).Value("canvass_leader"), 1);
  EXPECT_EQ(MetricsOf(kStandbyName).Value("canvass_lead_epoch"), *before + 1);
}

TEST_F(MetricsTest, WithoutADatabaseNobodyIsReady) {
  stack_.CrashPostgres();
  EXPECT_TRUE(BecomesTrue([&] { return Get(kAggregatorName, "/readyz").status == 503; }));
  EXPECT_TRUE(BecomesTrue([&] {
    return Get(kAggregatorName, "/readyz").text.find("(LEDGER_UNAVAILABLE)") != std::string::npos;
  })) << Get(kAggregatorName, "/readyz").text;
  EXPECT_EQ(MetricsOf(kAggregatorName).Value("canvass_leader"), 0);
  stack_.RestartPostgres();
  EXPECT_TRUE(BecomesTrue([&] {
    return Get(kAggregatorName, "/readyz").status == 200 ||
           Get(kStandbyName, "/readyz").status == 200;
  }));
}

// A name of a metric in a query, and what its braces ask for.
struct Selector {
  std::string name{};
  std::vector<std::string> labels{};
};

std::vector<Selector> SelectorsOf(const std::string& text) {
  static const std::regex kSelector(R"re(\b((?:canvass|grpc_server|process)_\w+)(\{[^}]*\})?)re");
  static const std::regex kLabel(R"re((\w+)\s*(?:=~|!~|!=|=)\s*")re");
  std::vector<Selector> selectors;
  for (std::sregex_iterator each(text.begin(), text.end(), kSelector), end; each != end; ++each) {
    Selector& selector = selectors.emplace_back(Selector{.name = (*each)[1]});
    const std::string braces = (*each)[2];
    for (std::sregex_iterator label(braces.begin(), braces.end(), kLabel); label != end; ++label) {
      selector.labels.push_back((*label)[1]);
    }
  }
  return selectors;
}

// The queries of the dashboard, and of the alert rules their lines without texts for people.
std::string Queries() {
  std::string queries;
  const json dashboard = json::parse(ReadSourceFile("deploy/monitoring/dashboard.json"));
  for (const json& panel : dashboard["panels"]) {
    for (const json& target : panel["targets"]) {
      StrAppend(&queries, target["expr"].get<std::string>(), "\n");
    }
  }
  for (const json& variable : dashboard["templating"]["list"]) {
    StrAppend(&queries, variable.value("definition", ""), "\n");
  }
  std::istringstream alerts(ReadSourceFile("deploy/monitoring/alerts.yaml"));
  for (std::string line; std::getline(alerts, line);) {
    const bool is_text = line.find("summary: ") != std::string::npos ||
                         line.find("action: ") != std::string::npos || line.starts_with('#');
    if (!is_text) StrAppend(&queries, line, "\n");
  }
  return queries;
}

// A dashboard that shows nothing looks like a system that does nothing.
TEST_F(MetricsTest, WhatDashboardAndAlertsAskForIsExported) {
  json definition = json::parse(SmallDefinition("closing"));
  definition["election"]["policy"]["pollsCloseAt"] = "2024-02-07T15:00:00Z";
  const ProgramOutcome defined = stack_.Canvass({"define", "-"}, definition.dump());
  ASSERT_EQ(defined.exit_code, 0) << defined.err;
  Submit("closing", "n-1", 30);
  Submit("closing", "n-9", 30);
  std::map<std::string, std::set<std::string>> exported;  // labels by name
  for (const char* const service : {kAggregatorName, kReporterName, kPublisherName}) {
    const MetricList metrics = MetricsOf(service);
    for (const cli::Metric& metric : metrics.all()) {
      std::set<std::string>& labels = exported[metric.name];
      for (const auto& [label, value] : metric.labels) labels.insert(label);
    }
  }
  const std::vector<Selector> selectors = SelectorsOf(Queries());
  EXPECT_GT(selectors.size(), 80);
  for (const Selector& selector : selectors) {
    EXPECT_TRUE(exported.contains(selector.name)) << selector.name;
    for (const std::string& label : selector.labels) {
      EXPECT_TRUE(exported[selector.name].contains(label)) << selector.name << " by " << label;
    }
  }
}

TEST_F(MetricsTest, StatusShowsItToAPerson) {
  Submit("small", "n-1", 30);
  Submit("small", "n-9", 30);
  ASSERT_TRUE(BecomesTrue([&] {
    return MetricsOf(kAggregatorName).Value("canvass_reports_total", "result", "REFUSED") == 1;
  }));
  const ProgramOutcome text = stack_.Canvass({"status", "--data", folder_.path()});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  for (const char* const part : {"leads (epoch ", "publisher ", "reporter ", "small ",
                                 "Refused most: STATION_UNKNOWN 1\n"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
  const json status =
      json::parse(stack_.Canvass({"status", "--data", folder_.path(), "-o", "json"}).out);
  EXPECT_EQ(status["leaders"], 1);
  EXPECT_EQ(status["services"].size(), 4);
  EXPECT_EQ(status["elections"][0]["stationsIn"], 1);
  const ProgramOutcome nobody = stack_.Canvass({"status", "127.0.0.1:1"});
  EXPECT_EQ(nobody.exit_code, 3);
  EXPECT_THAT(nobody.out, HasSubstr("NOBODY LEADS"));
}

// Whoever operates Canvass finds each metric explained.
TEST_F(MetricsTest, EachMetricIsInTheReadme) {
  static const std::regex kType("# TYPE (\\w+) ");
  const std::string readme = ReadSourceFile("deploy/README.md");
  for (const char* const service : {kAggregatorName, kReporterName, kPublisherName}) {
    const std::string page = Get(service, "/metrics").text;
    for (std::sregex_iterator each(page.begin(), page.end(), kType), end; each != end; ++each) {
      const std::string name = (*each)[1];
      const bool is_own = name.starts_with("canvass_");
      EXPECT_TRUE(!is_own || readme.find("`" + name) != std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace canvass::testing
