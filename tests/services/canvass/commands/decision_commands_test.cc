// Commands that put a decision into the ledger, against services that fail at the next step.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/input_file.h"
#include "tests/support/temporary_folder.h"

namespace canvass::cli {
namespace {

using ::testing::HasSubstr;

const grpc::Status kGone(grpc::StatusCode::UNAVAILABLE, "gone");

// Takes decisions, and answers no question about them.
class DecidingElections final : public aggregator::v1::ElectionService::Service {
 public:
  grpc::Status DefineElection(grpc::ServerContext* /*context*/,
                              grpc::ServerReader<aggregator::v1::DefineElectionRequest>* reader,
                              aggregator::v1::DefineElectionResponse* response) override {
    aggregator::v1::DefineElectionRequest request;
    while (reader->Read(&request)) {
    }
    response->set_sequence(4711);
    response->set_parts_changed(3);
    return define_status;
  }
  grpc::Status GetElection(grpc::ServerContext* /*context*/,
                           const aggregator::v1::GetElectionRequest* /*request*/,
                           aggregator::v1::GetElectionResponse* /*response*/) override {
    return election_status;
  }
  grpc::Status CertifyResult(grpc::ServerContext* /*context*/,
                             const aggregator::v1::CertifyResultRequest* /*request*/,
                             aggregator::v1::CertifyResultResponse* /*response*/) override {
    ++certified;
    return grpc::Status::OK;
  }

  grpc::Status define_status;
  grpc::Status election_status;
  std::atomic<int> certified = 0;
};

// The client only talks to an aggregator that is healthy.
class Healthy final : public grpc::health::v1::Health::Service {
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* /*request*/,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override {
    grpc::health::v1::HealthCheckResponse response;
    response.set_status(grpc::health::v1::HealthCheckResponse::SERVING);
    writer->Write(response);
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  }
};

class DecisionCommandsTest : public ::testing::Test {
 protected:
  DecisionCommandsTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&elections_);
    builder.RegisterService(&healthy_);
    server_ = builder.BuildAndStart();
  }
  ~DecisionCommandsTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  ExitCode Canvass(std::vector<std::string> words) {
    words.insert(words.begin(), "canvass");
    words.insert(words.end(), {"--aggregator", "127.0.0.1:" + std::to_string(port_)});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    Console console{.out = out_, .messages = messages_};
    return CommandLine(console).Execute(static_cast<int>(pointers.size()), pointers.data());
  }
  ExitCode Define() {
    const testing::TemporaryFolder folder;
    const std::string file = folder.File("define.json");
    EXPECT_TRUE(WriteOutput(file, R"({"election": {"electionId": "e"}})").ok());
    return Canvass({"define", file});
  }

  DecidingElections elections_;
  Healthy healthy_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::ostringstream out_;
  std::ostringstream messages_;
};

TEST_F(DecisionCommandsTest, CertifyAsksForNamesBeforeItDecides) {
  elections_.election_status = kGone;
  EXPECT_EQ(Canvass({"certify", "e", "--expected-sequence", "4"}), ExitCode::kUnreachable);
  EXPECT_EQ(elections_.certified, 0);
  elections_.election_status = grpc::Status::OK;
  EXPECT_EQ(Canvass({"certify", "e", "--expected-sequence", "4"}), ExitCode::kDone);
  EXPECT_EQ(elections_.certified, 1);
}

TEST_F(DecisionCommandsTest, DefineSaysWhatWasDecidedThoughTheChangesCannotBeListed) {
  EXPECT_EQ(Define(), ExitCode::kDone) << messages_.str();
  EXPECT_THAT(out_.str(), HasSubstr("sequence 4 711"));
  EXPECT_THAT(messages_.str(), HasSubstr("The changes cannot be listed"));
}

TEST_F(DecisionCommandsTest, DefineNamesTheTimeThatItWaited) {
  elections_.define_status = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded");
  EXPECT_EQ(Define(), ExitCode::kUnreachable);
  EXPECT_THAT(messages_.str(), HasSubstr("did not answer within 5m"));
}

}  // namespace
}  // namespace canvass::cli
