// The whole database is lost: a backup and a publisher bring everything back, and without a
// publisher what is missing is named and sent again.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "common/postgres/session.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/json.h"
#include "tests/support/program_run.h"
#include "tests/support/running_program.h"
#include "tests/support/running_stack.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kBackupPatience = absl::Minutes(2);
constexpr int kLoadStations = 3'000;

// SmallDefinition with more stations: x-1, x-2, ...
std::string ManyStations(const std::string& id) {
  json definition = json::parse(SmallDefinition(id));
  for (int i = 1; i <= kLoadStations; ++i) {
    definition["stations"].push_back({{"stationId", StrCat("x-", i)}, {"areaId", "north"}});
  }
  return definition.dump();
}

v1::StationReport LoadReportOf(const std::string& election_id, int station) {
  v1::StationReport report;
  report.set_election_id(election_id);
  report.set_station_id(StrCat("x-", station));
  v1::BallotCount& ballots = *report.mutable_ballots();
  ballots.set_ballots_cast(2 * station + 3);
  ballots.set_blank_votes(1);
  ballots.set_invalid_votes(2);
  for (const char* candidate : {"ann", "bob"}) {
    v1::CandidateCount& votes = *ballots.add_votes();
    votes.set_candidate_id(candidate);
    votes.set_count(station);
  }
  return report;
}

// Stations that report one after the other, each until it is told RECORDED or QUEUED.
class StationLoad {
 public:
  StationLoad(const std::string& reporter, std::string election_id)
      : stub_(reporter::v1::StationReporterService::NewStub(rpc::NewChannel(reporter))),
        election_id_(std::move(election_id)),
        thread_([this] { Run(); }) {}
  ~StationLoad() { Stop(); }
  StationLoad(const StationLoad&) = delete;
  StationLoad& operator=(const StationLoad&) = delete;

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // What was told: entry hashes by sequence.
  std::map<std::int64_t, std::string> Acknowledged() const {
    const MutexLock lock(mutex_);
    return acknowledged_;
  }
  std::size_t queued() const { return queued_; }

  // Waits until so many more reports are acknowledged.
  void AwaitMore(std::size_t more) const {
    const std::size_t wanted = Acknowledged().size() + more;
    const absl::Time deadline = absl::Now() + kBackupPatience;
    while (Acknowledged().size() < wanted && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    ASSERT_GE(Acknowledged().size(), wanted);
  }

 private:
  void Run() {
    for (int station = 1; station <= kLoadStations && !stopping_; ++station) {
      while (!stopping_ && !Submit(station)) absl::SleepFor(absl::Milliseconds(20));
    }
  }

  bool Submit(int station) {
    reporter::v1::SubmitReportRequest request;
    *request.mutable_report() = LoadReportOf(election_id_, station);
    reporter::v1::SubmitReportResponse response;
    grpc::ClientContext context;
    rpc::SetDeadline(context, absl::Seconds(10));
    if (!stub_->SubmitReport(&context, request, &response).ok()) return false;
    const v1::Receipt& receipt = response.receipt();
    if (receipt.state() == v1::RECEIPT_STATE_QUEUED) {
      ++queued_;
      absl::SleepFor(absl::Milliseconds(50));  // so that stations are left for what comes
      return true;
    }
    EXPECT_EQ(receipt.state(), v1::RECEIPT_STATE_RECORDED) << receipt.ShortDebugString();
    const MutexLock lock(mutex_);
    acknowledged_[receipt.sequence()] = receipt.entry_hash();
    return true;
  }

  const std::unique_ptr<reporter::v1::StationReporterService::Stub> stub_;
  const std::string election_id_;
  mutable Mutex mutex_;
  std::map<std::int64_t, std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::atomic<std::size_t> queued_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

void RunSql(const std::string& connection, const std::string& statement) {
  const auto session = postgres::Session::Open({.connection = connection});
  ASSERT_TRUE(session.ok()) << session.status();
  const absl::Status done = (*session)->Run(statement);
  ASSERT_TRUE(done.ok()) << done;
}

// Entry hashes by sequence, as the database has them.
std::map<std::int64_t, std::string> EntriesIn(const std::string& connection) {
  std::map<std::int64_t, std::string> entries;
  const auto session = postgres::Session::Open({.connection = connection});
  EXPECT_TRUE(session.ok()) << session.status();
  const auto rows =
      (*session)->Query("SELECT sequence, encode(leaf_hash, 'hex') FROM canvass.entries");
  EXPECT_TRUE(rows.ok()) << rows.status();
  for (const auto& row : *rows) entries[std::stoll(*row[0])] = *row[1];
  return entries;
}

std::string SubmitSmall(const RunningStack& stack, const std::string& station, int ann, int bob) {
  return stack
      .Reporter("SubmitReport",
                json{{"report", json::parse(SmallReport("small", station, ann, bob))}}.dump())
      .out;
}

ProgramOutcome RunCanvass(std::vector<std::string> words) {
  words.insert(words.begin(), ProgramFile("canvass"));
  return RunProgram(words);
}

class BackupTest : public ::testing::Test {
 protected:
  // A stack over data_ with the election small and one report: entries 1 to 3.
  void StartSmall() {
    stack_.emplace(data_);
    ASSERT_EQ(stack_->Canvass({"define", "-"}, SmallDefinition("small")).exit_code, 0);
    ASSERT_THAT(SubmitSmall(*stack_, "n-1", 30, 20), HasSubstr("RECORDED"));
  }

  // Of the database of `canvass up`, while it runs.
  void BackUp() const {
    const ProgramOutcome made = RunCanvass({"backup", "--data", data_, "--to", backup_});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_THAT(made.err, HasSubstr("The backup has what seals hide"));
  }

  // Stops everything, and the cluster is gone.
  void LoseCluster() {
    stack_.reset();
    std::filesystem::remove_all(data_ + "/postgres");
  }

  ProgramOutcome Restore(std::vector<std::string> words) const {
    words.insert(words.begin(), {"restore", "--from", backup_, "--data", data_});
    return RunCanvass(std::move(words));
  }

  TemporaryFolder folder_;
  const std::string data_ = folder_.File("data");
  const std::string backup_ = folder_.File("backup");
  std::optional<RunningStack> stack_;
};

TEST_F(BackupTest, ABackupUnderLoadAndAPublisherBringBackAllThatWasAcknowledged) {
  stack_.emplace(data_);
  RunningStack& stack = *stack_;
  const postgres::PrivateCluster& cluster = stack->cluster();
  ASSERT_EQ(stack.Canvass({"define", "-"}, ManyStations("wide")).exit_code, 0);
  StationLoad load(stack->reporter_address(), "wide");
  load.AwaitMore(100);
  BackUp();
  load.AwaitMore(100);
  RunSql(cluster.superuser_connection(), "DROP DATABASE canvass WITH (FORCE)");

  // What was acknowledged up to here is what the publisher must have.
  const std::size_t queued = load.queued();
  const absl::Time deadline = absl::Now() + kBackupPatience;
  while (load.queued() == queued && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(10));
  ASSERT_GT(load.queued(), queued) << "reports wait in the outbox";
  ASSERT_TRUE(cluster.CreateDatabase().ok());
  const ProgramOutcome restored =
      stack.Canvass({"restore", "--from", backup_, "--database", cluster.owner_connection(),
                     "--catch-up", stack->publisher_address()});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_THAT(restored.err,
              AllOf(HasSubstr("wide: entries 1 to "), HasSubstr(" are from publishers")));

  load.AwaitMore(50);
  load.Stop();
  ASSERT_EQ(stack.NationalResult("wide").exit_code, 0) << "the publisher follows";
  const std::map<std::int64_t, std::string> entries = EntriesIn(cluster.reader_connection());
  for (const auto& [sequence, hash] : load.Acknowledged()) {
    ASSERT_TRUE(entries.contains(sequence)) << sequence;
    EXPECT_EQ(entries.at(sequence), hash) << sequence;
  }
  const ProgramOutcome verified =
      stack.Canvass({"ledger", "wide", "--verify", "--database", cluster.owner_connection()});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("The publisher has the same root at sequence"));
  const json manifest = json::parse(std::ifstream(backup_ + "/manifest.json"));
  EXPECT_EQ(ParseJson(stack.NationalResult("wide")).at("result").at("as_of").at("ledger_id"),
            manifest.at("ledger_id"))
      << "it goes on under its own id";
}

TEST_F(BackupTest, WithoutAPublisherWhatIsMissingIsNamedAndSentAgain) {
  StartSmall();
  BackUp();
  ASSERT_THAT(SubmitSmall(*stack_, "n-2", 10, 5), HasSubstr("RECORDED"));
  ASSERT_THAT(SubmitSmall(*stack_, "s-1", 7, 8), HasSubstr("RECORDED"));
  const json before = ParseJson(stack_->NationalResult("small")).at("result");
  const std::string list = folder_.File("stations.csv");
  std::ofstream(list) << stack_->Canvass({"stations", "small", "-o", "csv"}).out;
  LoseCluster();

  const std::string known = data_ + "/publisher-roots";
  const ProgramOutcome refused = Restore({"--nothing-lost", "--known", known});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("small: entries 4 to 5 are missing, says " + known),
                                 HasSubstr("LEDGER_BEHIND")));
  const ProgramOutcome restored =
      Restore({"--new-ledger-id", "--known", known, "--known", data_ + "/outbox.sqlite-ledgers",
               "--stations", "small=" + list});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_THAT(restored.err, HasSubstr("The ledger goes on under the new id "));
  EXPECT_THAT(restored.err, HasSubstr("small: entries 4 to 5 are missing, says " + known));
  EXPECT_THAT(restored.err, HasSubstr("small: entries 4 to 5 are missing, says " + data_ +
                                      "/outbox.sqlite-ledgers"));
  EXPECT_THAT(restored.err,
              AllOf(HasSubstr("small: revision 1 of station n-2 is missing; it was entry 4"),
                    HasSubstr("small: revision 1 of station s-1 is missing; it was entry 5"),
                    Not(HasSubstr("station n-1"))));
  std::filesystem::remove(known);
  std::filesystem::remove(data_ + "/outbox.sqlite-ledgers");

  stack_.emplace(data_);
  EXPECT_THAT(stack_->Canvass({"stations", "small", "--state", "missing", "-o", "csv"}).out,
              AllOf(HasSubstr("n-2"), HasSubstr("s-1"), Not(HasSubstr("n-1"))));
  EXPECT_THAT(SubmitSmall(*stack_, "n-1", 30, 20), HasSubstr("repeated"));
  EXPECT_THAT(SubmitSmall(*stack_, "n-2", 10, 5), HasSubstr("RECORDED"));
  EXPECT_THAT(SubmitSmall(*stack_, "s-1", 7, 8), HasSubstr("RECORDED"));
  const json after = ParseJson(stack_->NationalResult("small")).at("result");
  EXPECT_EQ(after.at("candidates"), before.at("candidates"));
  EXPECT_EQ(after.at("progress"), before.at("progress"));
  EXPECT_EQ(after.at("as_of").at("sequence"), before.at("as_of").at("sequence"));
  EXPECT_NE(after.at("as_of").at("ledger_id"), before.at("as_of").at("ledger_id"));
}

TEST_F(BackupTest, AnAggregatorDoesNotWriteToADatabaseThatIsOlderThanWhatAPublisherShowed) {
  StartSmall();
  BackUp();
  ASSERT_THAT(SubmitSmall(*stack_, "n-2", 10, 5), HasSubstr("RECORDED"));
  ASSERT_EQ(stack_->NationalResult("small").exit_code, 0);
  LoseCluster();
  const ProgramOutcome restored = Restore({"--nothing-lost"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  const auto cluster = postgres::PrivateCluster::Start({.folder = data_ + "/postgres"});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  const RunningProgram aggregator("canvass-aggregator", folder_.File("aggregator"),
                                  {"--database=" + (*cluster)->writer_connection()});
  const std::string& address = aggregator.address();
  const RunningProgram publisher(
      "canvass-publisher", folder_.File("publisher"),
      {"--aggregator=" + address, "--known_roots=" + data_ + "/publisher-roots"});

  const std::string list = R"({"election_id": "small"})";
  ProgramOutcome heard;
  const absl::Time deadline = absl::Now() + kBackupPatience;
  while (heard.err.find("LEDGER_BEHIND") == std::string::npos && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(100));
    heard = Grpcurl(address, "canvass.aggregator.v1.AggregatorService/ListLedgerEntries", list);
  }
  const json annulment = {
      {"key", {{"election_id", "small"}, {"station_id", "n-1"}, {"revision", 1}}},
      {"reason", "fire"}};
  const ProgramOutcome decided =
      Grpcurl(address, "canvass.aggregator.v1.ElectionService/AnnulReport", annulment.dump());
  EXPECT_NE(decided.exit_code, 0);
  EXPECT_THAT(decided.err,
              AllOf(HasSubstr("LEDGER_BEHIND"),
                    HasSubstr("The ledger of small ends at sequence 3, but local has seen "
                              "sequence 4 of it")));
  EXPECT_EQ(EntriesIn((*cluster)->reader_connection()).size(), 3);
}

// A reporter, an aggregator and a publisher over a database of their own, each of which can be
// stopped alone.
class LoneServices {
 public:
  explicit LoneServices(const TemporaryFolder& folder)
      : cluster_(NewDatabase(folder.File("postgres"))),
        aggregator_("canvass-aggregator", folder.File("aggregator"),
                    {"--database=" + cluster_->writer_connection()}),
        publisher_("canvass-publisher", folder.File("publisher"),
                   {"--aggregator=" + aggregator_.address()}),
        reporter_("canvass-station-reporter", folder.File("reporter"),
                  {"--aggregator=" + aggregator_.address()}) {}

  const postgres::PrivateCluster& cluster() const { return *cluster_; }
  const std::string& publisher_address() const { return publisher_.address(); }
  RunningProgram& aggregator() { return aggregator_; }

  // `canvass WORDS...` against them, until it succeeds or time is up.
  ProgramOutcome Canvass(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), ProgramFile("canvass"));
    words.insert(words.end(), {"--aggregator", aggregator_.address(), "--publisher",
                               publisher_.address(), "--reporter", reporter_.address()});
    return Await([&] { return RunProgram(words, input); });
  }

  // A method of the reporter or the publisher, until it succeeds or time is up.
  ProgramOutcome Submit(const json& report) const {
    return Await([&] {
      return Grpcurl(reporter_.address(), "canvass.reporter.v1.StationReporterService/SubmitReport",
                     json{{"report", report}}.dump());
    });
  }
  ProgramOutcome NationalResult(std::int64_t min_sequence) const {
    const json request = {{"election_id", "small"}, {"min_sequence", min_sequence}};
    return Await([&] {
      return Grpcurl(publisher_.address(),
                     "canvass.publisher.v1.PublisherService/GetNationalResult", request.dump());
    });
  }

 private:
  template <typename Call>
  static ProgramOutcome Await(Call call) {
    const absl::Time deadline = absl::Now() + kBackupPatience;
    ProgramOutcome outcome = call();
    while (outcome.exit_code != 0 && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(100));
      outcome = call();
    }
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome;
  }

  // A migrated database in a cluster of its own.
  static std::unique_ptr<postgres::PrivateCluster> NewDatabase(const std::string& folder) {
    auto cluster = postgres::PrivateCluster::Start({.folder = folder});
    EXPECT_TRUE(cluster.ok()) << cluster.status();
    EXPECT_TRUE((*cluster)->CreateDatabase().ok());
    EXPECT_EQ(RunCanvass({"migrate", (*cluster)->owner_connection()}).exit_code, 0);
    return *std::move(cluster);
  }

  const std::unique_ptr<postgres::PrivateCluster> cluster_;
  RunningProgram aggregator_;
  const RunningProgram publisher_;
  const RunningProgram reporter_;
};

// SmallDefinition with observers whose figures are sealed for an hour.
std::string SealedDefinition() {
  json definition = json::parse(SmallDefinition("small"));
  for (json& source : definition["sources"]) {
    if (source["sourceId"] != "observers") continue;
    source["visibleFrom"] =
        absl::FormatTime(absl::RFC3339_sec, absl::Now() + absl::Hours(1), absl::UTCTimeZone());
  }
  return definition.dump();
}

TEST_F(BackupTest, ADatabaseThatWasBroughtBackByOtherMeansTakesAllButWhatSealsHid) {
  LoneServices services(folder_);
  const std::string owner = services.cluster().owner_connection();
  ASSERT_EQ(services.Canvass({"define", "-"}, SealedDefinition()).exit_code, 0);
  ASSERT_THAT(services.Submit(json::parse(SmallReport("small", "n-1", 30, 20))).out,
              HasSubstr("RECORDED"));
  const ProgramOutcome made = RunCanvass({"backup", "--to", backup_, "--database", owner});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  json observed = json::parse(SmallReport("small", "n-1", 31, 19));
  observed["source_id"] = "observers";
  ASSERT_THAT(services.Submit(json::parse(SmallReport("small", "n-2", 10, 5))).out,
              HasSubstr("RECORDED"));
  ASSERT_THAT(services.Submit(observed).out, HasSubstr("RECORDED"));
  const std::string shown = services.NationalResult(5).out;
  ASSERT_THAT(shown, HasSubstr("\"sequence\": \"5\""));

  services.aggregator().Stop();
  RunSql(services.cluster().superuser_connection(), "DROP DATABASE canvass WITH (FORCE)");
  ASSERT_TRUE(services.cluster().CreateDatabase().ok());
  const ProgramOutcome older =
      RunCanvass({"restore", "--from", backup_, "--database", owner, "--nothing-lost"});
  ASSERT_EQ(older.exit_code, 0) << older.err;
  const std::vector<std::string> catch_up{"restore", "--database", owner, "--catch-up",
                                          services.publisher_address()};
  const ProgramOutcome restored = RunCanvass(catch_up);
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_THAT(restored.err,
              HasSubstr("small: entries 1 to 5, of which 4 to 5 are from publishers"));
  EXPECT_THAT(restored.err,
              HasSubstr("  canvass withdraw-seal small 5 --reason \"Lost with the database\"   "
                        "# source observers, "));
  const ProgramOutcome again = RunCanvass(catch_up);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, AllOf(HasSubstr("small: entries 1 to 5; root "),
                               HasSubstr("canvass withdraw-seal small 5 ")))
      << "nothing is missing any more, but the seal's content";

  services.aggregator().Start();
  const std::vector<std::string> verify{"ledger", "small", "--verify", "--database", owner};
  const ProgramOutcome withdrawn =
      services.Canvass({"withdraw-seal", "small", "5", "--reason", "Lost with the database"});
  ASSERT_EQ(withdrawn.exit_code, 0) << withdrawn.err;
  EXPECT_THAT(services.Submit(observed).out, HasSubstr("RECORDED"));
  const ProgramOutcome verified = services.Canvass(verify);
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("The publisher has the same root at sequence 7"));
  const json before = json::parse(shown).at("result");
  const json after = json::parse(services.NationalResult(7).out).at("result");
  EXPECT_EQ(after.at("candidates"), before.at("candidates"));
  EXPECT_EQ(after.at("as_of").at("ledger_id"), before.at("as_of").at("ledger_id"));
}

TEST_F(BackupTest, WhatDoesNotFitIsRefusedAndLeavesAnEmptyDatabase) {
  StartSmall();
  BackUp();
  const ProgramOutcome again = RunCanvass({"backup", "--data", data_, "--to", backup_});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("BACKUP_UNUSABLE"));
  const std::string owner = (*stack_)->cluster().owner_connection();
  const ProgramOutcome in_use =
      RunCanvass({"restore", "--from", backup_, "--database", owner, "--nothing-lost"});
  EXPECT_EQ(in_use.exit_code, 1);
  EXPECT_THAT(in_use.err, HasSubstr("DATABASE_IN_USE"));
  EXPECT_THAT(Restore({"--nothing-lost"}).err, HasSubstr("DATA_FOLDER_IN_USE"));
  ASSERT_THAT(SubmitSmall(*stack_, "n-2", 10, 5), HasSubstr("RECORDED")) << "nothing was touched";
  stack_.reset();
  EXPECT_THAT(Restore({"--nothing-lost"}).err, HasSubstr("DATABASE_NOT_EMPTY"));
  std::filesystem::remove_all(data_ + "/postgres");

  json manifest = json::parse(std::ifstream(backup_ + "/manifest.json"));
  manifest["elections"][0]["sequence"] = 2;
  std::ofstream(backup_ + "/manifest.json") << manifest;
  const ProgramOutcome other = Restore({"--nothing-lost"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("The dump holds small up to sequence 3"),
                               HasSubstr("BACKUP_DAMAGED")));
  std::filesystem::resize_file(backup_ + "/ledger.dump", 1000);
  EXPECT_THAT(Restore({"--nothing-lost"}).err, HasSubstr("has 1000 bytes, but the manifest says"));

  EXPECT_EQ(RunCanvass({"restore", "--from", backup_, "--data", data_}).exit_code, 2)
      << "how it goes on must be said";
  EXPECT_EQ(Restore({"--nothing-lost", "--new-ledger-id"}).exit_code, 2);
  const auto cluster = postgres::PrivateCluster::Start({.folder = data_ + "/postgres"});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  const auto session = postgres::Session::Open({.connection = (*cluster)->owner_connection()});
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(*(*session)->QueryValue("SELECT to_regnamespace('canvass') IS NULL"), "t");
}

}  // namespace
}  // namespace canvass::testing
