#include "services/canvass/terminal/proto_json.h"

#include <string>

#include "canvass/v1/report.pb.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ProtoJsonTest, TakesEitherSpellingAndNumbersWithoutQuotes) {
  v1::StationReport report;
  ASSERT_TRUE(
      ParseProtoJson(
          R"({"electionId": "e", "station_id": "s-1", "ballots": {"ballotsCast": 510, "blankVotes": "3"}})",
          "f.json", report)
          .ok());
  EXPECT_EQ(report.election_id(), "e");
  EXPECT_EQ(report.station_id(), "s-1");
  EXPECT_EQ(report.ballots().ballots_cast(), 510);
  EXPECT_EQ(report.ballots().blank_votes(), 3);
}

TEST(ProtoJsonTest, NamesTheFileAndTheFieldThatIsWrong) {
  v1::StationReport report;
  const absl::Status unknown =
      ParseProtoJson(R"({"stationId": "s", "ballot": {}})", "f.json", report);
  EXPECT_EQ(DetailOf(unknown).reason, "JSON_MALFORMED");
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("f.json: "));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("ballot"));
  EXPECT_FALSE(ParseProtoJson(R"({"ballots": {"ballotsCast": 4.5}})", "f.json", report).ok());
  EXPECT_FALSE(ParseProtoJson("", "f.json", report).ok());
}

TEST(ProtoJsonTest, WritesZerosAndLeavesOutWhatIsUnknown) {
  v1::BallotCount ballots;
  ballots.set_ballots_cast(0);
  EXPECT_EQ(nlohmann::json::parse(ToJsonLine(ballots)),
            nlohmann::json::parse(R"({"ballotsCast": "0", "votes": []})"));
}

TEST(SplitJsonValuesTest, FindsOneObjectAnArrayOrLines) {
  EXPECT_THAT(*SplitJsonValues(R"( {"a": {"b": "}{"}} )", "f"),
              ElementsAre(R"({"a": {"b": "}{"}})"));
  EXPECT_THAT(*SplitJsonValues(R"([{"a": 1}, {"a": "\"}"}])", "f"),
              ElementsAre(R"({"a": 1})", R"({"a": "\"}"})"));
  EXPECT_THAT(*SplitJsonValues("{\"a\": 1}\n{\"a\": 2}\n", "f"),
              ElementsAre("{\"a\": 1}", "{\"a\": 2}"));
  EXPECT_THAT(*SplitJsonValues("[]", "f"), IsEmpty());
  EXPECT_THAT(*SplitJsonValues("", "f"), IsEmpty());
}

TEST(SplitJsonValuesTest, SaysAtWhichLineItStops) {
  for (const char* text :
       {"{\"a\": 1}\n{\"a\": 2", "[{\"a\": 1}\n1]", "[{\"a\": 1},\n]", "{}\nreport"}) {
    const auto values = SplitJsonValues(text, "f.json");
    ASSERT_FALSE(values.ok()) << text;
    EXPECT_THAT(std::string(values.status().message()), HasSubstr("f.json: line 2")) << text;
  }
  EXPECT_FALSE(SplitJsonValues("[{}", "f").ok());
  EXPECT_FALSE(SplitJsonValues("[{}] {}", "f").ok());
}

}  // namespace
}  // namespace canvass::cli
