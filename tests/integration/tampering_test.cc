// Somebody who may change the database's tables does so below running or stopped services: who
// finds it, and that nothing is acknowledged afterwards.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "common/postgres/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/stack/stack.h"
#include "tests/support/json.h"
#include "tests/support/program_run.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kFoundWithin = absl::Seconds(60);

// The state of the receipt; the error if there is none.
std::string Submit(const RunningStack& stack, const std::string& station, int ann, int bob) {
  const ProgramOutcome outcome =
      stack.Reporter("SubmitReport",
                     json{{"report", json::parse(SmallReport("small", station, ann, bob))}}.dump());
  if (outcome.exit_code != 0) return outcome.err;
  return json::parse(outcome.out).at("receipt").value("state", "");
}

// As the owner of the tables.
void Change(const RunningStack& stack, const std::string& statement) {
  const auto session = postgres::Session::Open({.connection = stack->cluster().owner_connection()});
  ASSERT_TRUE(session.ok()) << session.status();
  const absl::Status changed = (*session)->Run(statement);
  ASSERT_TRUE(changed.ok()) << changed;
}

std::string Count(const RunningStack& stack) {
  const auto session = postgres::Session::Open({.connection = stack->cluster().owner_connection()});
  return (*session)->Query("SELECT count(*) FROM canvass.entries")->at(0).at(0).value_or("");
}

std::string Content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WaitUntilLogged(const std::string& log, const std::string& text) {
  const absl::Time deadline = absl::Now() + kFoundWithin;
  while (Content(log).find(text) == std::string::npos && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_THAT(Content(log), HasSubstr(text));
}

// An election with the reports of two stations: entries 1 to 4.
void Fill(const RunningStack& stack) {
  ASSERT_EQ(stack.Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
  ASSERT_THAT(Submit(stack, "n-1", 30, 20), HasSubstr("RECORDED"));
  ASSERT_THAT(Submit(stack, "n-2", 10, 5), HasSubstr("RECORDED"));
  ASSERT_EQ(Count(stack), "4");
}

class TamperingTest : public ::testing::Test {
 protected:
  // Starts the stack on the data that are there, as `canvass up` does.
  absl::StatusOr<std::unique_ptr<cli::Stack>> Restart() const {
    return cli::Stack::Start(
        {.data_folder = data_,
         .reporter_listen = "127.0.0.1:0",
         .aggregator_listen = "127.0.0.1:0",
         .publisher_listen = "127.0.0.1:0",
         .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
  }

  TemporaryFolder folder_;
  const std::string data_ = folder_.File("data");
};

// An idle aggregator finds it with its next heartbeat, a busy one with its next append.
TEST_F(TamperingTest, ARunningAggregatorAcknowledgesNothingOntoAHole) {
  const RunningStack stack(data_);
  Fill(stack);
  Change(stack, "DELETE FROM canvass.entries WHERE sequence = 3");
  EXPECT_THAT(Submit(stack, "s-1", 7, 8), Not(HasSubstr("RECORDED")));
  EXPECT_EQ(Count(stack), "3") << "nothing is added";
  const std::string log = data_ + "/log/canvass-aggregator.log";
  WaitUntilLogged(log, "LEDGER_TAMPERED");
  EXPECT_THAT(Content(log), HasSubstr("of the entries 1 to 4 of small, 3 are there; the first that "
                                      "is missing is 3"));
  EXPECT_THAT(Submit(stack, "s-1", 7, 8), Not(HasSubstr("RECORDED")));
  const json key = {{"election_id", "small"}, {"station_id", "n-1"}, {"revision", 1}};
  EXPECT_THAT(stack.Election("AnnulReport", json{{"key", key}, {"reason", "fire"}}.dump()).err,
              HasSubstr("LEDGER_TAMPERED"));
  EXPECT_EQ(Count(stack), "3");
}

TEST_F(TamperingTest, AnIdleAggregatorFindsAnEntryThatWasAdded) {
  const RunningStack stack(data_);
  Fill(stack);
  Change(stack,
         "INSERT INTO canvass.entries (sequence, recorded_at, election_no, kind, actor, entry, "
         "leaf_hash) SELECT 5, recorded_at, election_no, kind, actor, entry, leaf_hash "
         "FROM canvass.entries WHERE sequence = 4");
  WaitUntilLogged(data_ + "/log/canvass-aggregator.log", "the ledger of small ends with entry 5");
  EXPECT_THAT(Submit(stack, "s-1", 7, 8), Not(HasSubstr("RECORDED")));
  EXPECT_EQ(Count(stack), "5");
}

// SQL readers see other totals than the services.
TEST_F(TamperingTest, VotesThatWereMovedInTheColumnsAreFoundByAnAuditAndByAStart) {
  std::optional<RunningStack> stack(std::in_place, data_);
  Fill(*stack);
  const std::vector<std::string> audit = {"ledger", "small", "--verify", "--database",
                                          (*stack)->cluster().reader_connection()};
  const ProgramOutcome clean = stack->Canvass(audit);
  EXPECT_EQ(clean.exit_code, 0) << clean.err;
  EXPECT_THAT(clean.out, HasSubstr("The rows of the database say what the entries say"));
  EXPECT_THAT(clean.out, HasSubstr("This role may not read what seals hide"));
  EXPECT_THAT(clean.out, HasSubstr("The publisher has the same root at sequence 4"));

  Change(*stack, "UPDATE canvass.entries SET votes = '{20,30}' WHERE sequence = 3");
  const ProgramOutcome changed = stack->Canvass(audit);
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.err, HasSubstr("canvass.entries, sequence 3, column votes: {20,30} is stored "
                                     "instead of {30,20}"));
  EXPECT_THAT(changed.err, HasSubstr("ROW_DIFFERS"));
  EXPECT_EQ(stack->Canvass({"ledger", "small", "--verify"}).exit_code, 0) << "the bytes are whole";
  stack.reset();

  const auto restarted = Restart();
  EXPECT_EQ(DetailOf(restarted.status()).reason, "ROW_DIFFERS") << restarted.status();
  EXPECT_THAT(std::string(restarted.status().message()), HasSubstr("column votes"));
}

// The patrol of a running aggregator finds it, and finds that it was mended.
TEST_F(TamperingTest, VotesThatWereMovedBelowARunningAggregatorStopItUntilTheyAreMended) {
  const RunningStack stack(data_);
  Fill(stack);
  Change(stack, "UPDATE canvass.entries SET votes = '{20,30}' WHERE sequence = 3");
  const std::string log = data_ + "/log/canvass-aggregator.log";
  WaitUntilLogged(log, "ROW_DIFFERS");
  EXPECT_THAT(Content(log), HasSubstr("canvass.entries, sequence 3, column votes: {20,30} is "
                                      "stored instead of {30,20}"));
  EXPECT_THAT(Submit(stack, "s-1", 7, 8), Not(HasSubstr("RECORDED")));
  const json key = {{"election_id", "small"}, {"station_id", "n-1"}, {"revision", 1}};
  EXPECT_THAT(stack.Election("AnnulReport", json{{"key", key}, {"reason", "fire"}}.dump()).err,
              HasSubstr("until an operator has mended them"));
  EXPECT_EQ(Count(stack), "4");

  Change(stack, "UPDATE canvass.entries SET votes = '{30,20}' WHERE sequence = 3");
  const absl::Time deadline = absl::Now() + kFoundWithin;
  while (Count(stack) == "4" && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Count(stack), "5") << "the report that waited in the outbox";
}

TEST_F(TamperingTest, ARootThatWasWrittenDownTellsWhetherTheLedgerContinuesIt) {
  const RunningStack stack(data_);
  Fill(stack);
  ASSERT_EQ(stack.NationalResult("small").exit_code, 0);
  const ProgramOutcome verified = stack.Canvass({"ledger", "small", "--verify", "-o", "csv"});
  ASSERT_EQ(verified.exit_code, 0) << verified.err;
  const std::size_t at = verified.out.find("\n4,");
  ASSERT_NE(at, std::string::npos) << verified.out;
  const std::string root = verified.out.substr(at + 3, 64);
  ASSERT_THAT(Submit(stack, "s-1", 7, 8), HasSubstr("RECORDED"));
  ASSERT_EQ(stack.NationalResult("small").exit_code, 0);
  for (const std::string& known : {root, root + "@4"}) {
    const ProgramOutcome continued =
        stack.Canvass({"ledger", "small", "--verify", "--root", known});
    EXPECT_EQ(continued.exit_code, 0) << continued.err;
    EXPECT_THAT(continued.out, HasSubstr("The ledger continues the given root"));
  }
  for (const std::string& known : {root + "@3", root + "@5", root + "@6", std::string(64, 'a')}) {
    const ProgramOutcome differs = stack.Canvass({"ledger", "small", "--verify", "--root", known});
    EXPECT_EQ(differs.exit_code, 1) << known;
    EXPECT_THAT(differs.err, HasSubstr("LEDGER_DIVERGED"));
  }
  // Without services.
  const ProgramOutcome alone = RunProgram(
      {ProgramFile("canvass"), "ledger", "small", "--verify", "--root", root + "@4", "--database",
       stack->cluster().writer_connection(), "--publisher", "127.0.0.1:1"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
}

// A whole, older database in the place of the newer one, while everything is stopped.
TEST_F(TamperingTest, AnOlderDatabaseIsNoticedByPublisherAndReporterAfterARestart) {
  const std::string older = folder_.File("older");
  std::optional<RunningStack> stack(std::in_place, data_);
  Fill(*stack);
  stack.reset();
  ASSERT_EQ(RunProgram({"cp", "-a", data_ + "/postgres", older}).exit_code, 0);
  stack.emplace(data_);
  ASSERT_THAT(Submit(*stack, "s-1", 7, 8), HasSubstr("RECORDED"));
  ASSERT_EQ(stack->NationalResult("small").exit_code, 0);
  stack.reset();
  std::filesystem::remove_all(data_ + "/postgres");
  ASSERT_EQ(RunProgram({"mv", older, data_ + "/postgres"}).exit_code, 0);

  const auto restarted = Restart();
  EXPECT_EQ(DetailOf(restarted.status()).reason, "LEDGER_DIVERGED") << restarted.status();
  EXPECT_THAT(std::string(restarted.status().message()),
              HasSubstr("this publisher has shown sequence 5"));
  EXPECT_THAT(Content(data_ + "/log/canvass-station-reporter.log"),
              HasSubstr("A receipt told of entry 5 of small"));

  // An operator accepts it.
  std::filesystem::remove(data_ + "/publisher-roots");
  std::filesystem::remove(data_ + "/outbox.sqlite-ledgers");
  stack.emplace(data_);
  EXPECT_THAT(Submit(*stack, "s-1", 7, 8), HasSubstr("RECORDED"));
}

}  // namespace
}  // namespace canvass::testing
