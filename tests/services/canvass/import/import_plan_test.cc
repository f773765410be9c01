#include "services/canvass/import/import_plan.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/import/import_summary.h"
#include "services/canvass/terminal/error_text.h"
#include "tests/services/canvass/import/import_samples.h"

namespace canvass::cli {
namespace {

using ::canvass::testing::kTownHeader;
using ::canvass::testing::kTownMapping;
using ::canvass::testing::MappingOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1748800000);

// Station 2 has more ballots than voters, station 3 a sum that is wrong.
constexpr char kRows[] =
    "1,North,900,510,3,1,1,300,205\n"
    "2,North,400,405,0,0,5,100,300\n"
    "3,South,800,400,0,0,0,100,299\n"
    "4,South,800,400,0,0,0,100,300\n";

CheckedSheet CheckedTown(const std::string& rows) {
  absl::StatusOr<StationSheet> sheet =
      ReadStationSheet(kTownHeader + rows, MappingOf(kTownMapping));
  EXPECT_TRUE(sheet.ok()) << ErrorText(sheet.status());
  absl::StatusOr<CheckedSheet> checked = CheckStationSheet(*std::move(sheet), kNow);
  EXPECT_TRUE(checked.ok()) << ErrorText(checked.status());
  return *std::move(checked);
}

RecordedStation RecordedAs(const CheckedStation& station, std::int32_t revision) {
  return {.revision = revision, .counts = station.counts, .counted_at = station.counted_at};
}

TEST(CheckedSheetTest, AppliesTheRulesOfTheServices) {
  const CheckedSheet sheet = CheckedTown(kRows);
  ASSERT_EQ(sheet.stations.size(), 3U);
  EXPECT_FALSE(sheet.stations[0].held);
  EXPECT_TRUE(sheet.stations[1].held);
  ASSERT_EQ(sheet.rejections.size(), 1U);
  EXPECT_EQ(sheet.rejections[0].rows[0].line, 4);
  EXPECT_EQ(sheet.rejections[0].faults[0].rule, "VOTES_NOT_BALANCED");
  EXPECT_THAT(sheet.rejections[0].faults[0].numbers, HasSubstr("399"));
  EXPECT_THAT(sheet.rejections[0].faults[0].numbers, HasSubstr("400"));
  const auto held = std::pair(election::Rule::kCastAboveRegistered, election::Severity::kHold);
  EXPECT_EQ(sheet.findings.at(held), 1);
}

TEST(CheckedSheetTest, RefusesADefinitionThatIsNone) {
  Mapping mapping = MappingOf(kTownMapping);
  mapping.election.polling_date = "1 June";
  absl::StatusOr<StationSheet> sheet = ReadStationSheet(std::string(kTownHeader) + kRows, mapping);
  ASSERT_TRUE(sheet.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(CheckStationSheet(*std::move(sheet), kNow).status()));
}

TEST(CheckedSheetTest, GivesOnlyWhatRejectsForAReason) {
  // 299 of 400 votes are missing, and more than 3 % are invalid.
  const CheckedSheet sheet = CheckedTown("1,North,800,400,0,0,99,1,1\n");
  ASSERT_EQ(sheet.rejections.size(), 1U);
  EXPECT_EQ(sheet.findings.size(), 2U);
  ASSERT_EQ(sheet.rejections[0].faults.size(), 1U);
  EXPECT_EQ(sheet.rejections[0].faults[0].rule, "VOTES_NOT_BALANCED");
}

TEST(ImportPlanTest, SendsWhatIsMissing) {
  const CheckedSheet sheet = CheckedTown(kRows);
  const ImportPlan plan = PlanImport(sheet, {{"s-1", RecordedAs(sheet.stations[0], 1)}}, "");
  EXPECT_EQ(plan.unchanged, 1);
  ASSERT_EQ(plan.reports.size(), 2U);
  EXPECT_EQ(plan.reports[0].index, 1U);
  EXPECT_EQ(plan.reports[0].revision, 1);
  const v1::StationReport report = ReportToSend(sheet, plan.reports[0], "");
  EXPECT_EQ(report.election_id(), "town-2025");
  EXPECT_EQ(report.contest_id(), "mayor");
  EXPECT_EQ(report.source_id(), "office");
  EXPECT_EQ(report.station_id(), "s-2");
  EXPECT_EQ(report.ballots().ballots_cast(), 405);
  EXPECT_FALSE(report.ballots().has_ballots_issued());
  ASSERT_EQ(report.ballots().votes_size(), 2);
  EXPECT_EQ(report.ballots().votes(1).candidate_id(), "bob");
  EXPECT_EQ(report.ballots().votes(1).count(), 300);
}

TEST(ImportPlanTest, SendsNothingWhereAllIsRecorded) {
  const CheckedSheet sheet = CheckedTown("1,North,900,510,3,1,1,300,205\n");
  const ImportPlan plan =
      PlanImport(sheet, {{"s-1", RecordedAs(sheet.stations[0], 3)}}, "any reason");
  EXPECT_THAT(plan.reports, IsEmpty());
  EXPECT_EQ(plan.unchanged, 1);
}

TEST(ImportPlanTest, CorrectsWhatDiffersByTheNextRevision) {
  const CheckedSheet sheet = CheckedTown("1,North,900,510,3,1,1,300,205\n");
  RecordedStation recorded = RecordedAs(sheet.stations[0], 2);
  recorded.counts.ballots_cast = 509;
  const ImportPlan plan = PlanImport(sheet, {{"s-1", recorded}}, "recounted");
  ASSERT_EQ(plan.reports.size(), 1U);
  EXPECT_EQ(plan.reports[0].revision, 3);
  EXPECT_EQ(ReportToSend(sheet, plan.reports[0], "recounted").reason(), "recounted");
}

TEST(ImportPlanTest, RejectsACorrectionWithoutAReason) {
  const CheckedSheet sheet = CheckedTown("1,North,900,510,3,1,1,300,205\n");
  RecordedStation recorded = RecordedAs(sheet.stations[0], 1);
  recorded.counts.votes = {205, 300};
  const ImportPlan plan = PlanImport(sheet, {{"s-1", recorded}}, "");
  EXPECT_THAT(plan.reports, IsEmpty());
  ASSERT_EQ(plan.rejections.size(), 1U);
  EXPECT_EQ(plan.rejections[0].faults[0].rule, "CORRECTION_REASON_MISSING");
}

TEST(ImportPlanTest, ComparesTimesOnlyWhereTheFileHasThem) {
  const CheckedSheet sheet = CheckedTown("1,North,900,510,3,1,1,300,205\n");
  RecordedStation recorded = RecordedAs(sheet.stations[0], 1);
  recorded.counted_at = kNow;
  EXPECT_EQ(PlanImport(sheet, {{"s-1", recorded}}, "").unchanged, 1);
}

TEST(CountsOfTest, ReadsARecordedReportBack) {
  const CheckedSheet sheet = CheckedTown("1,North,900,510,3,1,1,300,205\n");
  election::StationReport report = {
      .election_id = "town-2025",
      .contest_id = "mayor",
      .source_id = "office",
      .station_id = "s-1",
      .revision = 1,
      .count = election::BallotCount{.registered_voters = 900,
                                     .ballots_cast = 510,
                                     .blank_votes = 3,
                                     .invalid_votes = 2,
                                     .votes = {{"bob", 205}, {"ann", 300}}}};
  EXPECT_EQ(CountsOf(sheet.definition, report), sheet.stations[0].counts);
}

TEST(ImportSummaryTest, AddsUpWhatWouldCountAndWhatWouldBeHeld) {
  const CheckedSheet sheet = CheckedTown(kRows);
  const std::string text = DryRunText(sheet, OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("town-2025: 4 rows, 4 stations, 3 areas"));
  EXPECT_THAT(text, HasSubstr("CAST_ABOVE_REGISTERED"));
  EXPECT_THAT(text, HasSubstr("1 rejected. Nothing was sent."));
  const auto json = nlohmann::json::parse(DryRunText(sheet, OutputFormat::kJson));
  EXPECT_EQ(json["rejected"], 1);
  // Bob: stations 1 and 4 count, 2 is held. 205 + 300 of 300 + 205 + 100 + 300 is 55.80 %.
  EXPECT_EQ(json["totals"][0]["candidate_id"], "bob");
  EXPECT_EQ(json["totals"][0]["counted"], 505);
  EXPECT_EQ(json["totals"][0]["share_percent"], "55.80");
  EXPECT_EQ(json["totals"][0]["held"], 300);
  EXPECT_EQ(json["totals"][0]["all"], 805);
}

TEST(ImportSummaryTest, LeavesOutNumbersThatNoReportGives) {
  const CheckedSheet given = CheckedTown(kRows);
  EXPECT_THAT(DryRunText(given, OutputFormat::kTable), HasSubstr("registered voters"));
  absl::StatusOr<StationSheet> sheet = ReadStationSheet(
      std::string(kTownHeader) + "1,North,,510,3,1,1,300,205\n",
      MappingOf(testing::Replaced(kTownMapping, R"("registered": "list")",
                                  R"("registered": {"columns": ["list"], "empty": "unknown"})")));
  ASSERT_TRUE(sheet.ok()) << ErrorText(sheet.status());
  const absl::StatusOr<CheckedSheet> unknown = CheckStationSheet(*std::move(sheet), kNow);
  ASSERT_TRUE(unknown.ok()) << ErrorText(unknown.status());
  const std::string text = DryRunText(*unknown, OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("ballots cast"));
  EXPECT_THAT(text, Not(HasSubstr("registered voters")));
}

TEST(ImportSummaryTest, SaysWhatBecameOfTheStations) {
  const CheckedSheet sheet = CheckedTown(kRows);
  const ImportOutcome outcome = {.recorded = 2, .held = 1, .unchanged = 1017, .rejected = 1};
  EXPECT_EQ(
      OutcomeText(sheet, outcome, OutputFormat::kTable),
      "town-2025: 4 rows, 4 stations, 3 areas\n"
      "  recorded              2  counted\n"
      "  held                  1  in the ledger, but in no total until released; list them with: "
      "canvass held\n"
      "  unchanged         1 017  already recorded, not sent again\n"
      "  rejected              1  rejected by this command, not sent\n");
  EXPECT_EQ(nlohmann::json::parse(OutcomeText(sheet, outcome, OutputFormat::kJson))["unchanged"],
            1017);
}

TEST(ImportSummaryTest, ListsTheFirstRejections) {
  const CheckedSheet sheet =
      CheckedTown("1,North,x,5,0,0,0,2,3\n2,North,y,5,0,0,0,2,3\n3,North,z,5,0,0,0,2,3\n");
  EXPECT_EQ(RejectionsText(sheet.rejections, 2),
            "line 2: NUMBER_MALFORMED: Column 'list': 'x' is not a count in plain digits\n"
            "line 3: NUMBER_MALFORMED: Column 'list': 'y' is not a count in plain digits\n"
            "... and 1 more\n");
}

TEST(RejectsCsvTest, CanBePutRightAndReadAgain) {
  const std::string csv =
      std::string(kTownHeader) + "1,\"North, upper\",x,y,0,0,0,2,3\n2,South,9,5,0,0,0,2,3\n";
  const Mapping mapping = MappingOf(kTownMapping);
  const absl::StatusOr<StationSheet> sheet = ReadStationSheet(csv, mapping);
  ASSERT_TRUE(sheet.ok());
  const std::string rejects = RejectsCsv(csv, ',', sheet->rejections);
  EXPECT_EQ(
      rejects,
      "line,rule,field,numbers,message,no,district,list,cast,blank,spoilt,rejected,Ann,Bob Ó\n"
      "2,NUMBER_MALFORMED; NUMBER_MALFORMED,list; cast,; ,"
      "Column 'list': 'x' is not a count in plain digits; Column 'cast': 'y' is not a count in "
      "plain digits,"
      "1,\"North, upper\",x,y,0,0,0,2,3\n");
  const absl::StatusOr<StationSheet> again = ReadStationSheet(rejects, mapping);
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(again->rejections.size(), 1U);
  // Its own five columns do not pile up.
  EXPECT_THAT(RejectsCsv(rejects, ',', again->rejections),
              HasSubstr("line,rule,field,numbers,message,no,district"));
}

TEST(RejectsCsvTest, IsReadAgainWithTheMappingOfAFileWithSemicolons) {
  const std::string csv =
      "no;district;list;cast;blank;spoilt;rejected;Ann;Bob Ó\n"
      "1;North, upper;x;y;0;0;0;2;3\n";
  const Mapping mapping = MappingOf(
      testing::Replaced(kTownMapping, R"("contest": )", R"("delimiter": ";", "contest": )"));
  const absl::StatusOr<StationSheet> sheet = ReadStationSheet(csv, mapping);
  ASSERT_TRUE(sheet.ok());
  const std::string rejects = RejectsCsv(csv, mapping.delimiter, sheet->rejections);
  EXPECT_THAT(rejects, HasSubstr("line;rule;field;numbers;message;no;district;"));
  EXPECT_THAT(rejects, HasSubstr("\"NUMBER_MALFORMED; NUMBER_MALFORMED\";"));
  EXPECT_THAT(rejects, HasSubstr(";1;North, upper;x;y;0;0;0;2;3\n"));
  const absl::StatusOr<StationSheet> again = ReadStationSheet(rejects, mapping);
  ASSERT_TRUE(again.ok()) << ErrorText(again.status());
  EXPECT_EQ(again->rejections.size(), 1U);
}

}  // namespace
}  // namespace canvass::cli
