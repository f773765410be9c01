#include "services/canvass/stack/stack.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "common/process/child_process.h"
#include "common/rpc/channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/aggregator/store/schema.h"

namespace canvass::cli {
namespace {

namespace fs = std::filesystem;

// A million reports are folded within 5 s. A slow disk may need the rest.
constexpr absl::Duration kHealthyWithin = absl::Seconds(90);
// Time for services to finish running calls and for the aggregator to write the requests that it
// has accepted.
constexpr absl::Duration kStopWithin = absl::Seconds(15);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kLogLinesQuoted = 5;
// Size of one log. A larger log is renamed at the next start of its service and replaces the log
// that was renamed before.
constexpr std::uintmax_t kLogBytesMax = 16U << 20U;

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

// Returns the reason at the end of a log's last line, as telemetry::Describe writes it: "...
// (REASON)". Returns "" if there is none.
std::string ReasonIn(std::string_view log_lines) {
  const std::size_t open = log_lines.rfind('(');
  if (open == std::string_view::npos || !log_lines.ends_with(')')) return "";
  const std::string_view reason = log_lines.substr(open + 1, log_lines.size() - open - 2);
  const bool stable =
      reason.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
  return stable ? std::string(reason) : "";
}

// `ending` says how the service's process ended. It is empty while the process runs.
absl::Status NotStarted(const std::string& name, const std::string& ending,
                        const std::string& log_file) {
  const std::string lines = LastLines(log_file);
  const bool ended = !ending.empty();
  const std::string logged = ended ? ReasonIn(lines) : "";
  return ErrorWithDetail(
      ended ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kUnavailable,
      StrCat(name, " ", ended ? ending : "is not healthy", ". The end of ", log_file, ":\n", lines),
      {.reason = logged.empty() ? std::string(reason::kServiceNotStarted.name) : logged});
}

// Opens a log for appending. The caller closes the descriptor.
absl::StatusOr<int> OpenLog(const std::string& file) {
  std::error_code ignored;
  if (fs::file_size(file, ignored) > kLogBytesMax && !ignored) {
    fs::rename(file, StrCat(file, ".1"), ignored);
  }
  const int log = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log >= 0) return log;
  return MakeError(reason::kDataFolderUnusable,
                   StrCat("The log ", file, " cannot be written: ", std::strerror(errno), "."));
}

absl::Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return MakeError(
      reason::kDataFolderUnusable,
      StrCat("The folder ", folder.string(), " cannot be created: ", error.message(), "."));
}

using Health = grpc::health::v1::Health;
using HealthCheckResponse = grpc::health::v1::HealthCheckResponse;

// Returns nothing if the service does not answer.
std::optional<HealthCheckResponse> AskHealth(const std::shared_ptr<grpc::Channel>& channel,
                                             const std::string& service) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(1));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  if (!Health::NewStub(channel)->Check(&context, request, &response).ok()) return std::nullopt;
  return response;
}

bool IsServing(const std::string& address, const std::string& health_service) {
  const auto health = AskHealth(rpc::NewChannel(address), health_service);
  return health && health->status() == HealthCheckResponse::SERVING;
}

// Whether a debugger or tracer is attached to the process.
bool IsTraced(pid_t pid) {
  std::ifstream status(StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("TracerPid:")) return line.find_first_of("123456789") != std::string::npos;
  }
  return false;
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
                  .name = "canvass-aggregator",
                  .health = "canvass.aggregator.v1.AggregatorService",
                  .address = options_.aggregator_listen},
      standby_{.program = "canvass-aggregator",
               .name = "canvass-aggregator-standby",
               .address = "127.0.0.1:0"},
      reporter_{.program = "canvass-station-reporter",
                .name = "canvass-station-reporter",
                .health = "canvass.reporter.v1.StationReporterService",
                .address = options_.reporter_listen},
      publisher_{.program = "canvass-publisher",
                 .name = "canvass-publisher",
                 .health = "canvass.publisher.v1.PublisherService",
                 .address = options_.publisher_listen} {}

Stack::~Stack() {
  // Stops the reporter, which accepts reports, first and the aggregator, which stores them, last.
  for (Service* service : {&reporter_, &publisher_, &standby_, &aggregator_}) {
    if (service->process == nullptr) continue;
    service->process->Signal(SIGTERM);
    if (!service->process->WaitForEnd(kStopWithin)) {
      options_.say(StrCat(service->program, " did not stop in time and will be killed."));
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
  if (options_.standby) {
    standby_.flags = aggregator_.flags;
    status = StartService(standby_);
    if (!status.ok()) return status;
    aggregator_.health.clear();  // either of the two may lead from here on
  }
  reporter_.flags = {StrCat("--aggregator=", aggregator_address())};
  publisher_.flags = reporter_.flags;
  reporter_.flags.push_back(StrCat("--outbox=", options_.data_folder, "/outbox.sqlite"));
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
  return StrCat(options_.data_folder, extension == ".log" ? "/log/" : "/run/", service.name,
                extension);
}

absl::Status Stack::StartService(Service& service) {
  std::error_code ignored;  // the file may not exist
  fs::remove(FileOf(service, ".address"), ignored);
  const absl::StatusOr<int> log = OpenLog(FileOf(service, ".log"));
  if (!log.ok()) return log.status();
  const absl::Cleanup close_log = [fd = *log] { close(fd); };
  std::vector<std::string> arguments{StrCat(options_.program_folder, "/", service.program),
                                     StrCat("--listen=", service.address),
                                     StrCat("--address_file=", FileOf(service, ".address")),
                                     StrCat("--log_level=", options_.log_level)};
  arguments.insert(arguments.end(), service.flags.begin(), service.flags.end());
  auto process = process::ChildProcess::Start(
      {.arguments = std::move(arguments), .output_fd = *log, .signal_when_orphaned = SIGTERM});
  if (!process.ok()) return process.status();
  service.process = *std::move(process);
  const absl::Status status = WaitUntilHealthy(service);
  if (!status.ok()) return status;
  service.channel = rpc::NewChannel(service.address);
  service.answered_at = SteadyNow();
  options_.say(StrCat(service.name, " on ", service.address));
  return absl::OkStatus();
}

absl::Status Stack::WaitUntilHealthy(Service& service) const {
  const absl::Duration deadline = SteadyNow() + kHealthyWithin;
  bool listens = false;
  while (!listens || !IsServing(service.address, service.health)) {
    if (!listens) {
      listens = static_cast<bool>(std::ifstream(FileOf(service, ".address")) >> service.address);
    }
    if (options_.interrupted())
      return absl::CancelledError("Stopped before all services were running.");
    const bool ended = service.process->WaitForEnd(kLookEvery);
    if (!ended && SteadyNow() < deadline) continue;
    return NotStarted(service.name, service.process->ending(), FileOf(service, ".log"));
  }
  return absl::OkStatus();
}

absl::Status Stack::RestartIfEnded(Service& service) {
  if (!service.process->WaitForEnd(absl::ZeroDuration())) return absl::OkStatus();
  options_.say(StrCat(service.program, " ", service.process->ending(), "; restarting it."));
  return StartService(service);
}

absl::Status Stack::RestartIfSilent(Service& service, absl::Duration silence_max) {
  if (AskHealth(service.channel, "") || IsTraced(service.process->pid())) {
    service.answered_at = SteadyNow();
  }
  const absl::Duration silence = SteadyNow() - service.answered_at;
  if (silence < silence_max) return absl::OkStatus();
  options_.say(StrCat(service.program, " has not answered at ", service.address, " for ",
                      absl::ToInt64Seconds(silence), " s; restarting it."));
  service.process->Signal(SIGKILL);
  service.process->WaitForEnd(kStopWithin);
  return StartService(service);
}

absl::Status Stack::Supervise(absl::Duration silence_max) {
  const absl::Status server = cluster_->Check();
  if (!server.ok()) {
    options_.say(StrCat(server.message(), "\nRestarting it."));
    cluster_.reset();
    const absl::Status status = StartCluster();
    if (!status.ok()) return status;
  }
  for (Service* service : {&aggregator_, &standby_, &reporter_, &publisher_}) {
    if (service->process == nullptr) continue;
    absl::Status status = RestartIfEnded(*service);
    if (status.ok()) status = RestartIfSilent(*service, silence_max);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string Stack::aggregator_address() const {
  if (standby_.process == nullptr) return aggregator_.address;
  return StrCat(aggregator_.address, ",", standby_.address);
}

pid_t Stack::standby_pid() const {
  return standby_.process == nullptr ? 0 : standby_.process->pid();
}
pid_t Stack::reporter_pid() const { return reporter_.process->pid(); }
pid_t Stack::aggregator_pid() const { return aggregator_.process->pid(); }
pid_t Stack::publisher_pid() const { return publisher_.process->pid(); }

}  // namespace canvass::cli
