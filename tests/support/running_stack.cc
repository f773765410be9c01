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

namespace canvass::testing {
namespace {

constexpr absl::Duration kEndsWithin = absl::Seconds(30);
constexpr absl::Duration kShownWithin = absl::Seconds(30);

}  // namespace

std::string NewFolder() {
  std::string name = ::testing::TempDir() + "canvass-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder " << name;
  std::filesystem::permissions(name, std::filesystem::perms::owner_all |
                                         std::filesystem::perms::group_exec |
                                         std::filesystem::perms::others_exec);
  return name;
}

RunningStack::RunningStack() : RunningStack(NewFolder()) { own_folder_ = true; }

RunningStack::RunningStack(const std::string& data_folder, bool standby) : folder_(data_folder) {
  auto stack =
      Stack::Start({.data_folder = folder_,
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

RunningStack::~RunningStack() {
  stack_.reset();
  if (own_folder_) std::filesystem::remove_all(folder_);
}

CommandOutcome RunningStack::Canvass(const std::vector<std::string>& words,
                                     const std::string& input) const {
  std::vector<std::string> arguments{ProgramFile("canvass")};
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(),
                   {"--reporter", stack_->reporter_address(), "--aggregator",
                    stack_->aggregator_address(), "--publisher", stack_->publisher_address()});
  return RunCommand(arguments, input);
}

CommandOutcome RunningStack::Publisher(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->publisher_address(), "canvass.publisher.v1.PublisherService/" + method,
                 json);
}

CommandOutcome RunningStack::Reporter(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->reporter_address(), "canvass.reporter.v1.StationReporterService/" + method,
                 json);
}

CommandOutcome RunningStack::Aggregator(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->aggregator_address(), "canvass.aggregator.v1.AggregatorService/" + method,
                 json);
}

CommandOutcome RunningStack::Election(const std::string& method, const std::string& json) const {
  return Grpcurl(stack_->aggregator_address(), "canvass.aggregator.v1.ElectionService/" + method,
                 json);
}

CommandOutcome RunningStack::NationalResult(const std::string& election_id) const {
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
  CommandOutcome outcome = Publisher("GetNationalResult", request);
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
