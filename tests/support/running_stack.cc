#include "tests/support/running_stack.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "common/postgres/session.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

constexpr absl::Duration kEndsWithin = absl::Seconds(30);
constexpr absl::Duration kShownWithin = absl::Seconds(30);

}  // namespace

RunningStack::RunningStack() : own_folder_(std::in_place), folder_(own_folder_->path()) {
  Start(/*standby=*/false);
}

RunningStack::RunningStack(const std::string& data_folder, bool standby) : folder_(data_folder) {
  Start(standby);
}

void RunningStack::Start(bool standby) {
  auto stack = cli::Stack::Start(
      {.data_folder = folder_,
       .reporter_listen = "127.0.0.1:0",
       .aggregator_listen = "127.0.0.1:0",
       .publisher_listen = "127.0.0.1:0",
       .standby = standby,
       .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
  if (!stack.ok()) {
    ADD_FAILURE() << stack.status();
    std::abort();  // no test of this program can say anything without it
  }
  stack_ = *std::move(stack);
}

RunningStack::~RunningStack() = default;

ProgramOutcome RunningStack::Canvass(const std::vector<std::string>& words,
                                     const std::string& input) const {
  std::vector<std::string> arguments{ProgramFile("canvass")};
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(),
                   {"--reporter", stack_->reporter_address(), "--aggregator",
                    stack_->aggregator_address(), "--publisher", stack_->publisher_address()});
  return RunProgram(arguments, input);
}

ProgramOutcome RunningStack::Publisher(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->publisher_address(), "canvass.publisher.v1.PublisherService/" + method,
                 json);
}

ProgramOutcome RunningStack::Reporter(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->reporter_address(), "canvass.reporter.v1.StationReporterService/" + method,
                 json);
}

ProgramOutcome RunningStack::Aggregator(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->aggregator_address(), "canvass.aggregator.v1.AggregatorService/" + method,
                 json);
}

ProgramOutcome RunningStack::Election(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->aggregator_address(), "canvass.aggregator.v1.ElectionService/" + method,
                 json);
}

ProgramOutcome RunningStack::NationalResult(const std::string& election_id) const {
  const auto session =
      postgres::Session::Open({.connection = stack_->cluster().reader_connection()});
  if (!session.ok()) return {.exit_code = -1, .err = session.status().ToString()};
  const auto rows = (*session)->Query(
      StrCat("SELECT coalesce(max(sequence), 0) FROM canvass.ledger_entries WHERE election_id = ",
             (*session)->Quote(election_id)));
  if (!rows.ok()) return {.exit_code = -1, .err = rows.status().ToString()};
  const std::string request = StrCat(R"({"election_id": ")", election_id, R"(", "min_sequence": )",
                                     rows->at(0).at(0).value_or(""), "}");
  const absl::Time deadline = absl::Now() + kShownWithin;
  ProgramOutcome outcome = Publisher("GetNationalResult", request);
  while (outcome.exit_code != 0 && absl::Now() < deadline) {
    outcome = Publisher("GetNationalResult", request);
  }
  return outcome;
}

void RunningStack::KillAggregator() {
  killed_ = stack_->aggregator_pid();
  kill(killed_, SIGKILL);
}

void RunningStack::RestartAggregator() {
  const absl::Time deadline = absl::Now() + kEndsWithin;
  while (stack_->aggregator_pid() == killed_ && absl::Now() < deadline) {
    const absl::Status status = stack_->Supervise();
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_NE(stack_->aggregator_pid(), killed_);
}

void RunningStack::CrashPostgres() {
  kill(stack_->cluster().pid(), SIGQUIT);
  const absl::Time deadline = absl::Now() + kEndsWithin;
  while (stack_->cluster().Check().ok() && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(5));
  EXPECT_FALSE(stack_->cluster().Check().ok());
}

void RunningStack::RestartPostgres() {
  const absl::Status status = stack_->Supervise();
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace canvass::testing
