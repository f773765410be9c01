#include "common/postgres/private_cluster.h"

#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/data_folder.h"
#include "common/postgres/error.h"
#include "common/postgres/installation.h"
#include "common/process/child_process.h"
#include "common/process/folder.h"
#include "common/process/memory_limit.h"

namespace canvass::postgres {
namespace {

// No TCP port is opened.
constexpr int kPort = 5432;
// Holds the ledger of a million stations with its indexes.
constexpr std::int64_t kSharedBuffersMegabytesMax = 2048;
constexpr std::int64_t kSharedBuffersMegabytesMin = 64;
// The port is part of the socket's name.
constexpr char kSocketName[] = ".s.PGSQL.5432";
// A Unix socket's path has at most 107 bytes.
constexpr std::size_t kSocketFolderBytesMax = 107 - sizeof(kSocketName);
constexpr char kLogName[] = "server.log";
constexpr std::size_t kQuotedLogBytes = 8192;
constexpr std::size_t kQuotedLogLines = 10;
constexpr absl::Duration kImmediateStopPatience = absl::Seconds(5);
constexpr absl::Duration kPollIntervalMin = absl::Milliseconds(5);
constexpr absl::Duration kPollIntervalMax = absl::Milliseconds(200);

absl::Status SocketFolderUnusable(std::string_view path) {
  return MakeError(
      reason::kSocketFolderUnusable,
      StrCat("The socket folder ", path, " cannot be created: ", std::strerror(errno)));
}

// Returns the folder in /tmp to which `link` leads. Makes both if there is none, or if it is not a
// folder of `user`: everybody may use a name in /tmp that has become free.
absl::StatusOr<std::string> FindSocketFolderInTmp(const std::string& link,
                                                  const process::OsUser& user) {
  std::error_code error;
  std::string path = std::filesystem::read_symlink(link, error).string();
  struct stat found {};
  if (!error && lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
      found.st_uid == user.uid) {
    return path;
  }
  std::filesystem::remove(link, error);
  path = "/tmp/canvass-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return SocketFolderUnusable(path);
  if (symlink(path.c_str(), link.c_str()) != 0) return SocketFolderUnusable(link);
  return path;
}

absl::StatusOr<std::string> FindSocketFolder(const std::string& path, const process::OsUser& user) {
  if (path.size() > kSocketFolderBytesMax) return FindSocketFolderInTmp(path, user);
  std::error_code error;
  if (std::filesystem::is_symlink(path, error)) std::filesystem::remove(path, error);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return SocketFolderUnusable(path);
  return path;
}

// Returns a folder that only the server's user and root can enter. A user who cannot enter it
// cannot connect.
absl::StatusOr<std::string> MakeSocketFolder(const std::string& wanted,
                                             const process::OsUser& user) {
  absl::StatusOr<std::string> path = FindSocketFolder(wanted, user);
  if (!path.ok()) return path;
  const absl::StatusOr<process::Folder> folder = process::Folder::Open(*path);
  if (!folder.ok()) return folder.status();
  absl::Status status = folder->GiveTo(user);
  // A killed server leaves a lock file with its pid here, and that pid may have been reused.
  for (const char* extension : {"", ".lock"}) {
    if (status.ok()) status = folder->Remove(StrCat(kSocketName, extension));
  }
  if (!status.ok()) return status;
  return path;
}

// Lets the user who runs this program log in as any role of Canvass. PostgreSQL checks the user id
// that the kernel reports for the other end of the socket, so there are no passwords. No other user
// can log in, not even the server's own user.
absl::Status WriteAccessRules(const process::Folder& folder) {
  const auto caller = process::FindOsUser(geteuid());
  if (!caller) {
    return MakeError(
        reason::kServerUserUnknown,
        StrCat("User ", geteuid(), " has no name on this machine; add a line to /etc/passwd"));
  }
  const std::string note = "# Written by Canvass at every start.\n";
  const std::string rules = StrCat(note, "local all all peer map=canvass\n");
  if (absl::Status status = folder.Write("pg_hba.conf", rules); !status.ok()) return status;
  std::string map = note;
  for (const std::string_view role :
       {std::string_view("postgres"), kOwnerRole, kWriterRole, kReaderRole}) {
    StrAppend(&map, "canvass \"", caller->name, "\" ", role, "\n");
  }
  return folder.Write("pg_ident.conf", map);
}

// Settings are passed on the command line, so neither a file nor ALTER SYSTEM can change them.
// Canvass's durability depends on the first three.
std::vector<std::string> ServerSettings(const std::string& socket_folder) {
  const std::int64_t shared_buffers =
      std::clamp((process::MemoryOfMachine() >> 20) / 8, kSharedBuffersMegabytesMin,
                 kSharedBuffersMegabytesMax);
  return {
      "fsync=on",
      "full_page_writes=on",
      "synchronous_commit=on",
      "listen_addresses=",
      StrCat("unix_socket_directories=", socket_folder),
      "unix_socket_permissions=0700",
      StrCat("port=", kPort),
      "max_connections=50",
      StrCat("shared_buffers=", shared_buffers, "MB"),
      // The reports of one night fit between two checkpoints, so almost no page is written twice.
      "max_wal_size=4GB",
      "min_wal_size=1GB",
      "checkpoint_timeout=15min",
      // After a crash, flushes all files with one call before recovery instead of one by one.
      "recovery_init_sync_method=syncfs",
      "jit=off",
      "timezone=UTC",
      "log_timezone=UTC",
      "lc_messages=C",
      "logging_collector=off",
      "log_destination=stderr",
      "log_line_prefix=%m [%p] %u@%d ",
  };
}

absl::StatusOr<Installation> FindInstallationFor(const ClusterOptions& options,
                                                 std::optional<int> version) {
  auto installation = FindInstallation(options.program_folder, version);
  if (!version || !HasReason(installation.status(), reason::kPostgresVersion)) return installation;
  return MakeError(reason::kPostgresVersion,
                   StrCat("The data folder ", options.folder, " was made by PostgreSQL ", *version,
                          ". ", installation.status().message()));
}

// Creates the cluster if there is none, and returns once a server can start in the folder.
absl::StatusOr<Installation> PrepareFolder(const ClusterOptions& options,
                                           const process::OsUser& user) {
  if (absl::Status status = CheckReachable(options.folder, user); !status.ok()) return status;
  const auto version = ReadMajorVersion(options.folder, user);
  if (!version.ok()) return version.status();
  auto installation = FindInstallationFor(options, *version);
  if (!installation.ok()) return installation;
  absl::Status status = CheckFreeSpace(options.folder, /*is_new=*/!*version);
  if (status.ok() && !*version) status = MakeCluster(options.folder, *installation, user);
  if (status.ok()) status = WaitUntilFree(options.folder, options.start_timeout);
  if (!status.ok()) return status;
  return installation;
}

std::string ConnectionThrough(const std::string& socket_folder, std::string_view user,
                              std::string_view database) {
  return StrCat("host=", socket_folder, " port=", kPort, " user=", user, " dbname=", database);
}

}  // namespace

PrivateCluster::PrivateCluster() = default;

absl::StatusOr<std::unique_ptr<PrivateCluster>> PrivateCluster::Start(ClusterOptions options) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(options.folder, error).lexically_normal();
  options.folder = absolute.has_filename() ? absolute.string() : absolute.parent_path().string();
  std::unique_ptr<PrivateCluster> cluster(new PrivateCluster());
  cluster->options_ = std::move(options);
  if (absl::Status status = cluster->Launch(); !status.ok()) return status;
  if (absl::Status status = cluster->WaitUntilReady(); !status.ok()) return status;
  return cluster;
}

PrivateCluster::~PrivateCluster() { Stop(); }

absl::Status PrivateCluster::Launch() {
  const auto user = FindServerUser();
  if (!user.ok()) return user.status();
  const std::filesystem::path path = options_.folder;
  const auto parent = process::Folder::MakePrivate(path.parent_path().string(), *user);
  if (!parent.ok()) return parent.status();
  auto lock = FolderLock::Take(*parent, path.filename().string());
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  const auto installation = PrepareFolder(options_, *user);
  if (!installation.ok()) return installation.status();
  auto folder = process::Folder::Open(options_.folder);
  if (!folder.ok()) return folder.status();
  folder_ = std::make_unique<process::Folder>(*std::move(folder));
  if (absl::Status status = WriteAccessRules(*folder_); !status.ok()) return status;
  auto socket_folder = MakeSocketFolder(StrCat(options_.folder, ".socket"), *user);
  if (!socket_folder.ok()) return socket_folder.status();
  socket_folder_ = *std::move(socket_folder);
  return StartServer(installation->program_folder, *user);
}

absl::Status PrivateCluster::StartServer(const std::string& program_folder,
                                         const process::OsUser& user) {
  const absl::StatusOr<int> log = folder_->OpenLog(kLogName);
  if (!log.ok()) return log.status();
  const absl::Cleanup close_log = [fd = *log] { close(fd); };
  log_file_ = folder_->PathOf(kLogName);
  log_begin_ = static_cast<std::uint64_t>(lseek(*log, 0, SEEK_END));
  std::vector<std::string> arguments = {StrCat(program_folder, "/postgres"), "-D", options_.folder};
  for (std::string& setting : ServerSettings(socket_folder_)) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(setting));
  }
  // SIGINT makes PostgreSQL end its sessions, write a checkpoint and exit (fast shutdown).
  auto server = process::ChildProcess::Start({.arguments = std::move(arguments),
                                              .user = user,
                                              .output_fd = *log,
                                              .signal_when_orphaned = SIGINT});
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

absl::Status PrivateCluster::WaitUntilReady() {
  const absl::Duration deadline = SteadyNow() + options_.start_timeout;
  const std::string connection = superuser_connection();
  absl::Duration interval = kPollIntervalMin;
  while (PQping(connection.c_str()) != PQPING_OK) {
    if (server_->WaitForEnd(interval)) {
      return NotStarted(StrCat("PostgreSQL ", server_->ending(), " while starting"));
    }
    if (SteadyNow() > deadline) {
      return NotStarted(StrCat("PostgreSQL did not accept connections within ",
                               absl::FormatDuration(options_.start_timeout)));
    }
    interval = std::min(interval * 2, kPollIntervalMax);
  }
  return absl::OkStatus();
}

std::string PrivateCluster::Logged() const {
  const auto text = folder_->Read(kLogName, kQuotedLogBytes, log_begin_);
  return text.ok() ? process::LastLines(*text, kQuotedLogLines)
                   : std::string(text.status().message());
}

absl::Status PrivateCluster::NotStarted(std::string_view what) const {
  const std::string logged = StrCat(what, " over the data in ", options_.folder, ". The end of ",
                                    log_file_, ":\n", Logged());
  // A full disk may have kept the server from logging that it is full.
  const absl::Status space = CheckFreeSpace(options_.folder, /*is_new=*/false);
  if (!space.ok()) return MakeError(reason::kDiskFull, StrCat(space.message(), ".\n", logged));
  return MakeError(reason::kPostgresNotStarted, logged);
}

absl::Status PrivateCluster::CreateDatabase(std::string_view database) const {
  try {
    pqxx::connection connection(superuser_connection());
    // CREATE DATABASE cannot run inside a transaction.
    pqxx::nontransaction session(connection);
    const auto exists = [&session](const std::string& query, std::string_view name) {
      return !session.exec_params(query, std::string(name)).empty();
    };
    for (const std::string_view role : {kOwnerRole, kWriterRole, kReaderRole}) {
      if (exists("SELECT FROM pg_roles WHERE rolname = $1", role)) continue;
      session.exec(StrCat("CREATE ROLE ", session.quote_name(std::string(role)), " LOGIN"));
    }
    if (exists("SELECT FROM pg_database WHERE datname = $1", database)) return absl::OkStatus();
    session.exec(StrCat("CREATE DATABASE ", session.quote_name(std::string(database)), " OWNER ",
                        session.quote_name(std::string(kOwnerRole))));
    return absl::OkStatus();
  } catch (const std::exception&) {
    return StatusOfCurrentException();
  }
}

std::string PrivateCluster::Connection(std::string_view user, std::string_view database) const {
  return ConnectionThrough(socket_folder_, user, database);
}

std::string PrivateCluster::OwnerConnectionOf(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path socket_folder =
      std::filesystem::canonical(StrCat(folder, ".socket"), error);
  return ConnectionThrough(socket_folder.string(), kOwnerRole, "canvass");
}

std::string PrivateCluster::owner_connection(std::string_view database) const {
  return Connection(kOwnerRole, database);
}

std::string PrivateCluster::writer_connection(std::string_view database) const {
  return Connection(kWriterRole, database);
}

std::string PrivateCluster::reader_connection(std::string_view database) const {
  return Connection(kReaderRole, database);
}

std::string PrivateCluster::superuser_connection() const {
  return Connection("postgres", "postgres");
}

absl::Status PrivateCluster::Check() const {
  if (!server_->WaitForEnd(absl::ZeroDuration())) return absl::OkStatus();
  return MakeError(reason::kPostgresEnded, StrCat("PostgreSQL ", server_->ending(), ". The end of ",
                                                  log_file_, ":\n", Logged()));
}

pid_t PrivateCluster::pid() const { return server_->pid(); }

void PrivateCluster::Stop() {
  if (server_ == nullptr) return;
  server_->Signal(SIGINT);
  if (!server_->WaitForEnd(options_.stop_timeout)) {
    server_->Signal(SIGQUIT);
    if (!server_->WaitForEnd(kImmediateStopPatience)) server_->Signal(SIGKILL);
    server_->WaitForEnd(absl::InfiniteDuration());
  }
}

}  // namespace canvass::postgres
