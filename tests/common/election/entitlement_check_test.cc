#include "common/election/entitlement_check.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/election/report_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::election {
namespace {

using canvass::testing::DefinitionBuilder;
using canvass::testing::InterviewReportBuilder;
using canvass::testing::MakeStation;
using canvass::testing::ReportBuilder;
using ::testing::IsEmpty;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'707'300'000);

class EntitlementCheckTest : public ::testing::Test {
 protected:
  // Returns the field of the finding, "" if the actor may submit the report.
  std::string FieldOf(const std::string& actor, const StationReport& report) {
    CheckedReport checked = CheckReport(definition_, report, kNow);
    EXPECT_TRUE(checked.identified);
    const bool may = CheckEntitlement(definition_, actor, checked);
    EXPECT_EQ(may, checked.outcome != Severity::kReject) << actor;
    if (may) return "";
    EXPECT_EQ(checked.findings.front().rule, Rule::kActorNotEntitled);
    EXPECT_EQ(checked.findings.front().subject, actor);
    EXPECT_EQ(checked.recorded.findings, checked.findings);
    return checked.findings.front().field;
  }

  const Definition definition_ =
      DefinitionBuilder()
          .WithArea("north")
          .WithArea("ward", "north")
          .WithArea("south")
          .WithSource({.id = "observers", .kind = SourceKind::kParallelCount})
          .WithSource({.id = "poll", .kind = SourceKind::kExitPoll})
          .WithSource({.id = "rival", .kind = SourceKind::kExitPoll})
          .WithStation(MakeStation("s-1", "ward"))
          .WithStation(MakeStation("s-2", "south"))
          .BuildDefinition();
  const StationReport official_ = ReportBuilder().WithStation("s-1").Build();
  const StationReport observed_ =
      ReportBuilder().WithStation("s-1").WithSource("observers").Build();
  const StationReport polled_ = InterviewReportBuilder().Build();  // of poll, station s-1
};

TEST_F(EntitlementCheckTest, AStationReportsForItselfAlone) {
  EXPECT_EQ(FieldOf("station/s-1", official_), "");
  EXPECT_EQ(FieldOf("station/s-2", official_), "station_id");
  EXPECT_EQ(FieldOf("station/s-1", observed_), "source_id");
  EXPECT_EQ(FieldOf("station/s-1", polled_), "source_id");
}

TEST_F(EntitlementCheckTest, AnOfficeReportsForTheStationsOfItsArea) {
  for (const std::string area : {"country", "north", "ward"}) {
    EXPECT_EQ(FieldOf("office/" + area, official_), "") << area;
    EXPECT_EQ(FieldOf("office/" + area, observed_), "source_id") << area;
  }
  EXPECT_EQ(FieldOf("office/south", official_), "station_id");
  EXPECT_EQ(FieldOf("office/nowhere", official_), "station_id");
}

TEST_F(EntitlementCheckTest, APollAndAnObserverReportAsThemselvesAlone) {
  EXPECT_EQ(FieldOf("poll/poll", polled_), "");
  EXPECT_EQ(FieldOf("poll/rival", polled_), "source_id");
  EXPECT_EQ(FieldOf("observer/poll", polled_), "source_id");
  EXPECT_EQ(FieldOf("observer/observers", observed_), "");
  EXPECT_EQ(FieldOf("poll/observers", observed_), "source_id");
  // A source that calls itself like the official one is not that.
  EXPECT_EQ(FieldOf("observer/cec", official_), "source_id");
  EXPECT_EQ(FieldOf("poll/cec", official_), "source_id");
}

TEST_F(EntitlementCheckTest, WhoDecidesAndWhoIsNobodyDoesNotReport) {
  for (const std::string actor : {"operator/anna", "service/reporter", "clerk", "", "canvass"}) {
    EXPECT_EQ(FieldOf(actor, official_), "station_id") << actor;
  }
}

TEST_F(EntitlementCheckTest, SomebodyOnTheMachineOfAServiceWithoutTlsMayEverything) {
  for (const StationReport& report : {official_, observed_, polled_}) {
    EXPECT_EQ(FieldOf("local", report), "");
  }
}

TEST_F(EntitlementCheckTest, StandsAmongTheOtherFindingsInRuleOrder) {
  CheckedReport checked =
      CheckReport(definition_, ReportBuilder().WithStation("s-1").WithCast(7).Build(), kNow);
  EXPECT_FALSE(CheckEntitlement(definition_, "station/s-2", checked));
  std::vector<Rule> rules;
  for (const Finding& finding : checked.findings) rules.push_back(finding.rule);
  ASSERT_GE(rules.size(), 2U);
  EXPECT_EQ(rules[0], Rule::kActorNotEntitled);
  EXPECT_EQ(rules[1], Rule::kVotesNotBalanced);
}

TEST_F(EntitlementCheckTest, IsKeptAmongAHundredFindings) {
  std::vector<CandidateCount> votes(200, {.candidate_id = "nobody", .count = 1});
  CheckedReport checked =
      CheckReport(definition_, ReportBuilder().WithStation("s-1").WithVotes(votes).Build(), kNow);
  ASSERT_EQ(checked.findings.size(), 100U);
  EXPECT_FALSE(CheckEntitlement(definition_, "station/s-2", checked));
  EXPECT_EQ(checked.findings.size(), 100U);
  EXPECT_EQ(checked.findings.front().rule, Rule::kActorNotEntitled);
}

TEST(EntitlementTest, WhoMayAskForAReceipt) {
  EXPECT_TRUE(MayAskFor("station/s-1", "s-1", ""));
  EXPECT_FALSE(MayAskFor("station/s-1", "s-2", ""));
  EXPECT_TRUE(MayAskFor("poll/poll", "s-2", "poll"));
  EXPECT_FALSE(MayAskFor("poll/poll", "s-2", ""));
  EXPECT_FALSE(MayAskFor("observer/observers", "s-2", "poll"));
  EXPECT_TRUE(MayAskFor("office/south", "s-1", ""));
  EXPECT_TRUE(MayAskFor("operator/anna", "s-1", "poll"));
  EXPECT_TRUE(MayAskFor("local", "s-1", ""));
  EXPECT_FALSE(MayAskFor("clerk", "s-1", ""));
}

TEST(EntitlementTest, WhoMaySpeakForASource) {
  EXPECT_TRUE(MaySpeakFor("operator/anna", "poll"));
  EXPECT_TRUE(MaySpeakFor("poll/poll", "poll"));
  EXPECT_TRUE(MaySpeakFor("observer/observers", "observers"));
  EXPECT_TRUE(MaySpeakFor("local", "poll"));
  EXPECT_FALSE(MaySpeakFor("poll/rival", "poll"));
  EXPECT_FALSE(MaySpeakFor("poll/poll", ""));
  EXPECT_FALSE(MaySpeakFor("station/poll", "poll"));
  EXPECT_FALSE(MaySpeakFor("clerk", "clerk"));
}

}  // namespace
}  // namespace canvass::election
