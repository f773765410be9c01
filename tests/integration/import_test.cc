// A file of stations through `canvass import`: in, in again, corrected, put right after a refusal.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/running_stack.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

const char* const kVotesMapping = R"({
  "election": {"electionId": "town", "names": {"en": "Mayor"}, "pollingDate": "2025-06-01"},
  "contest": {"contestId": "mayor"},
  "source": {"sourceId": "office", "kind": "SOURCE_KIND_OFFICIAL"},
  "candidates": [{"column": "Ann"}, {"column": "Bob"}],
  "station": {"column": "no", "prefix": "s-"},
  "area": {"root": {"areaId": "town-area", "kind": "town"}, "levels": [{"kind": "ward", "column": "ward"}]},
  "registered": "list", "cast": "cast", "blank": "blank", "invalid": "invalid"
})";

const char* const kHeader = "no,ward,list,cast,blank,invalid,Ann,Bob\n";
// Station 3 does not add up: 400 are 100 + 299 and one more.
const char* const kRows =
    "1,North,900,510,3,2,300,205\n"
    "2,North,900,100,0,0,60,40\n"
    "3,South,800,400,0,0,100,299\n";

class ImportTest : public ::testing::Test {
 protected:
  // One stack for all of them: each test has elections of its own.
  static void SetUpTestSuite() { stack = new RunningStack(); }
  static void TearDownTestSuite() {
    delete stack;
    stack = nullptr;
  }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string file = folder_ + "/" + name;
    std::ofstream(file) << text;
    return file;
  }

  std::string Read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  // What the import of `csv` came to, and its exit code in `exit_code`.
  json Import(const std::string& csv, int exit_code, const std::vector<std::string>& options = {}) {
    std::vector<std::string> words = {"import", csv,    "--mapping",  mapping_,
                                      "-o",     "json", "--election", election_};
    words.insert(words.end(), options.begin(), options.end());
    const ProgramOutcome outcome = stack->Canvass(words);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    last_messages_ = outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }

  // Votes of Ann, in all stations that count.
  std::string VotesOfAnn() {
    const json result = ParseJson(stack->NationalResult(election_));
    for (const json& candidate : result.at("result").at("candidates")) {
      if (candidate.at("candidate_id") == "ann") return candidate.at("votes");
    }
    return "";
  }

  static RunningStack* stack;

  std::string election_ = "town";
  const TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
  const std::string mapping_ = Write("mapping.json", kVotesMapping);
  std::string last_messages_;
};

RunningStack* ImportTest::stack = nullptr;

TEST_F(ImportTest, SendsWhatIsMissingCorrectsWhatDiffersAndKeepsTheRestOut) {
  const std::string csv = Write("town.csv", std::string(kHeader) + kRows);
  const std::string rejects = folder_ + "/rejects.csv";
  const json first = Import(csv, 1, {"--rejects", rejects});
  EXPECT_EQ(first["recorded"], 2);
  EXPECT_EQ(first["rejected"], 1);
  EXPECT_EQ(VotesOfAnn(), "360");
  EXPECT_THAT(Read(rejects), HasSubstr("4,VOTES_NOT_BALANCED,"));

  // The rejected row, put right in the file that it was written to.
  std::string fixed = Read(rejects);
  fixed.replace(fixed.find(",100,299"), 8, ",100,300");
  const json second = Import(Write("fixed.csv", fixed), 0);
  EXPECT_EQ(second["recorded"], 1);
  EXPECT_EQ(VotesOfAnn(), "460");

  std::string corrected = std::string(kHeader) + kRows;
  corrected.replace(corrected.find("60,40"), 5, "40,60");
  corrected.replace(corrected.find("100,299"), 7, "100,300");
  const std::string corrected_csv = Write("corrected.csv", corrected);
  const json without_reason = Import(corrected_csv, 1);
  EXPECT_EQ(without_reason["unchanged"], 2);
  EXPECT_EQ(without_reason["rejected"], 1);
  EXPECT_THAT(last_messages_, HasSubstr("CORRECTION_REASON_MISSING"));
  EXPECT_EQ(VotesOfAnn(), "460");

  const json with_reason = Import(corrected_csv, 0, {"--reason", "Recount of station 2"});
  EXPECT_EQ(with_reason["recorded"], 1);
  EXPECT_EQ(with_reason["corrections"], 1);
  EXPECT_EQ(VotesOfAnn(), "440");

  const json again = Import(corrected_csv, 0);
  EXPECT_EQ(again["unchanged"], 3);
  EXPECT_EQ(again["recorded"], 0);
}

TEST_F(ImportTest, ReportsOnlyNeedsADefinitionThatIsThere) {
  const std::string csv = Write("town.csv", std::string(kHeader) + kRows);
  election_ = "undefined";
  Import(csv, 1, {"--reports-only"});
  EXPECT_THAT(last_messages_, HasSubstr("ELECTION_UNKNOWN"));
}

TEST_F(ImportTest, HoldsMoreBallotsThanVotersUnlessThePolicySaysWarn) {
  const std::string csv = Write("town.csv", std::string(kHeader) + "1,North,500,510,3,2,300,205\n");
  election_ = "held";
  const json held = Import(csv, 0);
  EXPECT_EQ(held["held"], 1);
  EXPECT_EQ(VotesOfAnn(), "0");
  const json held_again =
      Import(Write("recount.csv", std::string(kHeader) + "1,North,500,511,3,2,301,205\n"), 0,
             {"--reason", "Recount"});
  EXPECT_EQ(held_again["held"], 1);
  EXPECT_EQ(held_again["corrections"], 0) << "it does not count";
  election_ = "warned";
  const json warned = Import(csv, 0, {"--severity", "CAST_ABOVE_REGISTERED=warn"});
  EXPECT_EQ(warned["held"], 0);
  EXPECT_EQ(VotesOfAnn(), "300");
}

}  // namespace
}  // namespace canvass::testing
