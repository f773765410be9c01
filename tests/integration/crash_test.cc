// Killed and stopped parts: nothing acknowledged is lost, nothing is counted twice.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/postgres/private_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

constexpr int kStations = 20000;

const char* const kMapping = R"({
  "election": {"electionId": "wide", "names": {"en": "A wide file"}, "pollingDate": "2025-05-04"},
  "contest": {"contestId": "mayor"},
  "source": {"sourceId": "office", "kind": "SOURCE_KIND_OFFICIAL"},
  "candidates": [{"column": "Ann", "candidateId": "ann"}, {"column": "Bob", "candidateId": "bob"}],
  "station": {"column": "station", "prefix": "s-"},
  "area": {"levels": [{"kind": "ward", "column": "ward"}],
           "root": {"areaId": "town", "kind": "town", "names": {"en": "Town"}}},
  "registered": "registered", "cast": "cast", "blank": "blank", "invalid": "invalid"
})";

struct GeneratedFile {
  std::string csv = "station,ward,registered,Ann,Bob,blank,invalid,cast\n";
  std::int64_t ann = 0;
  std::int64_t bob = 0;
};

GeneratedFile Generate() {
  const auto seed = std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  GeneratedFile file;
  for (int i = 1; i <= kStations; ++i) {
    const auto ann = static_cast<std::int64_t>(random() % 500 + 1);
    const auto bob = static_cast<std::int64_t>(random() % 500 + 1);
    file.ann += ann;
    file.bob += bob;
    file.csv += std::to_string(i) + ",w" + std::to_string(i % 40) + ",1100," + std::to_string(ann) +
                "," + std::to_string(bob) + ",1,2," + std::to_string(ann + bob + 3) + "\n";
  }
  return file;
}

std::string Write(const std::string& folder, const std::string& name, const std::string& text) {
  const std::string file = folder + "/" + name;
  std::ofstream(file) << text;
  return file;
}

json National(const RunningStack& stack, const std::string& election) {
  return json::parse(
      stack.Publisher("GetNationalResult", json{{"election_id", election}}.dump()).out, nullptr,
      false);
}

// 0 until the election is defined.
int StationsCounted(const RunningStack& stack) {
  const ProgramOutcome outcome = stack.Publisher("GetNationalResult", R"({"election_id": "wide"})");
  if (outcome.exit_code != 0) return 0;
  return ParseJson(outcome).at("result").at("progress").value("stations_counted", 0);
}

TEST(CrashTest, AggregatorKilledInAnImportLosesNothingAndCountsNothingTwice) {
  RunningStack stack;
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const GeneratedFile file = Generate();
  const std::string csv = Write(folder, "wide.csv", file.csv);
  const std::string mapping = Write(folder, "mapping.json", kMapping);
  ProgramOutcome import;
  std::thread importing([&] { import = stack.Canvass({"import", csv, "--mapping", mapping}); });
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  while (StationsCounted(stack) < 500 && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(5));
  stack.KillAggregator();
  stack.RestartAggregator();
  importing.join();
  const ProgramOutcome finish = stack.Canvass({"import", csv, "--mapping", mapping});
  EXPECT_EQ(import.exit_code, 0) << import.err;
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  // Some reports may still be on their way out of the reporter's outbox.
  const absl::Time sent_by = absl::Now() + absl::Minutes(1);
  while (StationsCounted(stack) < kStations && absl::Now() < sent_by)
    absl::SleepFor(absl::Milliseconds(50));
  const json result = National(stack, "wide").at("result");
  std::map<std::string, std::string> votes;
  for (const json& candidate : result.at("candidates"))
    votes[candidate.at("candidate_id")] = candidate.at("votes");
  EXPECT_EQ(votes["ann"], std::to_string(file.ann));
  EXPECT_EQ(votes["bob"], std::to_string(file.bob));
  EXPECT_EQ(result.at("progress").at("stations_counted"), kStations);
  EXPECT_EQ(stack.Canvass({"ledger", "wide", "--verify"}).exit_code, 0);
}

TEST(CrashTest, PostgresKilledComesBackAndTheAggregatorByItself) {
  RunningStack stack;
  ASSERT_EQ(stack.Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
  const std::string first =
      json{{"report", json::parse(SmallReport("small", "n-1", 30, 20))}}.dump();
  ASSERT_EQ(stack.Reporter("SubmitReport", first).exit_code, 0);
  stack.CrashPostgres();
  const std::string second =
      json{{"report", json::parse(SmallReport("small", "n-2", 5, 6))}}.dump();
  const ProgramOutcome without = stack.Reporter("SubmitReport", second);
  EXPECT_THAT(without.out, HasSubstr("QUEUED")) << "acknowledged without a database";
  stack.RestartPostgres();
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  ProgramOutcome again;
  do {
    again = stack.Reporter("SubmitReport", second);
  } while (again.out.find("RECORDED") == std::string::npos && absl::Now() < deadline);
  ASSERT_THAT(again.out, HasSubstr("RECORDED")) << again.err;
  const ProgramOutcome resent = stack.Reporter("SubmitReport", first);
  EXPECT_THAT(resent.out, HasSubstr("repeated"));
}

TEST(CrashTest, StandbyTakesOverFromAKilledAggregator) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  {
    RunningStack stack(folder, /*standby=*/true);
    ASSERT_EQ(stack.Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
    const std::string first = SmallReport("small", "n-1", 30, 20);
    ASSERT_EQ(stack.Canvass({"submit", "-"}, first).exit_code, 0);
    stack.KillAggregator();  // nobody starts it again
    const ProgramOutcome second = stack.Canvass({"submit", "-"}, SmallReport("small", "n-2", 5, 6));
    EXPECT_EQ(second.exit_code, 0) << second.err;
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    json entries;
    while (entries.size() < 4 && absl::Now() < deadline) {
      const ProgramOutcome listed = stack.Canvass({"ledger", "small", "-o", "json"});
      if (listed.exit_code == 0) entries = ParseJson(listed);
    }
    EXPECT_EQ(entries.size(), 4U);  // definition, seal, two reports
    stack.RestartAggregator();      // as the standby now
    EXPECT_EQ(stack.Canvass({"submit", "-"}, SmallReport("small", "s-1", 1, 2)).exit_code, 0);
  }
}

TEST(CrashTest, EverythingIsThereAfterAnOrderlyStop) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  json before;
  {
    RunningStack stack(folder);
    ASSERT_EQ(stack.Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
    ASSERT_EQ(stack.Canvass({"submit", "-"}, SmallReport("small", "n-1", 30, 20)).exit_code, 0);
    before = ParseJson(stack.Canvass({"ledger", "small", "-o", "json"}));
  }
  RunningStack stack(folder);
  EXPECT_EQ(before.size(), 3U);  // definition, seal, report
  EXPECT_EQ(ParseJson(stack.Canvass({"ledger", "small", "-o", "json"})), before);
}

TEST(CrashTest, DataFolderInUseIsRefused) {
  RunningStack stack;
  const std::string folder =
      std::filesystem::path(stack->cluster().log_file()).parent_path().parent_path();
  const auto second = cli::Stack::Start(
      {.data_folder = folder,
       .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(folder));
}

}  // namespace
}  // namespace canvass::testing
