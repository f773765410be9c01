#include "services/canvass/stack/stack.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/data_folder.h"
#include "common/postgres/private_cluster.h"
#include "common/process/child_process.h"
#include "common/process/folder.h"
#include "common/rpc/channel.h"
#include "common/rpc/listen_address.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/aggregator/store/schema.h"
#include "services/canvass/stack/orphan.h"

namespace canvass::cli {
namespace {

namespace fs = std::filesystem;

// A million reports are folded within 5 s. A slow disk may need the rest.
constexpr absl::Duration kHealthyWithin = absl::Seconds(90);
// Time for services to finish running calls and for the aggregator to write the requests that it
// has accepted.
constexpr absl::Duration kStopWithin = absl::Seconds(15);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
// A service whose log says for so long that it cannot serve is not waited for.
constexpr absl::Duration kHopelessAfter = absl::Seconds(1);
// A service may be without its aggregator or its database for a moment, when those are restarted.
constexpr absl::Duration kToldAfter = absl::Seconds(5);
constexpr std::size_t kLogLinesQuoted = 5;
constexpr std::size_t kLogBytesQuoted = 8192;
constexpr std::size_t kAddressBytesMax = 1024;

std::string FolderOfThisProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
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

// Whether a service whose log ends so may still become healthy by itself. It logs, as
// telemetry::Describe writes it, "not serving: CODE: ... (REASON)".
bool MayServeSoon(std::string_view log_lines) {
  if (ReasonIn(log_lines) == reason::kClockImplausible.name) return false;  // a person mends it
  constexpr std::string_view kMark = "not serving: ";
  const std::size_t mark = log_lines.rfind(kMark);
  if (mark == std::string_view::npos) return true;
  const std::string_view code = log_lines.substr(mark + kMark.size());
  return code.starts_with("UNAVAILABLE") || code.starts_with("DEADLINE_EXCEEDED") ||
         code.starts_with("ABORTED");
}

// What anyone can do who reaches a service at an address beyond loopback, as long as callers are
// not authenticated.
void WarnIfReachable(const std::string& name, const std::string& address, std::string_view powers,
                     const std::function<void(std::string_view)>& say) {
  const auto parsed = rpc::ParseListenAddress(address);
  if (!parsed.ok() || rpc::IsLoopback(*parsed)) return;  // the service says what is wrong with it
  say(StrCat("WARNING: other machines can reach ", name, " on ", address,
             ". Callers are not authenticated and nothing is encrypted, so anyone who reaches it ",
             powers, ". Let only machines that you trust reach it, or listen on 127.0.0.1."));
}

std::string AbsolutePath(const std::string& folder) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) return folder;
  return path.has_filename() ? path.string() : path.parent_path().string();
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
  options.data_folder = AbsolutePath(options.data_folder);
  std::unique_ptr<Stack> stack(new Stack(std::move(options)));
  const absl::Status status = stack->StartAll();
  if (!status.ok()) return status;
  return stack;
}

Stack::Stack(StackOptions options)
    : options_(std::move(options)),
      disk_(StrCat(options_.data_folder, "/postgres")),
      aggregator_{.program = "canvass-aggregator",
                  .identity = "aggregator",
                  .name = "canvass-aggregator",
                  .health = "canvass.aggregator.v1.AggregatorService",
                  .address = options_.aggregator_listen},
      standby_{.program = "canvass-aggregator",
               .identity = "aggregator",
               .name = "canvass-aggregator-standby",
               .address = "127.0.0.1:0"},
      reporter_{.program = "canvass-station-reporter",
                .identity = "reporter",
                .name = "canvass-station-reporter",
                .health = "canvass.reporter.v1.StationReporterService",
                .address = options_.reporter_listen},
      publisher_{.program = "canvass-publisher",
                 .identity = "publisher",
                 .name = "canvass-publisher",
                 .health = "canvass.publisher.v1.PublisherService",
                 .address = options_.publisher_listen} {}

Stack::~Stack() {
  // Stops the reporter, which accepts reports, first and the aggregator, which stores them, last.
  for (Service* service : {&reporter_, &publisher_, &standby_, &aggregator_}) {
    if (service->process == nullptr) continue;
    service->channel.reset();  // a service that stops waits for its clients to leave
    service->process->Signal(SIGTERM);
    if (!service->process->WaitForEnd(kStopWithin)) {
      options_.say(StrCat(service->program, " did not stop in time and will be killed."));
    }
    service->process.reset();
  }
}

absl::Status Stack::StartAll() {
  if (!options_.tls) WarnOfReach();
  absl::Status status = MakeFolders();
  if (status.ok() && options_.tls) status = MakeCertificates();
  if (!status.ok()) return status;
  status = StartCluster();
  if (!status.ok()) return status;
  EndOrphans();
  LookAtDisk();
  aggregator_.flags = {StrCat("--database=", cluster_->writer_connection())};
  if (options_.accept_future_entries) aggregator_.flags.emplace_back("--accept_future_entries");
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
  publisher_.flags.push_back(StrCat("--known_roots=", options_.data_folder, "/publisher-roots"));
  reporter_.flags.push_back(StrCat("--outbox=", options_.data_folder, "/outbox.sqlite"));
  status = StartService(reporter_);
  if (!status.ok()) return status;
  return StartService(publisher_);
}

void Stack::WarnOfReach() const {
  WarnIfReachable(reporter_.name, reporter_.address,
                  "can send reports and corrections for every station", options_.say);
  WarnIfReachable(
      aggregator_.name, aggregator_.address,
      "can define elections, record reports, annul, certify and reopen, and read what is "
      "under embargo",
      options_.say);
  WarnIfReachable(publisher_.name, publisher_.address, "can read all that it shows", options_.say);
}

absl::Status Stack::MakeFolders() {
  const auto server_user = postgres::FindServerUser();
  if (!server_user.ok()) return server_user.status();
  const auto data = process::Folder::MakePrivate(options_.data_folder, *server_user);
  if (!data.ok()) return data.status();
  for (const auto& [name, folder] :
       {std::pair("run", &run_folder_), std::pair("log", &log_folder_)}) {
    auto made = process::Folder::MakePrivate(data->PathOf(name));
    if (!made.ok()) return made.status();
    *folder = std::make_unique<process::Folder>(*std::move(made));
  }
  return absl::OkStatus();
}

// Names and addresses of this machine by which clients may call the services.
std::vector<std::string> Stack::Hosts() const {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  for (const Service* service : {&reporter_, &aggregator_, &publisher_}) {
    const auto address = rpc::ParseListenAddress(service->address);
    if (address.ok() && !rpc::IsLoopback(*address)) hosts.push_back(address->host);
  }
  return hosts;
}

absl::Status Stack::MakeCertificates() {
  auto pki = PkiFolder::Open({.folder = StrCat(options_.data_folder, "/pki"), .hosts = Hosts()},
                             absl::Now());
  if (!pki.ok()) return pki.status();
  pki_ = std::make_unique<PkiFolder>(*std::move(pki));
  for (const Service* service : {&aggregator_, &reporter_, &publisher_}) {
    const auto issued = pki_->Issue({.role = election::Role::kService, .name = service->identity});
    if (!issued.ok()) return issued.status();
  }
  const auto files = FilesOf({.role = election::Role::kOperator, .name = kOperator});
  if (!files.ok()) return files.status();
  auto tls = rpc::ChannelTls::Open(*files);
  if (!tls.ok()) return tls.status();
  tls_ = *std::move(tls);
  options_.say(
      StrCat("Certificates of ", pki_->trust_domain(), " in ", options_.data_folder, "/pki"));
  return absl::OkStatus();
}

absl::StatusOr<identity::TlsFiles> Stack::FilesOf(const election::Actor& actor) {
  if (pki_ == nullptr) return identity::TlsFiles();
  const absl::StatusOr<bool> issued = pki_->Issue(actor);
  if (!issued.ok()) return issued.status();
  return pki_->FilesOf(actor);
}

std::shared_ptr<grpc::Channel> Stack::NewChannel(const std::string& address) const {
  return rpc::NewChannel(address, {.tls = tls_});
}

bool Stack::IsServing(const std::string& address, const std::string& health_service) const {
  const auto health = AskHealth(NewChannel(address), health_service);
  return health && health->status() == HealthCheckResponse::SERVING;
}

std::vector<std::string> Stack::TlsFlags(const Service& service) const {
  if (pki_ == nullptr) {
    return options_.insecure ? std::vector<std::string>{"--insecure"} : std::vector<std::string>();
  }
  const identity::TlsFiles files =
      pki_->FilesOf({.role = election::Role::kService, .name = service.identity});
  return {StrCat("--tls_certificate=", files.certificate), StrCat("--tls_key=", files.key),
          StrCat("--tls_authorities=", files.authorities),
          StrCat("--tls_revocations=", files.revocations)};
}

// Services of a `canvass up` that was killed are told to stop by the kernel, but may still need a
// moment, or be stopped. The cluster's lock is held, so no other `canvass up` runs over these data.
void Stack::EndOrphans() const {
  for (const Service* service : {&aggregator_, &standby_, &reporter_, &publisher_}) {
    while (const auto orphan = FindProcessWith(AddressFileFlag(*service))) {
      if (options_.interrupted()) return;
      options_.say(StrCat("Waiting for ", service->name, ", process ", *orphan,
                          ", of a `canvass up` that was killed"));
      EndProcess(*orphan, kStopWithin, options_.interrupted);
    }
  }
}

absl::Status Stack::StartCluster() {
  options_.say(StrCat("PostgreSQL, data in ", options_.data_folder, "/postgres"));
  auto cluster =
      postgres::PrivateCluster::Start({.folder = StrCat(options_.data_folder, "/postgres")});
  if (!cluster.ok()) return cluster.status();
  cluster_ = *std::move(cluster);
  absl::Status status = cluster_->CreateDatabase();
  if (status.ok()) status = aggregator::Migrate(cluster_->owner_connection()).status();
  if (status.ok()) return status;
  return ErrorWithDetail(status.code(),
                         StrCat(status.message(), "\nThe data are in ", options_.data_folder,
                                "/postgres; PostgreSQL's log is ", cluster_->log_file(), "."),
                         DetailOf(status));
}

std::string Stack::AddressFileFlag(const Service& service) const {
  return StrCat("--address_file=", options_.data_folder, "/run/", service.name, ".address");
}

std::string Stack::AdminAddressFileFlag(const Service& service) const {
  return StrCat("--admin_address_file=", options_.data_folder, "/run/", service.name,
                "-admin.address");
}

std::string Stack::LogOf(const Service& service) { return StrCat(service.name, ".log"); }

std::string Stack::Logged(const Service& service) const {
  const auto text = log_folder_->Read(LogOf(service), kLogBytesQuoted, service.log_begin);
  return text.ok() ? process::LastLines(*text, kLogLinesQuoted)
                   : std::string(text.status().message());
}

absl::Status Stack::NotStarted(const Service& service) const {
  const std::string lines = Logged(service);
  const std::string ending = service.process->ending();
  const bool is_over = !ending.empty() || !MayServeSoon(lines);
  const std::string logged = is_over ? ReasonIn(lines) : "";
  return ErrorWithDetail(
      is_over ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kUnavailable,
      StrCat(service.name, " ", ending.empty() ? "is not healthy" : ending, ". The end of ",
             log_folder_->PathOf(LogOf(service)), ":\n", lines),
      {.reason = logged.empty() ? std::string(reason::kServiceNotStarted.name) : logged});
}

absl::Status Stack::StartService(Service& service) {
  for (const char* const file : {".address", "-admin.address"}) {
    const absl::Status removed = run_folder_->Remove(StrCat(service.name, file));
    if (!removed.ok()) return removed;
  }
  const absl::StatusOr<int> log = log_folder_->OpenLog(LogOf(service));
  if (!log.ok()) return log.status();
  const absl::Cleanup close_log = [fd = *log] { close(fd); };
  service.log_begin = static_cast<std::uint64_t>(lseek(*log, 0, SEEK_END));
  std::vector<std::string> arguments{StrCat(options_.program_folder, "/", service.program),
                                     StrCat("--listen=", service.address),
                                     AddressFileFlag(service),
                                     "--admin_listen=127.0.0.1:0",
                                     AdminAddressFileFlag(service),
                                     StrCat("--log_level=", options_.log_level),
                                     "--log_format=text"};
  const std::vector<std::string> tls = TlsFlags(service);
  arguments.insert(arguments.end(), tls.begin(), tls.end());
  arguments.insert(arguments.end(), service.flags.begin(), service.flags.end());
  auto process = process::ChildProcess::Start(
      {.arguments = std::move(arguments), .output_fd = *log, .signal_when_orphaned = SIGTERM});
  if (!process.ok()) return process.status();
  service.process = *std::move(process);
  const absl::Status status = WaitUntilHealthy(service);
  if (!status.ok()) return status;
  service.channel = NewChannel(service.address);
  service.answered_at = SteadyNow();
  service.served_at = service.answered_at;
  service.told = false;
  options_.say(StrCat(service.name, " on ", service.address, ", metrics on http://",
                      service.admin_address, "/metrics"));
  return absl::OkStatus();
}

absl::Status Stack::WaitUntilHealthy(Service& service) const {
  const absl::Duration deadline = SteadyNow() + kHealthyWithin;
  absl::Duration hoped_at = SteadyNow();
  while (!Listens(service) || !IsServing(service.address, service.health)) {
    if (options_.interrupted())
      return absl::CancelledError("Stopped before all services were running.");
    const absl::Status server = cluster_->Check();
    if (!server.ok()) return server;
    const bool ended = service.process->WaitForEnd(kLookEvery);
    const absl::Duration now = SteadyNow();
    if (MayServeSoon(Logged(service))) hoped_at = now;
    if (ended || now >= deadline || now - hoped_at > kHopelessAfter) return NotStarted(service);
  }
  return absl::OkStatus();
}

bool Stack::Listens(Service& service) const {
  const auto read = [&](const char* file, std::string& address) {
    const auto text = run_folder_->Read(StrCat(service.name, file), kAddressBytesMax);
    if (!text.ok() || text->empty()) return false;
    address = std::string(absl::StripAsciiWhitespace(*text));
    return true;
  };
  return read(".address", service.address) && read("-admin.address", service.admin_address);
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

void Stack::TellIfNotServing(Service& service) {
  if (service.health.empty()) return;
  const auto health = AskHealth(service.channel, service.health);
  const absl::Duration now = SteadyNow();
  if (health && health->status() == HealthCheckResponse::SERVING) {
    if (service.told) options_.say(StrCat(service.name, " serves again."));
    service.told = false;
    service.served_at = now;
  } else if (!service.told && now - service.served_at > kToldAfter) {
    options_.say(StrCat(service.name, " does not serve. The end of ",
                        log_folder_->PathOf(LogOf(service)), ":\n", Logged(service)));
    service.told = true;
  }
}

void Stack::LookAtDisk() {
  std::error_code error;
  const fs::space_info space = fs::space(disk_.folder(), error);
  if (error) return;
  const std::string line = disk_.Look(space.available);
  if (!line.empty()) options_.say(line);
}

absl::Status Stack::RestartClusterIfEnded() {
  const absl::Status server = cluster_->Check();
  if (server.ok()) return server;
  if (!told_of_cluster_) options_.say(StrCat(server.message()));
  told_of_cluster_ = true;
  if (disk_.full()) return absl::OkStatus();  // it would not start
  options_.say("Restarting PostgreSQL.");
  told_of_cluster_ = false;
  cluster_.reset();
  return StartCluster();
}

absl::Status Stack::Supervise(absl::Duration silence_max) {
  LookAtDisk();
  absl::Status status = RestartClusterIfEnded();
  for (Service* service : {&aggregator_, &standby_, &reporter_, &publisher_}) {
    if (!status.ok()) return status;
    if (service->process == nullptr) continue;
    TellIfNotServing(*service);
    if (disk_.full()) continue;  // a service that is started writes to it
    status = RestartIfEnded(*service);
    if (status.ok()) status = RestartIfSilent(*service, silence_max);
  }
  return status;
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
