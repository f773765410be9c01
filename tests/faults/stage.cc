#include "tests/faults/stage.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/postgres/private_cluster.h"
#include "common/process/child_process.h"
#include "common/rpc/channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/aggregator/store/schema.h"
#include "tests/faults/clients.h"

namespace canvass::faults {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kHealthyWithin = absl::Seconds(60);
constexpr absl::Duration kEndsWithin = absl::Seconds(20);
constexpr absl::Duration kLookEvery = absl::Milliseconds(10);
// What is filled costs memory only as far as it is written.
constexpr const char* kPostgresDiskSize = "size=1500m,mode=0755";
constexpr const char* kOutboxDiskSize = "size=8m,mode=0755";
// See preload/jumping_clock.cc.
constexpr const char* kClockLibrary = CANVASS_BIN_DIR "/libjumping_clock.so";
// ASan's library wants to be the first; and it keeps freed memory, which the stall would count.
constexpr const char* kAsanOptions = "ASAN_OPTIONS=verify_asan_link_order=0:quarantine_size_mb=16";
// Before the outbox takes a report: less than most faults last.
constexpr absl::Duration kAnswerWithin = absl::Milliseconds(250);
constexpr const char* kBallast = "ballast";
constexpr std::size_t kBallastBlock = 1U << 20U;

// Below the ports that the system gives to outgoing connections, or one of those could take the
// place of a killed service.
constexpr int kPortFirst = 15000;
constexpr int kPortLast = 32000;

bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string FreeAddress() {
  static std::mt19937 random(std::random_device{}());
  for (;;) {
    const int port = std::uniform_int_distribution<int>(kPortFirst, kPortLast)(random);
    if (IsFree(port)) return StrCat("127.0.0.1:", port);
  }
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::ifstream file(StrCat("/proc/", parent, "/task/", parent, "/children"));
  std::vector<pid_t> children;
  for (pid_t pid = 0; file >> pid;) children.push_back(pid);
  return children;
}

std::string TitleOf(pid_t pid) {
  std::ifstream file(StrCat("/proc/", pid, "/cmdline"));
  std::string title;
  std::getline(file, title);
  return title;
}

void Fill(const fs::path& folder) {
  const int fd = open((folder / kBallast).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const absl::Cleanup close_fd = [fd] { close(fd); };
  // First in large pieces, then byte by byte's worth of what is left.
  const std::string block(kBallastBlock, 'b');
  for (std::size_t size = kBallastBlock; size > 0; size /= 2) {
    while (write(fd, block.data(), size) == static_cast<ssize_t>(size)) {
    }
  }
}

void Empty(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(folder / kBallast, ignored);
}

}  // namespace

std::string_view NameOf(Part part) {
  switch (part) {
    case Part::kAggregatorA:
      return "aggregator-a";
    case Part::kAggregatorB:
      return "aggregator-b";
    case Part::kReporter:
      return "reporter";
    case Part::kPublisher:
      return "publisher";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Stage>> Stage::Start(const StageOptions& options) {
  std::unique_ptr<Stage> stage(new Stage(options));
  absl::Status status = stage->StartAll();
  if (!status.ok()) return status;
  return stage;
}

Stage::Stage(StageOptions options) : options_(std::move(options)) {}

Stage::~Stage() {
  for (Program& part : programs_) {
    if (part.process != nullptr) part.process->Signal(SIGCONT);
    part.process.reset();
  }
  if (cluster_ != nullptr) SignalPostgres(SIGCONT);
  cluster_.reset();
  for (auto& proxy : proxies_) proxy.reset();
  if (!mounted_) return;
  umount2(StrCat(options_.folder, "/postgres").c_str(), MNT_DETACH);
  umount2(StrCat(options_.folder, "/outbox").c_str(), MNT_DETACH);
}

absl::Status Stage::StartAll() {
  std::error_code error;
  for (const char* name : {"postgres", "outbox", "run"}) {
    fs::create_directories(fs::path(options_.folder) / name, error);
    if (error) return absl::UnavailableError(error.message());
  }
  if (options_.small_file_systems) MountSmallFileSystems();
  if (options_.with_tls) identities_ = std::make_unique<Identities>();
  absl::Status status = StartPostgres();
  if (status.ok()) status = cluster_->CreateDatabase();
  if (status.ok()) status = aggregator::Migrate(cluster_->owner_connection()).status();
  if (!status.ok()) return status;
  const std::string writer = cluster_->writer_connection();
  const std::string sockets = writer.substr(5, writer.find(' ') - 5);  // after "host="
  for (std::size_t i = 0; i < proxies_.size(); ++i) {
    auto proxy = PostgresProxy::Start(StrCat(options_.folder, "/run/proxy-", i), sockets);
    if (!proxy.ok()) return proxy.status();
    proxies_[i] = *std::move(proxy);
  }
  PrepareParts();
  for (const Part part : kEveryPart) StartPart(part);
  return WaitUntilHealthy();
}

void Stage::MountSmallFileSystems() {
  const std::string postgres = StrCat(options_.folder, "/postgres");
  const std::string outbox = StrCat(options_.folder, "/outbox");
  if (mount("tmpfs", postgres.c_str(), "tmpfs", 0, kPostgresDiskSize) != 0) return;
  if (mount("tmpfs", outbox.c_str(), "tmpfs", 0, kOutboxDiskSize) != 0) {
    umount2(postgres.c_str(), MNT_DETACH);
    return;
  }
  mounted_ = true;
}

void Stage::PrepareParts() {
  for (const Part part : kEveryPart) {
    program(part).folder = options_.program_folder;
    program(part).address = FreeAddress();
    program(part).log = StrCat(options_.folder, "/", NameOf(part), ".log");
    program(part).clock = StrCat(options_.folder, "/run/", NameOf(part), ".clock");
    SetClock(part, absl::ZeroDuration());
  }
  for (std::size_t i = 0; i < proxies_.size(); ++i) {
    Program& aggregator = programs_[i];
    aggregator.file = "canvass-aggregator";
    aggregator.health = kAggregatorHealth;
    aggregator.flags = {StrCat("--database=host=", options_.folder, "/run/proxy-", i,
                               " port=5432 user=", postgres::kWriterRole, " dbname=canvass")};
  }
  Program& reporter = program(Part::kReporter);
  reporter.file = "canvass-station-reporter";
  reporter.health = "canvass.reporter.v1.StationReporterService";
  reporter.flags = {StrCat("--aggregator=", aggregator_addresses()),
                    StrCat("--outbox=", options_.folder, "/outbox/reports.sqlite"),
                    StrCat("--answer_within=", absl::FormatDuration(kAnswerWithin))};
  Program& publisher = program(Part::kPublisher);
  publisher.file = "canvass-publisher";
  publisher.health = "canvass.publisher.v1.PublisherService";
  publisher.flags = {StrCat("--aggregator=", aggregator_addresses())};
  if (identities_ == nullptr) return;
  const auto identify = [this](Program& each, const std::string& identity) {
    const std::vector<std::string> flags = identities_->FlagsOf(identity);
    each.flags.insert(each.flags.end(), flags.begin(), flags.end());
  };
  for (std::size_t i = 0; i < proxies_.size(); ++i) identify(programs_[i], Identities::kAggregator);
  identify(reporter, Identities::kReporter);
  identify(publisher, Identities::kPublisher);
}

std::string Stage::aggregator_addresses() const {
  return StrCat(addressed(Part::kAggregatorA).address, ",", addressed(Part::kAggregatorB).address);
}

void Stage::StartPart(Part part) {
  Program& started = program(part);
  if (started.process != nullptr) {
    if (!started.process->WaitForEnd(absl::ZeroDuration())) return;
    if (!started.killed) {
      unexpected_ends_.push_back(StrCat(NameOf(part), " ", started.process->ending()));
    }
  }
  const int log = open(started.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const absl::Cleanup close_log = [log] { close(log); };
  std::vector<std::string> arguments{"/usr/bin/env",
                                     StrCat("LD_PRELOAD=", kClockLibrary),
                                     StrCat("CANVASS_CLOCK_OFFSET_FILE=", started.clock),
                                     kAsanOptions,
                                     StrCat(started.folder, "/", started.file),
                                     StrCat("--listen=", started.address)};
  arguments.insert(arguments.end(), started.flags.begin(), started.flags.end());
  auto process = process::ChildProcess::Start(
      {.arguments = std::move(arguments), .output_fd = log, .signal_when_orphaned = SIGKILL});
  if (!process.ok()) return;  // Heal says that it is missing
  started.process = *std::move(process);
  started.killed = false;
  if (part == Part::kPublisher) ++publisher_life_;
}

absl::Status Stage::Replace(Part part, const std::string& program_folder) {
  Program& replaced = program(part);
  replaced.process->Signal(SIGTERM);
  if (!replaced.process->WaitForEnd(kEndsWithin)) {
    return absl::DeadlineExceededError(StrCat(NameOf(part), " does not end on SIGTERM"));
  }
  if (replaced.process->ending() != "exited with code 0") {
    return absl::InternalError(StrCat(NameOf(part), " ", replaced.process->ending()));
  }
  replaced.process.reset();
  replaced.folder = program_folder;
  StartPart(part);
  const bool is_aggregator = part == Part::kAggregatorA || part == Part::kAggregatorB;
  const std::string name = is_aggregator ? kAggregatorReady : replaced.health;
  const absl::Time deadline = absl::Now() + kHealthyWithin;
  while (!IsServing(part, name, absl::Milliseconds(500))) {
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError(StrCat(NameOf(part), " does not serve as \"", name, "\""));
    }
    absl::SleepFor(kLookEvery);
  }
  return absl::OkStatus();
}

bool Stage::SignalPart(Part part, int signal) {
  const auto& process = program(part).process;
  if (process == nullptr) return false;
  const bool kills = signal == SIGKILL && !process->WaitForEnd(absl::ZeroDuration());
  if (kills) program(part).killed = true;
  process->Signal(signal);
  if (kills) process->WaitForEnd(kEndsWithin);
  return kills;
}

void Stage::SetClock(Part part, absl::Duration offset) {
  const int fd = open(program(part).clock.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const absl::Cleanup close_file = [fd] { close(fd); };
  const std::int64_t nanoseconds = absl::ToInt64Nanoseconds(offset);
  if (write(fd, &nanoseconds, sizeof nanoseconds) != sizeof nanoseconds) {
    unexpected_ends_.push_back(StrCat("cannot set the clock of ", NameOf(part)));
  }
}

std::vector<std::string> Stage::TakeUnexpectedEnds() { return std::exchange(unexpected_ends_, {}); }

std::size_t Stage::MemoryOf(Part part) const {
  const auto& process = addressed(part).process;
  if (process == nullptr) return 0;
  std::ifstream file(StrCat("/proc/", process->pid(), "/statm"));
  std::size_t pages = 0;
  std::size_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Part Stage::ActiveAggregator() const {
  return Serves(Part::kAggregatorB) ? Part::kAggregatorB : Part::kAggregatorA;
}

bool Stage::Serves(Part part) const {
  return IsServing(part, addressed(part).health, absl::Milliseconds(150));
}

bool Stage::IsServing(Part part, const std::string& name, absl::Duration patience) const {
  const Program& asked = addressed(part);
  rpc::ChannelOptions options;
  if (identities_ != nullptr) options.tls = identities_->ChannelsOf(Identities::kOperator);
  const auto stub = grpc::health::v1::Health::NewStub(rpc::NewChannel(asked.address, options));
  grpc::ClientContext context;
  rpc::SetDeadline(context, patience);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  grpc::health::v1::HealthCheckResponse response;
  return stub->Check(&context, request, &response).ok() &&
         response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

Part Stage::Other(Part aggregator) {
  return aggregator == Part::kAggregatorA ? Part::kAggregatorB : Part::kAggregatorA;
}

PostgresProxy& Stage::ProxyOf(Part aggregator) {
  return *proxies_[static_cast<std::size_t>(aggregator)];
}

void Stage::CrashPostgres(int signal) {
  if (!PostgresRuns()) return;
  const pid_t pid = cluster_->pid();
  if (signal == SIGKILL) SignalPostgres(SIGCONT);  // its children must notice
  kill(pid, signal);
  const absl::Time deadline = absl::Now() + kEndsWithin;
  while (cluster_->Check().ok() && absl::Now() < deadline) absl::SleepFor(kLookEvery);
}

void Stage::StopPostgres() {
  if (!PostgresRuns()) return;
  SignalPostgres(SIGCONT);
  cluster_->Stop();
}

absl::Status Stage::StartPostgres() {
  if (PostgresRuns()) return absl::OkStatus();
  cluster_.reset();
  auto cluster =
      postgres::PrivateCluster::Start({.folder = StrCat(options_.folder, "/postgres/data")});
  if (!cluster.ok()) return cluster.status();
  cluster_ = *std::move(cluster);
  return absl::OkStatus();
}

bool Stage::PostgresRuns() const { return cluster_ != nullptr && cluster_->Check().ok(); }

std::vector<pid_t> Stage::PostgresBackends() const {
  std::vector<pid_t> backends;
  if (!PostgresRuns()) return backends;
  for (const pid_t pid : ChildrenOf(cluster_->pid())) {
    const std::string title = TitleOf(pid);
    if (title.find(postgres::kWriterRole) != std::string::npos) backends.push_back(pid);
  }
  return backends;
}

void Stage::SignalPostgres(int signal) {
  if (!PostgresRuns()) return;
  kill(cluster_->pid(), signal);
  for (const pid_t pid : ChildrenOf(cluster_->pid())) kill(pid, signal);
}

std::string Stage::reader_connection() const {
  return PostgresRuns() ? cluster_->reader_connection() : "";
}

std::string Stage::superuser_connection() const {
  return PostgresRuns() ? cluster_->superuser_connection() : "";
}

std::string Stage::owner_connection() const {
  return PostgresRuns() ? cluster_->owner_connection() : "";
}

void Stage::FillPostgresDisk() {
  if (mounted_) Fill(fs::path(options_.folder) / "postgres");
}
void Stage::EmptyPostgresDisk() { Empty(fs::path(options_.folder) / "postgres"); }
void Stage::FillOutboxDisk() {
  if (mounted_) Fill(fs::path(options_.folder) / "outbox");
}
void Stage::EmptyOutboxDisk() { Empty(fs::path(options_.folder) / "outbox"); }

absl::Status Stage::Heal() {
  EmptyPostgresDisk();
  EmptyOutboxDisk();
  for (const auto& proxy : proxies_) proxy->Disarm();
  SignalPostgres(SIGCONT);
  absl::Status status = StartPostgres();
  if (!status.ok()) return status;
  for (const Part part : kEveryPart) {
    SetClock(part, absl::ZeroDuration());
    SignalPart(part, SIGCONT);
    StartPart(part);
  }
  return WaitUntilHealthy();
}

absl::Status Stage::WaitUntilHealthy() {
  const absl::Time deadline = absl::Now() + kHealthyWithin;
  const auto serves = [this](Part part) {
    return IsServing(part, addressed(part).health, absl::Milliseconds(500));
  };
  std::string missing;
  do {
    missing.clear();
    if (!PostgresRuns()) {
      missing = " PostgreSQL";
      if (const absl::Status status = StartPostgres(); !status.ok()) return status;
    }
    if (!serves(Part::kAggregatorA) && !serves(Part::kAggregatorB)) missing += " an aggregator";
    for (const Part part : {Part::kReporter, Part::kPublisher}) {
      if (!serves(part)) StrAppend(&missing, " ", NameOf(part));
    }
    for (const Part part : kEveryPart) StartPart(part);  // what ended by itself meanwhile
    if (missing.empty()) return absl::OkStatus();
    absl::SleepFor(kLookEvery);
  } while (absl::Now() < deadline);
  return absl::UnavailableError(StrCat("Not healthy after ", absl::FormatDuration(kHealthyWithin),
                                       " without a fault:", missing));
}

}  // namespace canvass::faults
