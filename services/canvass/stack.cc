#include "services/canvass/stack.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/postgres/child_process.h"
#include "common/postgres/private_cluster.h"
#include "common/rpc/channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/aggregator/schema.h"

namespace canvass {
namespace {

namespace fs = std::filesystem;

// A million reports are folded within 5 s; the rest is for a slow disk.
constexpr absl::Duration kHealthyWithin = absl::Seconds(90);
// Services finish the calls that run; the aggregator writes what it has taken.
constexpr absl::Duration kStopWithin = absl::Seconds(15);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kLogLinesQuoted = 5;

std::string FolderOfThisProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

std::string LastLines(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.size() > kLogLinesQuoted) lines.erase(lines.begin(), lines.end() - kLogLinesQuoted);
  return absl::StrJoin(lines, "\n");
}

absl::Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      StrCat("The folder ", folder.string(), " cannot be made: ", error.message(), "."),
      {.reason = "DATA_FOLDER_UNUSABLE"});
}

bool IsServing(const std::string& address, const std::string& health_service) {
  const auto stub = grpc::health::v1::Health::NewStub(rpc::NewChannel(address));
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(1));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(health_service);
  grpc::health::v1::HealthCheckResponse response;
  return stub->Check(&context, request, &response).ok() &&
         response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Stack>> Stack::Start(StackOptions options) {
  if (options.program_folder.empty()) options.program_folder = FolderOfThisProgram();
  std::unique_ptr<Stack> stack(new Stack(std::move(options)));
  const absl::Status status = stack->StartAll();
  if (!status.ok()) return status;
  return stack;
}

Stack::Stack(StackOptions options)
    : options_(std::move(options)),
      aggregator_{.program = "canvass-aggregator",
                  .health = "canvass.aggregator.v1.AggregatorService",
                  .address = options_.aggregator_listen},
      reporter_{.program = "canvass-station-reporter",
                .health = "canvass.reporter.v1.StationReporterService",
                .address = options_.reporter_listen},
      publisher_{.program = "canvass-publisher",
                 .health = "canvass.publisher.v1.PublisherService",
                 .address = options_.publisher_listen} {}

Stack::~Stack() {
  // What takes reports first, what keeps them last.
  for (Service* service : {&reporter_, &publisher_, &aggregator_}) {
    if (service->process == nullptr) continue;
    service->process->Signal(SIGTERM);
    if (!service->process->WaitForEnd(kStopWithin)) {
      options_.say(StrCat(service->program, " did not stop in time and is killed."));
    }
    service->process.reset();
  }
}

absl::Status Stack::StartAll() {
  for (const char* folder : {"run", "log"}) {
    absl::Status status = MakeFolder(fs::path(options_.data_folder) / folder);
    if (!status.ok()) return status;
  }
  absl::Status status = StartCluster();
  if (!status.ok()) return status;
  aggregator_.flags = {StrCat("--database=", cluster_->writer_connection())};
  status = StartService(aggregator_);
  if (!status.ok()) return status;
  reporter_.flags = {StrCat("--aggregator=", aggregator_.address)};
  publisher_.flags = reporter_.flags;
  status = StartService(reporter_);
  if (!status.ok()) return status;
  return StartService(publisher_);
}

absl::Status Stack::StartCluster() {
  options_.say(StrCat("PostgreSQL, data in ", options_.data_folder, "/postgres"));
  auto cluster =
      postgres::PrivateCluster::Start({.folder = StrCat(options_.data_folder, "/postgres")});
  if (!cluster.ok()) return cluster.status();
  cluster_ = *std::move(cluster);
  const absl::Status status = cluster_->CreateDatabase();
  if (!status.ok()) return status;
  return aggregator::Migrate(cluster_->owner_connection()).status();
}

std::string Stack::FileOf(const Service& service, std::string_view extension) const {
  return StrCat(options_.data_folder, extension == ".log" ? "/log/" : "/run/", service.program,
                extension);
}

absl::Status Stack::StartService(Service& service) {
  std::error_code ignored;  // there may be none
  fs::remove(FileOf(service, ".address"), ignored);
  const int log =
      open(FileOf(service, ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const absl::Cleanup close_log = [log] { close(log); };
  std::vector<std::string> arguments{StrCat(options_.program_folder, "/", service.program),
                                     StrCat("--listen=", service.address),
                                     StrCat("--address_file=", FileOf(service, ".address")),
                                     StrCat("--log_level=", options_.log_level)};
  arguments.insert(arguments.end(), service.flags.begin(), service.flags.end());
  auto process = postgres::ChildProcess::Start(
      {.arguments = std::move(arguments), .output_fd = log, .signal_when_orphaned = SIGTERM});
  if (!process.ok()) return process.status();
  service.process = *std::move(process);
  const absl::Status status = WaitUntilHealthy(service);
  if (!status.ok()) return status;
  options_.say(StrCat(service.program, " on ", service.address));
  return absl::OkStatus();
}

absl::Status Stack::WaitUntilHealthy(Service& service) const {
  const absl::Time deadline = absl::Now() + kHealthyWithin;
  bool listens = false;
  while (!listens || !IsServing(service.address, service.health)) {
    if (!listens) {
      listens = static_cast<bool>(std::ifstream(FileOf(service, ".address")) >> service.address);
    }
    if (options_.interrupted()) return absl::CancelledError("Stopped before everything was up.");
    const bool ended = service.process->WaitForEnd(kLookEvery);
    if (!ended && absl::Now() < deadline) continue;
    return MakeError(
        absl::StatusCode::kUnavailable,
        StrCat(service.program, ended ? StrCat(" ", service.process->ending()) : " is not healthy",
               "; the end of ", FileOf(service, ".log"), ":\n", LastLines(FileOf(service, ".log"))),
        {.reason = "SERVICE_NOT_STARTED"});
  }
  return absl::OkStatus();
}

absl::Status Stack::RestartIfEnded(Service& service) {
  if (!service.process->WaitForEnd(absl::ZeroDuration())) return absl::OkStatus();
  options_.say(StrCat(service.program, " ", service.process->ending(), "; starting it again."));
  return StartService(service);
}

absl::Status Stack::Supervise() {
  const absl::Status server = cluster_->Check();
  if (!server.ok()) {
    options_.say(StrCat(server.message(), "\nStarting it again."));
    cluster_.reset();
    const absl::Status status = StartCluster();
    if (!status.ok()) return status;
  }
  for (Service* service : {&aggregator_, &reporter_, &publisher_}) {
    const absl::Status status = RestartIfEnded(*service);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

pid_t Stack::reporter_pid() const { return reporter_.process->pid(); }
pid_t Stack::aggregator_pid() const { return aggregator_.process->pid(); }
pid_t Stack::publisher_pid() const { return publisher_.process->pid(); }

}  // namespace canvass
