// The presidential election of 7 February 2024, counted by the real services and asked by the real
// grpcurl through reflection alone. Expected figures: the Central Election Commission's, as
// published.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/running_stack.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Shares = std::vector<std::pair<std::string, std::string>>;

std::int64_t Number(const json& value) { return std::stoll(value.get<std::string>()); }

Shares SharesOf(const json& result) {
  Shares shares;
  for (const json& candidate : result.at("candidates")) {
    shares.emplace_back(candidate.at("candidate_id"), candidate.value("share_percent", ""));
  }
  return shares;
}

const std::string kElection = R"({"election_id": "az-2024-presidential"})";

class Az2024Test : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stack_ = new RunningStack;
    before_definition_ = stack_->Publisher("GetNationalResult", kElection);
    demo_ = stack_->Canvass({"demo", "az-2024", "--speed", "max", "--language", "en"});
  }
  static void TearDownTestSuite() {
    delete stack_;
    stack_ = nullptr;
  }

  static RunningStack* stack_;
  static ProgramOutcome before_definition_;
  static ProgramOutcome demo_;
};

RunningStack* Az2024Test::stack_ = nullptr;
ProgramOutcome Az2024Test::before_definition_;
ProgramOutcome Az2024Test::demo_;

TEST_F(Az2024Test, DemoShowsTheThreeAnnouncementsAsPublished) {
  ASSERT_EQ(demo_.exit_code, 0) << demo_.err;
  for (const char* text :
       {"93.35",     "4 281 625", "92.05",  "2.19",   "2.00",   "1.76",     "0.80",
        "0.67",      "0.53",                                                           // 8 February
        "100.00",    "4 577 693", "1.98",                                              // 9 February
        "4 567 458", "107 632",   "98 421", "85 411", "39 643", "32 885",   "26 517",  // final
        "92.12",     "2.17",      "1.99",   "1.72",   "0.66",   "4 957 967"}) {
    EXPECT_THAT(demo_.out, HasSubstr(text));
  }
  EXPECT_THAT(demo_.out, HasSubstr("synthetic"));
}

TEST_F(Az2024Test, FinalResultIsThePublishedProtocol) {
  const json result = ParseJson(stack_->Publisher("GetFinalResult", kElection)).at("result");
  EXPECT_EQ(result.at("status"), "RESULT_STATUS_CERTIFIED");
  EXPECT_EQ(result.at("valid_votes"), "4957967");
  EXPECT_EQ(SharesOf(result), (Shares{{"ilham-aliyev", "92.12"},
                                      {"zahid-oruj", "2.17"},
                                      {"fazil-mustafa", "1.99"},
                                      {"gudrat-hasanguliyev", "1.72"},
                                      {"razi-nurullayev", "0.80"},
                                      {"elshad-musayev", "0.66"},
                                      {"fuad-aliyev", "0.53"}}));
  std::vector<std::string> votes;
  for (const json& candidate : result.at("candidates")) votes.push_back(candidate.at("votes"));
  EXPECT_EQ(votes, (std::vector<std::string>{"4567458", "107632", "98421", "85411", "39643",
                                             "32885", "26517"}));
  EXPECT_EQ(result.at("progress").at("stations_counted"), 6526);
  EXPECT_EQ(result.at("progress").at("stations_annulled"), 11);
  EXPECT_EQ(result.at("progress").at("percent"), "100.00");
  EXPECT_EQ(result.at("certification").at("elected_candidate_ids"), json({"ilham-aliyev"}));
  EXPECT_THAT(result.at("notices").at("en").get<std::string>(), HasSubstr("synthetic"));
}

TEST_F(Az2024Test, UnknownElectionIsNotFoundAndNamed) {
  EXPECT_NE(before_definition_.exit_code, 0);
  EXPECT_THAT(before_definition_.err, HasSubstr("NotFound"));
  EXPECT_THAT(before_definition_.err, HasSubstr("az-2024-presidential"));
}

TEST_F(Az2024Test, EverySourceHasAResultOfItsOwn) {
  const std::map<std::string, std::string> published{{"oracle-advisory-group", "93.9"},
                                                     {"social-research-center", "92.4"},
                                                     {"rey-monitoring-center", "92.6"}};
  for (const auto& [source, share] : published) {
    const json result =
        ParseJson(stack_->Publisher(
                      "GetNationalResult",
                      json{{"election_id", "az-2024-presidential"}, {"source_id", source}}.dump()))
            .at("result");
    EXPECT_EQ(result.at("candidates").at(0).at("candidate_id"), "ilham-aliyev");
    EXPECT_EQ(result.at("candidates").at(0).at("share_percent"), share);
    EXPECT_FALSE(result.at("candidates").at(0).contains("votes")) << "nothing is made up";
    EXPECT_FALSE(result.at("candidates").at(1).contains("share_percent"));
  }
}

TEST_F(Az2024Test, PollsAreComparedInPointsPollMinusOfficial) {
  const json answer = ParseJson(stack_->Publisher("CompareSources", kElection));
  std::map<std::string, std::string> differences;
  for (const json& comparison : answer.at("comparisons")) {
    const json& candidate = comparison.at("candidates").at(0);
    EXPECT_EQ(candidate.at("official_share_percent"), "92.12");
    differences[comparison.at("source_id")] = candidate.at("difference_points");
  }
  EXPECT_EQ(differences, (std::map<std::string, std::string>{{"oracle-advisory-group", "1.78"},
                                                             {"social-research-center", "0.28"},
                                                             {"rey-monitoring-center", "0.48"}}));
}

TEST_F(Az2024Test, AreasPageAndAddUpToTheNation) {
  std::string token;
  std::set<std::string> areas;
  std::map<std::string, std::int64_t> votes;
  std::set<std::string> sequences;
  do {
    const json answer =
        ParseJson(stack_->Publisher("ListAreaResults", json{{"election_id", "az-2024-presidential"},
                                                            {"kind", "constituency"},
                                                            {"page_size", 40},
                                                            {"page_token", token}}
                                                           .dump()));
    EXPECT_LE(answer.at("results").size(), 40U);
    for (const json& result : answer.at("results")) {
      EXPECT_TRUE(areas.insert(result.at("area_id")).second) << result.at("area_id");
      sequences.insert(result.at("as_of").at("sequence"));
      for (const json& candidate : result.at("candidates")) {
        votes[candidate.at("candidate_id")] += Number(candidate.at("votes"));
      }
    }
    token = answer.value("next_page_token", "");
  } while (!token.empty());
  EXPECT_EQ(areas.size(), 125U);
  EXPECT_EQ(sequences.size(), 1U);
  EXPECT_EQ(votes["ilham-aliyev"], 4567458);
  EXPECT_EQ(votes["fuad-aliyev"], 26517);
}

TEST_F(Az2024Test, LiberatedTerritoryIsATagWithAResult) {
  const json result =
      ParseJson(stack_->Publisher(
                    "GetAreaResult",
                    R"({"election_id": "az-2024-presidential", "tag": "liberated-territory"})"))
          .at("result");
  EXPECT_EQ(result.at("progress").at("stations_expected"), 26);
  EXPECT_NEAR(static_cast<double>(Number(result.at("registered_voters"))), 23000, 1500);
}

TEST_F(Az2024Test, WatchResultSendsTheCurrentResultAtOnce) {
  const ProgramOutcome outcome =
      Grpcurl((*stack_)->publisher_address(), "canvass.publisher.v1.PublisherService/WatchResult",
              kElection, {"-max-time", "2"});
  EXPECT_THAT(outcome.out, HasSubstr("4567458"));
}

TEST_F(Az2024Test, HistorySaysWhyATotalWentDown) {
  const json answer = ParseJson(stack_->Publisher(
      "ListChanges",
      R"({"election_id": "az-2024-presidential", "corrections_only": true, "page_size": 1000})"));
  int annulments = 0;
  for (const json& entry : answer.at("entries")) {
    if (!entry.contains("annulment")) continue;
    ++annulments;
    EXPECT_THAT(entry.at("annulment").at("reason").get<std::string>(),
                HasSubstr("Central Election Commission"));
    EXPECT_EQ(entry.at("actor"), "local");
  }
  EXPECT_EQ(annulments, 11);
}

TEST_F(Az2024Test, AllContestsAreOneList) {
  const auto results = [](const std::string& format) {
    return stack_->Canvass({"results", "az-2024-presidential", "--all-contests", "-o", format}).out;
  };
  const json list = json::parse(results("json"), nullptr, false);
  ASSERT_TRUE(list.is_array());
  EXPECT_EQ(list.size(), 1U);
  EXPECT_THAT(results("csv"), AllOf(HasSubstr("contest_id,rank,"), HasSubstr(",1,ilham-aliyev,"),
                                    HasSubstr(",4567458,92.12,")));
}

TEST_F(Az2024Test, SecondDemoShowsTheSameFiguresAndCountsNothingTwice) {
  const ProgramOutcome again =
      stack_->Canvass({"demo", "az-2024", "--speed", "max", "--language", "en"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  for (const char* text : {"93.35", "4 281 625", "4 577 693", "4 567 458"})
    EXPECT_THAT(again.out, HasSubstr(text));
}

TEST_F(Az2024Test, LedgerVerifies) {
  const ProgramOutcome outcome = stack_->Canvass({"ledger", "az-2024-presidential", "--verify"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

}  // namespace
}  // namespace canvass::testing
