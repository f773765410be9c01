// Who may do what, over real TLS between the real programs.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/slice.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/actor.h"
#include "common/identity/policy.h"
#include "common/postgres/private_cluster.h"
#include "common/postgres/session.h"
#include "common/rpc/channel.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/canvass/stack/stack.h"
#include "tests/support/program_run.h"
#include "tests/support/small_election.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using election::Actor;
using election::Role;
using identity::TlsFiles;
using ::nlohmann::json;
using ::testing::HasSubstr;

constexpr absl::Duration kCallWithin = absl::Seconds(30);

// Makes any call with one empty message, and ends it at the first answer.
class AnyCall final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  AnyCall(grpc::GenericStub& stub, const std::string& method) {
    rpc::SetDeadline(context_, kCallWithin);
    stub.PrepareBidiStreamingCall(&context_, "/" + method, {}, this);
    StartRead(&answer_);
    StartWriteLast(&request_, {});
    StartCall();
  }

  absl::Status Outcome() { return done_.get_future().get(); }

  void OnReadDone(bool ok) override {
    if (ok) context_.TryCancel();
  }
  void OnDone(const grpc::Status& status) override { done_.set_value(rpc::FromGrpcStatus(status)); }

 private:
  grpc::ClientContext context_;
  grpc::Slice empty_{""};
  grpc::ByteBuffer request_{&empty_, 1};
  grpc::ByteBuffer answer_;
  std::promise<absl::Status> done_;
};

class IdentityTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder();
    auto stack = cli::Stack::Start(
        {.data_folder = folder_->path(),
         .reporter_listen = "127.0.0.1:0",
         .aggregator_listen = "127.0.0.1:0",
         .publisher_listen = "127.0.0.1:0",
         .tls = true,
         .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = stack->release();
    const ProgramOutcome defined = Canvass("operator/anna", {"define", "-"}, Definition());
    ASSERT_EQ(defined.exit_code, 0) << defined.err;
  }
  static void TearDownTestSuite() {
    delete stack_;
    delete folder_;
  }

  static std::string Definition() {
    json definition = json::parse(SmallDefinition("small"));
    definition["sources"].push_back({{"sourceId", "oracle"},
                                     {"kind", "SOURCE_KIND_EXIT_POLL"},
                                     {"names", {{"en", "Oracle"}}},
                                     {"organisations", {"Oracle"}}});
    return definition.dump();
  }

  static TlsFiles FilesOf(const std::string& identity) {
    const std::optional<Actor> actor = election::ParseActor(identity);
    EXPECT_TRUE(actor.has_value()) << identity;
    const auto files = stack_->FilesOf(*actor);
    EXPECT_TRUE(files.ok()) << files.status();
    return *files;
  }

  static std::string AddressOf(std::string_view method) {
    if (method.starts_with("canvass.reporter.")) return stack_->reporter_address();
    if (method.starts_with("canvass.publisher.")) return stack_->publisher_address();
    return stack_->aggregator_address();
  }

  // `identity` is empty for a caller without a certificate.
  static std::shared_ptr<grpc::Channel> ChannelOf(const std::string& identity,
                                                  const std::string& address) {
    TlsFiles files = FilesOf(identity.empty() ? "operator/anna" : identity);
    if (identity.empty()) files = {.authorities = files.authorities};
    const auto tls = rpc::ChannelTls::Open(files);
    EXPECT_TRUE(tls.ok()) << tls.status();
    return rpc::NewChannel(address, {.tls = *tls});
  }

  static ProgramOutcome Canvass(const std::string& identity, std::vector<std::string> words,
                                const std::string& input = "") {
    const TlsFiles files = FilesOf(identity);
    words.insert(words.begin(), ProgramFile("canvass"));
    words.insert(words.end(),
                 {"--authorities", files.authorities, "--certificate", files.certificate,
                  "--reporter", stack_->reporter_address(), "--aggregator",
                  stack_->aggregator_address(), "--publisher", stack_->publisher_address()});
    return RunProgram(words, input);
  }

  static ProgramOutcome Curl(const std::string& identity, const std::string& method,
                             const std::string& request) {
    const TlsFiles files = FilesOf(identity);
    return Grpcurl(AddressOf(method), method, request,
                   {"-cacert", files.authorities, "-cert", files.certificate, "-key", files.key});
  }

  // SubmitReport of a report from SmallReport with these fields set.
  static ProgramOutcome Submit(const std::string& identity, const std::string& station,
                               const std::string& source = "", int ann = 60) {
    json report = json::parse(SmallReport("small", station, ann, 30));
    if (!source.empty()) report["source_id"] = source;
    return Curl(identity, "canvass.reporter.v1.StationReporterService/SubmitReport",
                json{{"report", report}}.dump());
  }

  static TemporaryFolder* folder_;
  static cli::Stack* stack_;
};

TemporaryFolder* IdentityTest::folder_ = nullptr;
cli::Stack* IdentityTest::stack_ = nullptr;

std::vector<std::string> MethodsOf(const google::protobuf::ServiceDescriptor* service) {
  std::vector<std::string> methods;
  for (int i = 0; i < service->method_count(); ++i) {
    methods.push_back(StrCat(service->full_name(), "/", service->method(i)->name()));
  }
  return methods;
}

const google::protobuf::ServiceDescriptor* FindService(const std::string& name) {
  // Keeps the linker from leaving out the files.
  static_cast<void>(aggregator::v1::GetElectionRequest::descriptor());
  static_cast<void>(aggregator::v1::GetReceiptRequest::descriptor());
  static_cast<void>(publisher::v1::GetElectionRequest::descriptor());
  static_cast<void>(reporter::v1::GetReceiptRequest::descriptor());
  return google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
}

TEST(IdentityTableTest, HasEveryCallOfTheReporterAndTheAggregator) {
  std::set<std::string> granted;
  for (const identity::Grant& grant : identity::Grants()) granted.insert(std::string(grant.method));
  std::set<std::string> called;
  for (const std::string name :
       {"canvass.reporter.v1.StationReporterService", "canvass.aggregator.v1.AggregatorService",
        "canvass.aggregator.v1.ElectionService"}) {
    for (const std::string& method : MethodsOf(FindService(name))) called.insert(method);
  }
  EXPECT_EQ(granted, called);
}

// One caller of each kind.
const std::vector<std::string>& Callers() {
  static const auto& callers = *new std::vector<std::string>{
      "station/n-1", "office/north",     "operator/anna",     "observer/observers",
      "poll/oracle", "service/reporter", "service/publisher", "service/aggregator"};
  return callers;
}

TEST_F(IdentityTest, EveryCallOfEveryCaller) {
  int permitted = 0;
  int refused = 0;
  for (const std::string& caller : Callers()) {
    const identity::Peer peer{.is_checked = true, .actor = election::ParseActor(caller)};
    grpc::GenericStub reporter(ChannelOf(caller, stack_->reporter_address()));
    grpc::GenericStub aggregator(ChannelOf(caller, stack_->aggregator_address()));
    for (const identity::Grant& grant : identity::Grants()) {
      const std::string method(grant.method);
      const bool is_reporter = method.starts_with("canvass.reporter.");
      const absl::Status outcome = AnyCall(is_reporter ? reporter : aggregator, method).Outcome();
      const bool may = identity::CheckCall(grant.call, peer).ok();
      EXPECT_EQ(HasReason(outcome, reason::kCallNotPermitted), !may)
          << caller << " " << method << ": " << outcome;
      EXPECT_FALSE(absl::IsUnavailable(outcome)) << caller << " " << method << ": " << outcome;
      EXPECT_FALSE(absl::IsDeadlineExceeded(outcome)) << caller << " " << method;
      ++(may ? permitted : refused);
    }
  }
  // By hand, from the table in services/README.md.
  EXPECT_EQ(permitted, 60);
  EXPECT_EQ(refused, 100);
}

TEST_F(IdentityTest, WhoHasNoCertificateOnlyReadsWhatIsPublished) {
  grpc::GenericStub publisher(ChannelOf("", stack_->publisher_address()));
  for (const std::string& method :
       MethodsOf(FindService("canvass.publisher.v1.PublisherService"))) {
    const absl::Status outcome = AnyCall(publisher, method).Outcome();
    EXPECT_FALSE(absl::IsPermissionDenied(outcome)) << method << ": " << outcome;
    EXPECT_FALSE(absl::IsUnavailable(outcome)) << method << ": " << outcome;
  }
  for (const std::string& address : {stack_->reporter_address(), stack_->aggregator_address()}) {
    grpc::GenericStub stub(ChannelOf("", address));
    const absl::Status outcome =
        AnyCall(stub, "canvass.aggregator.v1.ElectionService/ListElections").Outcome();
    EXPECT_TRUE(absl::IsUnavailable(outcome)) << outcome;
  }
}

TEST_F(IdentityTest, AStationReportsForItselfAndTheEntryNamesIt) {
  EXPECT_EQ(Submit("station/n-1", "n-1").exit_code, 0);
  const ProgramOutcome other = Submit("station/n-1", "n-2");
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.err, HasSubstr("PermissionDenied"));
  EXPECT_THAT(other.err, HasSubstr("ACTOR_NOT_ENTITLED"));
  EXPECT_THAT(other.err, HasSubstr("station/n-1"));
  EXPECT_THAT(Submit("station/n-1", "n-1", "observers").err, HasSubstr("ACTOR_NOT_ENTITLED"));

  const ProgramOutcome entries = Canvass("observer/observers", {"ledger", "small", "-o", "csv"});
  EXPECT_EQ(entries.exit_code, 0) << entries.err;
  EXPECT_THAT(entries.out, HasSubstr("station/n-1"));
  EXPECT_THAT(entries.out, HasSubstr("operator/anna"));
  const ProgramOutcome refused = Canvass("operator/anna", {"refused", "small", "-o", "csv"});
  EXPECT_EQ(refused.exit_code, 0) << refused.err;
  EXPECT_THAT(refused.out, HasSubstr("ACTOR_NOT_ENTITLED"));
}

TEST_F(IdentityTest, AnOfficeReportsForTheStationsOfItsArea) {
  EXPECT_EQ(Submit("office/south", "s-1").exit_code, 0);
  EXPECT_THAT(Submit("office/south", "n-2").err, HasSubstr("ACTOR_NOT_ENTITLED"));
  EXPECT_EQ(Submit("office/town", "n-2").exit_code, 0);
  EXPECT_THAT(Submit("operator/anna", "n-2").err, HasSubstr("CALL_NOT_PERMITTED"));
}

TEST_F(IdentityTest, APollAndObserversSpeakAsThemselvesAlone) {
  EXPECT_EQ(Submit("observer/observers", "n-1", "observers").exit_code, 0);
  EXPECT_THAT(Submit("observer/other", "n-1", "observers").err, HasSubstr("ACTOR_NOT_ENTITLED"));
  EXPECT_THAT(Submit("observer/observers", "n-1").err, HasSubstr("ACTOR_NOT_ENTITLED"));
  const std::string figures =
      json{{"figures",
            {{"election_id", "small"},
             {"source_id", "oracle"},
             {"revision", 1},
             {"shares", {{{"candidate_id", "ann"}, {"share_percent", "60"}}}}}}}
          .dump();
  const std::string method = "canvass.aggregator.v1.ElectionService/PublishPollFigures";
  const ProgramOutcome rival = Curl("poll/rival", method, figures);
  EXPECT_THAT(rival.err, HasSubstr("ACTOR_NOT_ENTITLED"));
  EXPECT_THAT(rival.err, HasSubstr("poll/rival may not speak for source"));
  EXPECT_EQ(Curl("poll/oracle", method, figures).exit_code, 0);
}

// Annulment and certification by two operators, as people type it.
TEST_F(IdentityTest, TwoOperatorsDecideWhereTheElectionAsksForThem) {
  json definition = json::parse(SmallDefinition("pair"));
  definition["election"]["policy"]["twoOperators"] = true;
  ASSERT_EQ(Canvass("operator/anna", {"define", "-"}, definition.dump()).exit_code, 0);
  for (const std::string station : {"n-1", "n-2", "s-1"}) {
    json report = json::parse(SmallReport("pair", station, 60, 30));
    ASSERT_EQ(Curl("station/" + station, "canvass.reporter.v1.StationReporterService/SubmitReport",
                   json{{"report", report}}.dump())
                  .exit_code,
              0);
  }
  const auto counted = [] {
    const ProgramOutcome results = Canvass("operator/anna", {"results", "pair", "-o", "json"});
    EXPECT_EQ(results.exit_code, 0) << results.err;
    return json::parse(results.out)["result"]["progress"]["stationsCounted"].dump();
  };
  const std::string all = counted();
  const auto sequence_of = [](const ProgramOutcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out)["sequence"].get<std::string>();
  };
  const std::vector<std::string> annul = {"annul",    "pair",    "n-1", "--revision", "1",
                                          "--reason", "stuffed", "-o",  "json"};
  const std::string proposal = sequence_of(Canvass("operator/anna", annul));
  const ProgramOutcome own =
      Canvass("operator/anna", {"confirm", "pair", "--sequence", proposal, "-o", "json"});
  EXPECT_EQ(sequence_of(own), proposal);
  EXPECT_THAT(own.out, HasSubstr("\"awaitsSecondOperator\": true"));
  EXPECT_EQ(counted(), all);
  const ProgramOutcome confirmed =
      Canvass("operator/boris", {"confirm", "pair", "--sequence", proposal});
  EXPECT_EQ(confirmed.exit_code, 0) << confirmed.err;
  EXPECT_THAT(confirmed.out, HasSubstr("as operator/anna proposed"));
  EXPECT_NE(counted(), all);

  const std::vector<std::string> certify = {
      "certify",  "pair",          "--read", "--accept-incomplete",
      "--reason", "all that came", "-o",     "json"};
  const std::string certification = sequence_of(Canvass("operator/anna", certify));
  EXPECT_NE(Canvass("operator/anna", {"results", "pair", "--final"}).exit_code, 0);
  EXPECT_EQ(Canvass("operator/boris", {"confirm", "pair", "--sequence", certification}).exit_code,
            0);
  const ProgramOutcome again =
      Canvass("operator/boris", {"confirm", "pair", "--sequence", certification, "-o", "json"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const ProgramOutcome none = Canvass("operator/boris", {"confirm", "pair", "--sequence", "1"});
  EXPECT_THAT(none.err, HasSubstr("PROPOSAL_UNKNOWN"));

  const ProgramOutcome entries = Canvass("observer/observers", {"ledger", "pair", "-o", "csv"});
  EXPECT_THAT(entries.out, HasSubstr("operator/anna,annulment proposed"));
  EXPECT_THAT(entries.out, HasSubstr("operator/boris,report annulled"));
  EXPECT_THAT(entries.out, HasSubstr("stuffed (proposed by operator/anna)"));
  EXPECT_THAT(entries.out, HasSubstr("operator/boris,result certified"));
}

TEST_F(IdentityTest, AStationAsksForItsOwnReceiptsAlone) {
  const std::string method = "canvass.reporter.v1.StationReporterService/GetReceipt";
  const auto key = [](const std::string& station) {
    return json{{"key", {{"election_id", "small"}, {"station_id", station}}}}.dump();
  };
  Submit("station/n-1", "n-1");
  EXPECT_EQ(Curl("station/n-1", method, key("n-1")).exit_code, 0);
  EXPECT_THAT(Curl("station/n-2", method, key("n-1")).err, HasSubstr("ACTOR_NOT_ENTITLED"));
}

// Its word stops the writer, so the last one to watch is the publisher.
TEST(WatcherIdentityTest, OnlyAPublisherIsBelievedThatTheLedgerGoesFurther) {
  const TemporaryFolder folder;
  const auto stack = cli::Stack::Start(
      {.data_folder = folder.path(),
       .reporter_listen = "127.0.0.1:0",
       .aggregator_listen = "127.0.0.1:0",
       .publisher_listen = "127.0.0.1:0",
       .tls = true,
       .program_folder = std::filesystem::path(ProgramFile("canvass")).parent_path()});
  ASSERT_TRUE(stack.ok()) << stack.status();
  const auto call = [&](const std::string& identity, const std::string& address,
                        const std::string& method, const json& request) {
    const auto files = (*stack)->FilesOf(*election::ParseActor(identity));
    EXPECT_TRUE(files.ok()) << files.status();
    return Grpcurl(
        address, method, request.dump(),
        {"-cacert", files->authorities, "-cert", files->certificate, "-key", files->key});
  };
  const auto operator_files = (*stack)->FilesOf(*election::ParseActor("operator/anna"));
  ASSERT_TRUE(operator_files.ok()) << operator_files.status();
  ASSERT_EQ(RunProgram({ProgramFile("canvass"), "define", "-", "--authorities",
                        operator_files->authorities, "--certificate", operator_files->certificate,
                        "--aggregator", (*stack)->aggregator_address()},
                       SmallDefinition("small"))
                .exit_code,
            0);
  const postgres::PrivateCluster& cluster = (*stack)->cluster();
  const auto session = postgres::Session::Open({.connection = cluster.owner_connection()});
  ASSERT_TRUE(session.ok()) << session.status();
  const json position = {{"election_id", "small"},
                         {"ledger_id", *(*session)->QueryValue("SELECT ledger_id FROM "
                                                               "canvass.ledger")},
                         {"sequence", 999},
                         {"root_hash", std::string(64, 'a')}};
  const auto watch = [&](const std::string& identity) {
    return call(identity, (*stack)->aggregator_address(),
                "canvass.aggregator.v1.AggregatorService/WatchLedger", {{"positions", {position}}})
        .err;
  };
  const auto release = [&] {
    return call("operator/anna", (*stack)->aggregator_address(),
                "canvass.aggregator.v1.ElectionService/ReleaseReport",
                {{"key", {{"election_id", "small"}, {"station_id", "n-1"}, {"revision", 1}}},
                 {"reason", "seen"}})
        .err;
  };
  for (const char* identity : {"operator/anna", "observer/observers"}) {
    EXPECT_THAT(watch(identity), HasSubstr("LEDGER_DIVERGED")) << identity;
  }
  absl::SleepFor(absl::Seconds(1));  // an idle writer looks once a second
  EXPECT_THAT(release(), HasSubstr("REPORT_UNKNOWN")) << "it is looked for";
  EXPECT_THAT(watch("service/publisher"), HasSubstr("LEDGER_DIVERGED"));
  const absl::Time deadline = absl::Now() + kCallWithin;
  const std::string behind = "service/publisher has seen sequence 999 of it";
  std::string refused = release();
  while (refused.find(behind) == std::string::npos && absl::Now() < deadline) {
    refused = release();
  }
  EXPECT_THAT(refused, HasSubstr(behind));
}

TEST_F(IdentityTest, ARevokedStationIsLockedOutWithoutARestart) {
  ASSERT_EQ(Submit("station/s-1", "s-1", "", 61).err.find("handshake"), std::string::npos);
  const TlsFiles files = FilesOf("station/s-1");
  const std::string copy = folder_->File("revoked-station.pem");
  std::filesystem::copy_file(files.certificate, copy);
  const ProgramOutcome revoked = RunProgram(
      {ProgramFile("canvass"), "pki",
       std::filesystem::path(files.authorities).parent_path().string(), "--revoke", "station/s-1"});
  ASSERT_EQ(revoked.exit_code, 0) << revoked.err;
  const std::string request =
      json{{"key", {{"election_id", "small"}, {"station_id", "s-1"}}}}.dump();
  const auto ask = [&] {
    return Grpcurl(stack_->reporter_address(),
                   "canvass.reporter.v1.StationReporterService/GetReceipt", request,
                   {"-cacert", files.authorities, "-cert", copy, "-key", copy});
  };
  const absl::Time deadline = absl::Now() + kCallWithin;
  ProgramOutcome outcome = ask();
  while (outcome.exit_code == 0 && absl::Now() < deadline) outcome = ask();
  EXPECT_NE(outcome.exit_code, 0);
  // The client only learns that it was not let in; the log says why.
  // It may say first that a connection was closed, in other words, so the client comes again.
  const std::string refused = "the certificate of spiffe://canvass.example/station/s-1";
  const absl::Time logged_until = absl::Now() + kCallWithin;
  std::string log;
  while (log.find(refused) == std::string::npos && absl::Now() < logged_until) {
    ask();
    std::ifstream in(folder_->File("log/canvass-station-reporter.log"));
    log.assign(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_THAT(log, HasSubstr(refused));
  EXPECT_THAT(log, HasSubstr("certificate revoked"));
}

}  // namespace
}  // namespace canvass::testing
