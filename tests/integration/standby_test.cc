// Two aggregators over one database: the other takes over, nothing is lost, nothing counted twice.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/aggregator/store/schema.h"
#include "tests/support/json.h"
#include "tests/support/program_run.h"
#include "tests/support/running_program.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_database.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

constexpr int kStandbyStations = 2000;
constexpr int kVotesOfAnn = 30;
constexpr int kVotesOfBob = 20;
constexpr absl::Duration kTakeoverMax = absl::Seconds(2);
// Frozen for 5 s, then noticed.
constexpr absl::Duration kFrozenTakeoverMax = absl::Seconds(10);
constexpr absl::Duration kStandbyPatience = absl::Seconds(60);
using Health = RunningProgram::Health;
const char* const kLeads = "canvass.aggregator.v1.AggregatorService";
const char* const kReady = "ready";

std::string StationId(int station) { return StrCat("n-", station); }

std::string WideDefinition() {
  json definition = json::parse(SmallDefinition("wide"));
  for (int station = 3; station <= kStandbyStations; ++station) {
    definition["stations"].push_back({{"stationId", StationId(station)}, {"areaId", "north"}});
  }
  return definition.dump();
}

// Submits the report of every station, and then all of them again, until it is stopped.
class Load {
 public:
  explicit Load(const std::string& reporter)
      : stub_(reporter::v1::StationReporterService::NewStub(rpc::NewChannel(reporter))) {
    for (int thread = 0; thread < kThreads; ++thread) {
      threads_.emplace_back([this, thread] { Run(thread); });
    }
  }
  ~Load() { Stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  // Waits until so many more were acknowledged.
  void Await(int more) const {
    const int enough = acknowledged_ + more;
    const absl::Time deadline = absl::Now() + kStandbyPatience;
    while (acknowledged_ < enough && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    EXPECT_GE(acknowledged_, enough) << "the load does not go on";
  }

  // By station, the entry that it was told.
  std::map<int, std::int64_t> sequences() const {
    const MutexLock lock(mutex_);
    return sequences_;
  }

 private:
  static constexpr int kThreads = 4;

  void Run(int thread) {
    for (int station = thread; !stopping_; station += kThreads)
      Submit(station % kStandbyStations + 1);
  }

  void Submit(int station) {
    reporter::v1::SubmitReportRequest request;
    v1::StationReport& report = *request.mutable_report();
    report.set_election_id("wide");
    report.set_station_id(StationId(station));
    v1::BallotCount& ballots = *report.mutable_ballots();
    ballots.set_registered_voters(900);
    ballots.set_ballots_cast(kVotesOfAnn + kVotesOfBob);
    ballots.set_blank_votes(0);
    ballots.set_invalid_votes(0);
    for (const auto& [candidate, votes] :
         {std::pair("ann", kVotesOfAnn), std::pair("bob", kVotesOfBob)}) {
      v1::CandidateCount& count = *ballots.add_votes();
      count.set_candidate_id(candidate);
      count.set_count(votes);
    }
    while (!stopping_ && !SubmitOnce(station, request)) absl::SleepFor(absl::Milliseconds(20));
  }

  bool SubmitOnce(int station, const reporter::v1::SubmitReportRequest& request) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, absl::Seconds(5));
    reporter::v1::SubmitReportResponse response;
    const grpc::Status status = stub_->SubmitReport(&context, request, &response);
    if (!status.ok() || response.receipt().state() != v1::RECEIPT_STATE_RECORDED) return false;
    ++acknowledged_;
    const MutexLock lock(mutex_);
    const auto [known, first] = sequences_.emplace(station, response.receipt().sequence());
    EXPECT_EQ(known->second, response.receipt().sequence()) << "station " << station;
    return true;
  }

  const std::unique_ptr<reporter::v1::StationReporterService::Stub> stub_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> acknowledged_ = 0;
  mutable Mutex mutex_;
  std::map<int, std::int64_t> sequences_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

class StandbyTest : public ::testing::Test {
 protected:
  StandbyTest() {
    EXPECT_TRUE(aggregator::Migrate(database_.owner_connection()).ok());
    const std::string database = StrCat("--database=", database_.writer_connection());
    for (const char* name : {"a", "b"}) {
      aggregators_.push_back(std::make_unique<RunningProgram>("canvass-aggregator", FileOf(name),
                                                              std::vector{database}));
      // The first one leads.
      if (aggregators_.size() == 1) aggregators_.front()->Await(kLeads, Health::SERVING);
    }
    addresses_ = StrCat(aggregators_[0]->address(), ",", aggregators_[1]->address());
    const std::vector<std::string> flags{StrCat("--aggregator=", addresses_)};
    reporter_ =
        std::make_unique<RunningProgram>("canvass-station-reporter", FileOf("reporter"), flags);
    publisher_ = std::make_unique<RunningProgram>("canvass-publisher", FileOf("publisher"), flags);
    aggregators_[1]->Await(kReady, Health::SERVING);
    EXPECT_NE(aggregators_[1]->HealthOf(kLeads), Health::SERVING);
    const ProgramOutcome defined = Canvass({"define", "-"}, WideDefinition());
    EXPECT_EQ(defined.exit_code, 0) << defined.err;
  }

  std::string FileOf(const std::string& name) const { return StrCat(folder_.path(), "/", name); }

  ProgramOutcome Canvass(const std::vector<std::string>& words, const std::string& input = "") {
    std::vector<std::string> arguments{ProgramFile("canvass")};
    arguments.insert(arguments.end(), words.begin(), words.end());
    arguments.insert(arguments.end(), {"--reporter", reporter_->address(), "--aggregator",
                                       addresses_, "--publisher", publisher_->address()});
    return RunProgram(arguments, input);
  }

  // Every entry that was acknowledged is there once, and the publisher comes to the same sum.
  void Check(const std::map<int, std::int64_t>& sequences) {
    EXPECT_EQ(Canvass({"ledger", "wide", "--verify"}).exit_code, 0);
    std::vector<std::string> expected;
    for (const auto& [station, sequence] : sequences) {
      expected.push_back(StrCat(sequence, "|", StationId(station)));
    }
    std::vector<std::string> stored = database_.Select(
        "SELECT entries.sequence, station_id FROM canvass.entries JOIN canvass.stations USING "
        "(election_no, station_no) WHERE kind = 3");
    std::sort(stored.begin(), stored.end());
    std::sort(expected.begin(), expected.end());
    // What was not acknowledged before the load was stopped may be there too.
    EXPECT_TRUE(std::includes(stored.begin(), stored.end(), expected.begin(), expected.end()));
    EXPECT_EQ(database_.Select("SELECT count(*) - max(sequence), count(DISTINCT station_no) - "
                               "count(*) FILTER (WHERE kind = 3) FROM canvass.entries"),
              std::vector<std::string>{"0|0"});
    const absl::Time deadline = absl::Now() + kStandbyPatience;
    while (StationsCounted() < stored.size() && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    EXPECT_EQ(StationsCounted(), stored.size());
  }

  std::size_t StationsCounted() const {
    const ProgramOutcome outcome =
        Grpcurl(publisher_->address(), "canvass.publisher.v1.PublisherService/GetNationalResult",
                R"({"election_id": "wide"})");
    if (outcome.exit_code != 0) return 0;
    const json result = ParseJson(outcome).at("result");
    EXPECT_EQ(result.at("candidates").at(0).value("votes", "0"),
              std::to_string(kVotesOfAnn * result.at("progress").value("stations_counted", 0)));
    return result.at("progress").value("stations_counted", std::size_t{0});
  }

  TemporaryFolder folder_;
  TestDatabase database_;
  std::vector<std::unique_ptr<RunningProgram>> aggregators_;
  std::string addresses_;
  std::unique_ptr<RunningProgram> reporter_;
  std::unique_ptr<RunningProgram> publisher_;
};

TEST_F(StandbyTest, AStandbyIsReadyAndAnswersNothing) {
  EXPECT_EQ(aggregators_[0]->HealthOf(kLeads), Health::SERVING);
  EXPECT_EQ(aggregators_[1]->HealthOf(kLeads), Health::NOT_SERVING);
  EXPECT_EQ(aggregators_[1]->HealthOf(""), Health::SERVING);
  const absl::Time deadline = absl::Now() + kStandbyPatience;
  ProgramOutcome outcome;
  // At first it says that it is starting.
  do {
    outcome = Grpcurl(aggregators_[1]->address(),
                      "canvass.aggregator.v1.AggregatorService/ListLedgerEntries",
                      R"({"election_id": "wide"})");
    ASSERT_NE(outcome.exit_code, 0);
  } while (outcome.err.find("NOT_ACTIVE") == std::string::npos && absl::Now() < deadline);
  EXPECT_THAT(outcome.err, HasSubstr("NOT_ACTIVE"));
  EXPECT_THAT(outcome.err, HasSubstr("Unavailable"));
  // A command that is given both finds the one that leads.
  EXPECT_EQ(Canvass({"ledger", "wide", "--verify"}).exit_code, 0);
}

TEST_F(StandbyTest, TakesOverFromOneThatIsKilled) {
  Load load(reporter_->address());
  for (int round = 0; round < 4; ++round) {
    RunningProgram& leader = *aggregators_[static_cast<std::size_t>(round % 2)];
    RunningProgram& standby = *aggregators_[static_cast<std::size_t>(1 - round % 2)];
    load.Await(200);
    leader.Signal(SIGKILL);
    const absl::Duration took = standby.Await(kLeads, Health::SERVING);
    std::cout << "took over within " << took << '\n';
    EXPECT_LT(took, kTakeoverMax);
    load.Await(200);
    leader.Start();
    leader.Await("", Health::SERVING);
  }
  load.Stop();
  Check(load.sequences());
}

TEST_F(StandbyTest, TakesOverFromOneThatIsFrozenAndThatOneStepsDown) {
  Load load(reporter_->address());
  load.Await(200);
  aggregators_[0]->Signal(SIGSTOP);
  const absl::Duration took = aggregators_[1]->Await(kLeads, Health::SERVING);
  std::cout << "took over within " << took << '\n';
  EXPECT_LT(took, kFrozenTakeoverMax);
  load.Await(200);
  aggregators_[0]->Signal(SIGCONT);
  EXPECT_LT(aggregators_[0]->Await(kLeads, Health::NOT_SERVING), kTakeoverMax);
  EXPECT_EQ(aggregators_[0]->HealthOf(""), Health::SERVING);
  EXPECT_EQ(aggregators_[1]->HealthOf(kLeads), Health::SERVING);
  load.Await(200);
  EXPECT_TRUE(aggregators_[0]->runs());
  load.Stop();
  Check(load.sequences());
}

}  // namespace
}  // namespace canvass::testing
