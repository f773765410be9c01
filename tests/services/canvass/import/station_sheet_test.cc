#include "services/canvass/import/station_sheet.h"

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/input_file.h"
#include "tests/services/canvass/import/import_samples.h"

namespace canvass::cli {
namespace {

using ::canvass::testing::kLongTownMapping;
using ::canvass::testing::kTownHeader;
using ::canvass::testing::kTownMapping;
using ::canvass::testing::MappingOf;
using ::canvass::testing::Replaced;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StationSheet SheetOf(const std::string& csv, const std::string& mapping) {
  absl::StatusOr<StationSheet> sheet = ReadStationSheet(csv, MappingOf(mapping));
  EXPECT_TRUE(sheet.ok()) << ErrorText(sheet.status());
  return sheet.ok() ? *std::move(sheet) : StationSheet();
}

StationSheet TownSheet(const std::string& rows) {
  return SheetOf(kTownHeader + rows, kTownMapping);
}

std::string ReasonOf(const std::string& csv, const std::string& mapping) {
  const absl::StatusOr<StationSheet> sheet = ReadStationSheet(csv, MappingOf(mapping));
  return sheet.ok() ? "OK" : DetailOf(sheet.status()).reason;
}

std::vector<std::string> RulesOf(const StationSheet& sheet) {
  std::vector<std::string> rules;
  for (const Rejection& rejection : sheet.rejections) {
    for (const RowFault& fault : rejection.faults) rules.push_back(fault.rule);
  }
  return rules;
}

TEST(StationSheetTest, ReadsARowAStation) {
  const StationSheet sheet = TownSheet(
      "1,North,900,510,3,1,1,300,205\n"
      "2,South,800,400,0,0,0,100,300\n");
  EXPECT_EQ(sheet.rows, 2);
  EXPECT_THAT(sheet.rejections, IsEmpty());
  ASSERT_EQ(sheet.definition.stations.size(), 2U);
  EXPECT_EQ(sheet.definition.stations[0].id, "s-1");
  EXPECT_EQ(sheet.definition.stations[0].area_id, "north");
  ASSERT_EQ(sheet.definition.areas.size(), 3U);
  EXPECT_EQ(sheet.definition.areas[0].id, "town");
  EXPECT_EQ(sheet.definition.areas[1].parent_id, "town");
  EXPECT_EQ(sheet.definition.areas[1].names, (election::LocalizedText{{"en", "North"}}));
  ASSERT_EQ(sheet.reports.size(), 2U);
  EXPECT_EQ(sheet.reports[0].registered, 900);
  EXPECT_EQ(sheet.reports[0].issued, kNotGiven);
  EXPECT_EQ(sheet.reports[0].cast, 510);
  EXPECT_EQ(sheet.reports[0].blank, 3);
  EXPECT_EQ(sheet.reports[0].invalid, 2);  // spoilt + rejected
  EXPECT_THAT(sheet.reports[0].votes, ElementsAre(300, 205));
  EXPECT_EQ(sheet.reports[1].rows.front().line, 3);
}

// Stations 1, 2 and 1617 of the provisional count; expected are the columns cant_votos_positivos
// less blank votes, cant_votantes and the turnout of the file, and its description.
TEST(StationSheetTest, ReadsRowsOfCordoba) {
  const std::string header =
      "mesa,cant_votos_positivos,Partido Unión Ciudadana,Vecinalismo Independiente,Movimiento "
      "Avanzada Socialista,"
      "MST - Nueva Izquierda,Córdoba Cambia,Frente de Izquierda y de los Trabajadores,Hacemos por "
      "Córdoba,"
      "Partido Humanista,Unión Cívica Radical,Unión del Centro Democrático (U.CE.DE.),Encuentro "
      "Vecinal Córdoba,"
      "Movimiento de Acción Vecinal,Voto en BLANCO,Votos IMPUGNADOS,Votos NULOS,Votos "
      "RECURRIDOS,cant_votantes,"
      "porcentaje_participacion,hora_proceso,id_ubicacion\n";
  const std::string rows =
      "1,214,4,5,0,6,65,12,69,0,29,1,17,0,6,0,9,5,228,67.0588,2019-05-12 21:50:01,CO.1.112.1.1\n"
      "2,202,1,2,0,8,63,13,66,5,21,0,18,3,4,0,3,7,214,62.3906,2019-05-12 23:10:01,CO.1.112.1.2\n";
  const absl::StatusOr<std::string> mapping =
      ReadInput(CANVASS_SOURCE_DIR "/deploy/demo/cordoba-2019/mapping.json");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const StationSheet sheet = SheetOf(header + rows, *mapping);
  EXPECT_THAT(RulesOf(sheet), IsEmpty());
  ASSERT_EQ(sheet.reports.size(), 2U);
  const StationNumbers& first = sheet.reports[0];
  std::int64_t votes = 0;
  for (const std::int64_t count : first.votes) votes += count;
  EXPECT_EQ(votes, 214 - 6);
  EXPECT_EQ(first.votes.front(), 69);  // Hacemos por Córdoba stands first in the mapping
  EXPECT_EQ(first.blank, 6);
  EXPECT_EQ(first.invalid, 0 + 9 + 5);
  EXPECT_EQ(first.cast, 228);
  EXPECT_EQ(first.registered, 340);
  EXPECT_EQ(sheet.reports[1].registered, 343);
  // 21:50:01 at three hours behind UTC
  EXPECT_EQ(absl::FormatTime(*first.counted_at, absl::UTCTimeZone()), "2019-05-13T00:50:01+00:00");
  EXPECT_EQ(sheet.definition.stations[0].id, "mesa-1");
  EXPECT_EQ(sheet.definition.stations[0].area_id, "co.1.112.1");
  ASSERT_EQ(sheet.definition.areas.size(), 4U);
  EXPECT_EQ(sheet.definition.areas[0].id, "co");
  EXPECT_EQ(sheet.definition.areas[1].id, "co.1");
  EXPECT_EQ(sheet.definition.areas[1].parent_id, "co");
  EXPECT_EQ(sheet.definition.areas[1].names,
            (election::LocalizedText{{"en", "Section 1"}, {"es", "Sección 1"}}));
}

TEST(StationSheetTest, RejectsRowsWithNumbersThatAreNone) {
  const StationSheet sheet = TownSheet(
      "1,North,900,510,3,1,1,300,205\n"
      "2,North,\"1,900\",510,-,1,4.5,99999999999999999999,\n"
      "3,South,800,400,0,0,0,100,300\n");
  EXPECT_EQ(sheet.reports.size(), 2U);
  // The station is there all the same: it is missing, not unknown.
  EXPECT_EQ(sheet.definition.stations.size(), 3U);
  ASSERT_EQ(sheet.rejections.size(), 1U);
  EXPECT_EQ(sheet.rejections[0].rows[0].line, 3);
  EXPECT_THAT(RulesOf(sheet), ElementsAre("NUMBER_MALFORMED", "NUMBER_MALFORMED",
                                          "NUMBER_MALFORMED", "NUMBER_TOO_LARGE", "NUMBER_EMPTY"));
  EXPECT_EQ(sheet.rejections[0].faults[0].field, "list");
  EXPECT_THAT(sheet.rejections[0].faults[0].message,
              AllOf(HasSubstr("'list'"), HasSubstr("'1,900'")));
  EXPECT_EQ(sheet.rejections[0].faults[4].field, "Bob Ó");
}

TEST(StationSheetTest, RejectsEveryRowOfAStationThatComesTwice) {
  const StationSheet sheet = TownSheet(
      "1,North,900,510,3,1,1,300,205\n"
      "2,North,900,510,3,1,1,300,205\n"
      "1,North,900,500,3,1,1,300,195\n");
  EXPECT_EQ(sheet.reports.size(), 1U);
  ASSERT_EQ(sheet.rejections.size(), 1U);
  EXPECT_THAT(RulesOf(sheet), ElementsAre("STATION_REPEATED"));
  EXPECT_EQ(sheet.rejections[0].faults[0].numbers, "line=2 line=4");
  EXPECT_EQ(sheet.rejections[0].rows.size(), 2U);
}

TEST(StationSheetTest, RejectsRowsThatNameNoStationOrArea) {
  const StationSheet sheet = TownSheet(
      ",North,900,510,3,1,1,300,205\n"
      "2,,900,510,3,1,1,300,205\n");
  EXPECT_THAT(RulesOf(sheet), ElementsAre("STATION_EMPTY", "AREA_EMPTY"));
  EXPECT_THAT(sheet.definition.stations, IsEmpty());
}

TEST(StationSheetTest, RefusesAFileInWhichIdsCollide) {
  const std::string rows = "A 1,North,9,5,0,0,0,2,3\na-1,North,9,5,0,0,0,2,3\n";
  EXPECT_EQ(ReasonOf(kTownHeader + rows, kTownMapping), "ID_COLLISION");
  // A station with the id of an area.
  const std::string mapping = Replaced(kTownMapping, R"("prefix": "s-")", R"("prefix": "")");
  EXPECT_EQ(ReasonOf(std::string(kTownHeader) + "north,North,9,5,0,0,0,2,3\n", mapping),
            "ID_COLLISION");
  EXPECT_EQ(ReasonOf(std::string(kTownHeader) + "Town,North,9,5,0,0,0,2,3\n", mapping),
            "ID_COLLISION");
}

TEST(StationSheetTest, NamesUnknownAndRepeatedColumns) {
  const std::string csv =
      "no,district,cast,cast,blank,spoilt,rejected,Ann,list\n1,N,5,5,0,0,0,2,9\n";
  const absl::StatusOr<StationSheet> sheet = ReadStationSheet(csv, MappingOf(kTownMapping));
  ASSERT_FALSE(sheet.ok());
  EXPECT_EQ(DetailOf(sheet.status()).reason, "COLUMN_UNKNOWN");
  EXPECT_THAT(ErrorText(sheet.status()),
              AllOf(HasSubstr("The file has: no, district, cast, cast"),
                    HasSubstr("Bob Ó: is not a column of the file"),
                    HasSubstr("cast: is the name of both column 3 and column 4 of the file")));
}

TEST(StationSheetTest, RefusesAFileWithoutRowsOrWithSeveralRoots) {
  EXPECT_EQ(ReasonOf(kTownHeader, kTownMapping), "NO_ROWS");
  const std::string mapping = Replaced(
      kTownMapping, R"("root": {"areaId": "town", "kind": "town", "names": {"en": "Town"}},)", "");
  EXPECT_EQ(ReasonOf(std::string(kTownHeader) + "1,North,9,5,0,0,0,2,3\n2,South,9,5,0,0,0,2,3\n",
                     mapping),
            "ROOT_COUNT");
  EXPECT_EQ(ReasonOf(std::string(kTownHeader) + "1,North,9,5,0,0,0,2,3\n", mapping), "OK");
}

TEST(StationSheetTest, TakesEmptyCellsAsTheMappingSays) {
  const std::string row = "1,North,,5,,0,,2,3\n";
  EXPECT_EQ(TownSheet(row).rejections.size(), 1U);
  std::string mapping = Replaced(kTownMapping, R"("registered": "list")",
                                 R"("registered": {"columns": ["list"], "empty": "unknown"})");
  mapping = Replaced(mapping, R"("blank": "blank")",
                     R"("blank": {"columns": ["blank"], "empty": "zero"})");
  mapping = Replaced(mapping, R"(["spoilt", "rejected"])",
                     R"({"columns": ["spoilt", "rejected"], "empty": "zero"})");
  const StationSheet sheet = SheetOf(kTownHeader + row, mapping);
  ASSERT_EQ(sheet.reports.size(), 1U);
  EXPECT_EQ(sheet.reports[0].registered, kNotGiven);
  EXPECT_EQ(sheet.reports[0].blank, 0);
  EXPECT_EQ(sheet.reports[0].invalid, 0);
}

TEST(StationSheetTest, ChecksTheDepthOfAnAreaPath) {
  const std::string mapping = Replaced(
      kTownMapping, R"("levels": [{"kind": "district", "column": "district"}])",
      R"("column": "district", "separator": "/", "levels": [{"kind": "county"}, {"kind": "district"}])");
  const StationSheet sheet = SheetOf(
      std::string(kTownHeader) + "1,East/North,9,5,0,0,0,2,3\n2,East,9,5,0,0,0,2,3\n", mapping);
  EXPECT_THAT(RulesOf(sheet), ElementsAre("AREA_DEPTH"));
  EXPECT_EQ(sheet.definition.stations[0].area_id, "east.north");
}

TEST(StationSheetTest, NamesAreasAndTagsStationsByColumns) {
  std::string mapping = Replaced(kTownMapping, R"("column": "district"}])",
                                 R"("column": "district", "nameColumn": "Ann"}])");
  mapping = Replaced(
      mapping, R"("prefix": "s-")",
      R"("prefix": "s-", "names": {"en": "Polling place {}"}, "tags": [{"column": "list", "value": "9", "tag": "small"}])");
  const StationSheet sheet =
      SheetOf(std::string(kTownHeader) + "1,N,9,5,0,0,0,2,3\n2,N,10,5,0,0,0,3,2\n", mapping);
  EXPECT_EQ(sheet.definition.areas[1].names, (election::LocalizedText{{"en", "2"}}));
  EXPECT_THAT(sheet.notes, ElementsAre(HasSubstr("line 3: '3' instead of '2'")));
  EXPECT_EQ(sheet.definition.stations[0].names,
            (election::LocalizedText{{"en", "Polling place 1"}}));
  EXPECT_THAT(sheet.definition.stations[0].tags, ElementsAre("small"));
  EXPECT_THAT(sheet.definition.stations[1].tags, IsEmpty());
}

constexpr char kLongHeader[] = "no,list,choice,votes\n";

TEST(LongStationSheetTest, GathersTheRowsOfAStation) {
  const StationSheet sheet =
      SheetOf(std::string(kLongHeader) +
                  "1,900,Ann,300\n"
                  "2,800,Bob,300\n"
                  "1,900,Bob,205\n"
                  "1,900,BLANK,3\n1,900,SPOILT,1\n1,900,REJECTED,1\n1,900,TOTAL,510\n"
                  "2,800,Ann,100\n2,800,BLANK,0\n2,800,SPOILT,0\n2,800,REJECTED,0\n",
              kLongTownMapping);
  EXPECT_THAT(RulesOf(sheet), IsEmpty());
  ASSERT_EQ(sheet.reports.size(), 2U);
  EXPECT_THAT(sheet.reports[0].votes, ElementsAre(300, 205));
  EXPECT_EQ(sheet.reports[0].blank, 3);
  EXPECT_EQ(sheet.reports[0].invalid, 2);
  EXPECT_EQ(sheet.reports[0].cast, 510);
  EXPECT_EQ(sheet.reports[0].registered, 900);
  EXPECT_EQ(sheet.reports[1].cast, 400);
  EXPECT_EQ(sheet.reports[0].rows.size(), 6U);
}

TEST(LongStationSheetTest, RejectsStationsWhoseRowsDoNotFitTogether) {
  const StationSheet sheet =
      SheetOf(std::string(kLongHeader) +
                  "1,900,Ann,300\n1,900,Ann,301\n1,900,Bob,1\n1,900,BLANK,0\n1,900,SPOILT,0\n"
                  "2,800,Ann,100\n2,800,BLANK,0\n2,800,SPOILT,0\n"
                  "3,700,Ann,1\n3,701,Bob,1\n3,700,BLANK,0\n3,700,SPOILT,0\n",
              kLongTownMapping);
  EXPECT_THAT(sheet.reports, IsEmpty());
  EXPECT_THAT(RulesOf(sheet),
              ElementsAre("CANDIDATE_REPEATED", "CANDIDATE_MISSING", "ROWS_DISAGREE"));
  EXPECT_EQ(sheet.rejections[1].rows.size(), 3U);
}

TEST(LongStationSheetTest, TakesMissingRowsForZeroOnlyWhereItIsTold) {
  const std::string csv = std::string(kLongHeader) + "1,900,Ann,300\n";
  EXPECT_THAT(RulesOf(SheetOf(csv, kLongTownMapping)), ElementsAre("CANDIDATE_MISSING"));
  const StationSheet sheet =
      SheetOf(csv, Replaced(kLongTownMapping, R"("ignore")", R"("missingIsZero": true, "ignore")"));
  ASSERT_EQ(sheet.reports.size(), 1U);
  EXPECT_THAT(sheet.reports[0].votes, ElementsAre(300, 0));
  EXPECT_EQ(sheet.reports[0].cast, 300);
}

TEST(LongStationSheetTest, RefusesValuesThatTheMappingDoesNotKnow) {
  EXPECT_EQ(ReasonOf(std::string(kLongHeader) + "1,900,Anne,300\n", kLongTownMapping),
            "VALUE_UNKNOWN");
}

}  // namespace
}  // namespace canvass::cli
