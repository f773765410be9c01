#include "services/canvass/commands/system_status.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char* const kLeader =
    "canvass_leader 1\ncanvass_lead_epoch 3\ncanvass_ledger_diverged 0\n"
    "canvass_ledger_sequence{election=\"e\"} 1200\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"s\",state=\"counted\"} 70\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"s\",state=\"annulled\"} 1\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"s\",state=\"held\"} 2\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"s\",state=\"missing\"} 27\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"t\",state=\"counted\"} 1\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"t\",state=\"held\"} 1\n"
    "canvass_stations{election=\"e\",contest=\"c\",source=\"t\",state=\"missing\"} 98\n"
    "canvass_write_queue_reports 5\ncanvass_write_queue_bytes 5000\n"
    "canvass_report_findings_total{rule=\"COUNT_MISSING\",result=\"REFUSED\"} 4\n"
    "canvass_report_findings_total{rule=\"STATION_UNKNOWN\",result=\"REFUSED\"} 1234\n"
    "canvass_report_findings_total{rule=\"NO_BALLOTS\",result=\"HELD\"} 9\n"
    "process_resident_memory_bytes 104857600\n";
const char* const kStandby =
    "canvass_leader 0\ncanvass_lead_epoch 0\ncanvass_ledger_sequence{election=\"e\"} 1190\n";
const char* const kReporter =
    "canvass_aggregator_reached 0\ncanvass_report_queue_reports 1\ncanvass_reports_in_flight 2\n"
    "canvass_outbox_reports{state=\"queued\"} 17\n";
const char* const kPublisher =
    "canvass_result_watchers 3\ncanvass_ledger_sequence{election=\"e\"} 1000\n";

std::vector<ServicePages> Installation() {
  return {{.address = "a:1", .metrics = MetricList(kLeader), .ready = "ok"},
          {.address = "a:2",
           .metrics = MetricList(kStandby),
           .ready = "UNAVAILABLE: Another aggregator is active (NOT_ACTIVE)"},
          {.address = "r:1", .metrics = MetricList(kReporter), .ready = "ok"},
          {.address = "p:1", .metrics = MetricList(kPublisher), .ready = "ok"}};
}

TEST(SystemStatusTest, SaysWhoLeadsAndHowFarBehindTheOthersAre) {
  const SystemStatus status = StatusOf(Installation());
  EXPECT_EQ(status.leaders, 1);
  ASSERT_EQ(status.services.size(), 4);
  EXPECT_EQ(status.services[0].state, "leads (epoch 3)");
  EXPECT_EQ(status.services[1].state, "stands by");
  EXPECT_EQ(status.services[2].state, "ready, but reaches no active aggregator");
  EXPECT_EQ(status.services[3].state, "ready");
  EXPECT_EQ(status.Behind(status.services[1]), 10);
  EXPECT_EQ(status.Behind(status.services[3]), 200);
  EXPECT_EQ(status.services[2].reports_waiting, 3);
  EXPECT_EQ(status.services[2].reports_queued, 17);
  ASSERT_EQ(status.elections.size(), 1);
  EXPECT_EQ(status.elections[0].in, 71);
  EXPECT_EQ(status.elections[0].expected, 100);
  EXPECT_EQ(status.elections[0].held, 3);
}

TEST(SystemStatusTest, TheTextIsATableAndWhatIsRefusedMost) {
  const std::string text = StatusText(StatusOf(Installation()));
  EXPECT_THAT(text, StartsWith("service     metrics at  state"));
  EXPECT_THAT(text, HasSubstr("aggregator  a:1         leads (epoch 3)"));
  EXPECT_THAT(text, HasSubstr("Refused most: STATION_UNKNOWN 1 234, COUNT_MISSING 4\n"));
  EXPECT_THAT(text, HasSubstr("\ne "));
}

TEST(SystemStatusTest, SaysLoudlyWhatIsWrong) {
  std::vector<ServicePages> pages = Installation();
  pages[0] = {.address = "a:1", .ready = "Nothing answers at http://a:1: \x1b[2J"};
  EXPECT_THAT(StatusText(StatusOf(pages)),
              AllOf(StartsWith("NOBODY LEADS"), HasSubstr("does not answer: Nothing answers"),
                    Not(HasSubstr("\x1b"))));
  pages = Installation();
  pages[1].metrics = MetricList("canvass_leader 1\n");
  EXPECT_THAT(StatusText(StatusOf(pages)), StartsWith("MORE THAN ONE LEADS"));
  pages[3].metrics = MetricList("canvass_result_watchers 1\ncanvass_ledger_diverged 1\n");
  EXPECT_THAT(StatusText(StatusOf(pages)), HasSubstr("DIVERGED: "));
}

TEST(SystemStatusTest, JsonHasTheSame) {
  const auto json = nlohmann::json::parse(StatusJson(StatusOf(Installation())));
  EXPECT_EQ(json["leaders"], 1);
  EXPECT_EQ(json["services"][3]["entriesBehind"], 200);
  EXPECT_EQ(json["services"][0]["sequences"]["e"], 1200);
  EXPECT_EQ(json["elections"][0]["stationsHeld"], 3);
  EXPECT_EQ(json["refused"][0]["rule"], "STATION_UNKNOWN");
}

}  // namespace
}  // namespace canvass::cli
