#include "services/canvass/import/mapping.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/canvass/terminal/input_file.h"
#include "tests/services/canvass/import/import_samples.h"

namespace canvass::cli {
namespace {

using ::canvass::testing::kLongTownMapping;
using ::canvass::testing::kTownMapping;
using ::canvass::testing::MappingOf;
using ::canvass::testing::Replaced;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "field: description" of everything that is wrong.
std::vector<std::string> ProblemsOf(const std::string& json) {
  const absl::StatusOr<Mapping> mapping = ParseMapping(json, "mapping.json");
  if (mapping.ok()) return {};
  EXPECT_EQ(DetailOf(mapping.status()).reason, "MAPPING_INVALID");
  std::vector<std::string> problems;
  for (const FieldViolation& violation : DetailOf(mapping.status()).violations) {
    problems.push_back(violation.field + ": " + violation.description);
  }
  return problems;
}

TEST(MappingTest, ReadsAWideMapping) {
  const Mapping mapping = MappingOf(kTownMapping);
  EXPECT_EQ(mapping.election.id, "town-2025");
  EXPECT_FALSE(mapping.long_layout.has_value());
  EXPECT_THAT(mapping.candidate_sources, ElementsAre("Ann", "Bob Ó"));
  ASSERT_EQ(mapping.contest.candidates.size(), 2U);
  EXPECT_EQ(mapping.contest.candidates[0].id, "ann");
  EXPECT_EQ(mapping.contest.candidates[1].id, "bob");
  EXPECT_EQ(mapping.contest.candidates[1].names, (election::LocalizedText{{"en", "Bob Ó"}}));
  EXPECT_EQ(mapping.invalid.kind, CountRule::Kind::kColumns);
  EXPECT_THAT(mapping.invalid.columns, ElementsAre("spoilt", "rejected"));
  EXPECT_EQ(mapping.issued.kind, CountRule::Kind::kNotGiven);
  EXPECT_EQ(mapping.area.root->id, "town");
}

TEST(MappingTest, ReadsALongMapping) {
  const Mapping mapping = MappingOf(kLongTownMapping);
  ASSERT_TRUE(mapping.long_layout.has_value());
  EXPECT_EQ(mapping.long_layout->candidate_column, "choice");
  EXPECT_EQ(mapping.cast.kind, CountRule::Kind::kVotesBlankInvalid);
  EXPECT_THAT(mapping.invalid.values, ElementsAre("SPOILT", "REJECTED"));
}

TEST(MappingTest, ReadsTheMappingOfCordoba) {
  const absl::StatusOr<std::string> json =
      ReadInput(CANVASS_SOURCE_DIR "/deploy/demo/cordoba-2019/mapping.json");
  ASSERT_TRUE(json.ok()) << json.status();
  const Mapping mapping = MappingOf(*json);
  EXPECT_EQ(mapping.contest.candidates.size(), 12U);
  EXPECT_TRUE(mapping.contest.blank_votes_valid.value_or(false));
  EXPECT_EQ(mapping.area.levels.size(), 4U);
}

TEST(MappingTest, ListsEverythingThatIsWrong) {
  std::string json = Replaced(kTownMapping, R"("blank": "blank", )", R"("blanks": "blank", )");
  json = Replaced(json, R"("prefix": "s-")", R"("prefx": "s-")");
  json = Replaced(json, R"("kind": "district", )", "");
  EXPECT_THAT(
      ProblemsOf(json),
      ElementsAre(
          "station.prefx: is not a known key; the keys are column, nameColumn, names, prefix, tags",
          "area.levels[0].kind: is missing",
          "blank: is missing; an official source must give it (0 if there is none)",
          HasSubstr("blanks: is not a known key; the keys are area, blank, candidates, cast")));
}

TEST(MappingTest, RefusesFieldsThatAnElectionDoesNotHave) {
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, "pollingDate", "poolingDate")),
              Contains(AllOf(HasSubstr("election: "), HasSubstr("poolingDate"))));
  EXPECT_THAT(
      ProblemsOf(Replaced(kTownMapping, R"("column": "Ann")", R"("column": "Ann", "party": "x")")),
      Contains(AllOf(HasSubstr("candidates[0]: "), HasSubstr("party"))));
}

TEST(MappingTest, RefusesOneColumnForTwoCandidates) {
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, R"("column": "Bob Ó")", R"("column": "Ann")")),
              ElementsAre("candidates[1]: 'Ann' is already used by candidates[0]"));
}

TEST(MappingTest, RefusesWaysToCountThatDoNotFit) {
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, R"("cast": "cast")",
                                  R"("cast": {"castDividedByPercent": "t"})")),
              ElementsAre("cast.castDividedByPercent: is only allowed for registered voters"));
  EXPECT_THAT(
      ProblemsOf(Replaced(kTownMapping, R"("cast": "cast")", R"("cast": {"values": ["x"]})")),
      ElementsAre("cast.values: is only allowed in the long layout"));
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, R"("cast": "cast")", R"("cast": -1)")),
              Contains(HasSubstr("cast: must be a column")));
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, R"("cast": "cast")",
                                  R"("cast": {"columns": ["c"], "votesBlankInvalid": true})")),
              ElementsAre(HasSubstr("cast: must have one of columns")));
}

TEST(MappingTest, RefusesAnAreaPathInOneColumnAndInSeveral) {
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, R"("levels")",
                                  R"("column": "path", "separator": ".", "levels")")),
              ElementsAre(HasSubstr("area.levels[0].column: must be left out, because \"area\" has "
                                    "a column with the whole path")));
}

TEST(MappingTest, RefusesPollsAndZonesThatAreNone) {
  EXPECT_THAT(ProblemsOf(Replaced(kTownMapping, "SOURCE_KIND_OFFICIAL", "SOURCE_KIND_EXIT_POLL")),
              ElementsAre(HasSubstr("source.kind: ")));
  EXPECT_THAT(ProblemsOf(Replaced(
                  kTownMapping, R"("cast":)",
                  R"("time": {"column": "t", "format": "%H", "timeZone": "Paris"}, "cast":)")),
              ElementsAre(HasSubstr("time.timeZone: 'Paris' is not an IANA time zone")));
}

TEST(MappingTest, RefusesWhatIsNotJson) {
  EXPECT_THAT(ProblemsOf("{\"election\": "), ElementsAre(HasSubstr("JSON: ")));
  EXPECT_THAT(ProblemsOf("{\"election\": 1e999}"), ElementsAre(HasSubstr("JSON: ")));
  EXPECT_THAT(ProblemsOf("[]"), Contains(HasSubstr("must be an object")));
}

TEST(SetSeverityTest, ReplacesTheSeverityOfARule) {
  election::Election election = MappingOf(kTownMapping).election;
  EXPECT_TRUE(SetSeverity("CAST_ABOVE_REGISTERED=warn", election).ok());
  EXPECT_TRUE(SetSeverity("CAST_ABOVE_REGISTERED=OFF", election).ok());
  EXPECT_THAT(
      election.policy->severities,
      ElementsAre(std::pair(election::Rule::kCastAboveRegistered, election::Severity::kOff)));
  EXPECT_EQ(DetailOf(SetSeverity("CAST_ABOVE=warn", election)).reason, "USAGE");
  EXPECT_EQ(DetailOf(SetSeverity("CAST_ABOVE_REGISTERED=ignore", election)).reason, "USAGE");
  EXPECT_EQ(DetailOf(SetSeverity("CAST_ABOVE_REGISTERED", election)).reason, "USAGE");
}

}  // namespace
}  // namespace canvass::cli
