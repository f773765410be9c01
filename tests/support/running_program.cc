#include "tests/support/running_program.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <csignal>
#include <fstream>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/support/program_run.h"

namespace canvass::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

}  // namespace

RunningProgram::RunningProgram(std::string name, std::string address_file,
                               std::vector<std::string> flags)
    : name_(std::move(name)), address_file_(std::move(address_file)), flags_(std::move(flags)) {
  Start();
  const absl::Time deadline = absl::Now() + kPatience;
  while (!(std::ifstream(address_file_) >> address_) && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_NE(address_, "") << name_ << " does not start";
}

void RunningProgram::Start() {
  std::vector<std::string> arguments{
      ProgramFile(name_), StrCat("--listen=", address_.empty() ? "127.0.0.1:0" : address_),
      StrCat("--address_file=", address_file_)};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  process_ = *process::ChildProcess::Start(
      {.arguments = std::move(arguments), .signal_when_orphaned = SIGKILL});
}

RunningProgram::Health::ServingStatus RunningProgram::HealthOf(const std::string& service) const {
  const auto stub = grpc::health::v1::Health::NewStub(rpc::NewChannel(address_));
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(5));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  Health response;
  return stub->Check(&context, request, &response).ok() ? response.status() : Health::UNKNOWN;
}

absl::Duration RunningProgram::Await(const std::string& service,
                                     Health::ServingStatus health) const {
  const absl::Time start = absl::Now();
  while (HealthOf(service) != health && absl::Now() - start < kPatience) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::Now() - start;
}

}  // namespace canvass::testing
