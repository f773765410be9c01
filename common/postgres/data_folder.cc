#include "common/postgres/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::postgres {
namespace {

constexpr absl::Duration kInitdbPatience = absl::Minutes(2);
constexpr absl::Duration kPollInterval = absl::Milliseconds(20);
// Time for a server to notice that the process that started it has died.
constexpr absl::Duration kOrphanPatience = absl::Seconds(3);

absl::Status Unusable(std::string_view message) {
  return MakeError(reason::kDataFolderUnusable, message);
}

absl::Status UnusableByError(std::string_view what, std::string_view path) {
  return Unusable(StrCat("Cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status InUse(std::string_view folder, std::string_view by) {
  return MakeError(reason::kDataFolderInUse,
                   StrCat("The data folder ", folder, " is in use by ", by));
}

// Creates the missing folders above `path`. Their mode lets the server's user pass through them
// whatever the umask is.
absl::Status MakeFoldersAbove(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  if (parent.empty() || parent == path || std::filesystem::is_directory(parent)) {
    return absl::OkStatus();
  }
  if (absl::Status status = MakeFoldersAbove(parent); !status.ok()) return status;
  if (mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
    return UnusableByError("create the folder", parent.string());
  }
  if (chmod(parent.c_str(), 0755) != 0) return UnusableByError("open", parent.string());
  return absl::OkStatus();
}

bool MayPass(const struct stat& folder, const process::OsUser& user) {
  if (folder.st_uid == user.uid) return (folder.st_mode & S_IXUSR) != 0;
  const bool in_group =
      std::find(user.groups.begin(), user.groups.end(), folder.st_gid) != user.groups.end();
  return (folder.st_mode & (in_group ? S_IXGRP : S_IXOTH)) != 0;
}

// Flushes the whole file system with one call, which is faster than initdb's way of flushing each
// of about a thousand files.
absl::Status SyncFileSystem(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const absl::Cleanup close_folder = [fd] { close(fd); };
  if (fd < 0 || syncfs(fd) != 0) return UnusableByError("write to disk", folder);
  return absl::OkStatus();
}

std::string ReadFirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return std::string(absl::StripAsciiWhitespace(line));
}

// What a server's postmaster.pid contains.
struct ServerNote {
  pid_t pid = 0;
  bool stopping = false;
};

std::optional<ServerNote> ReadServerNote(const std::string& folder) {
  constexpr std::size_t kStatusLine = 7;  // counted from 0
  std::ifstream file(StrCat(folder, "/postmaster.pid"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ServerNote note;
  if (lines.empty() || !absl::SimpleAtoi(lines.front(), &note.pid) || note.pid <= 0) {
    return std::nullopt;
  }
  note.stopping = lines.size() > kStatusLine && lines[kStatusLine].starts_with("stopping");
  return note;
}

// Whether the process is a PostgreSQL server in `folder`. The pid may have been reused since
// postmaster.pid was written, and always has been after a restart of a container. A server's
// working directory is its data folder. If the system hides the working directory, as for a
// container's root, any process named `postgres` counts.
bool IsServerIn(const std::string& folder, pid_t pid) {
  if (kill(pid, 0) != 0 && errno != EPERM) return false;
  std::error_code error;
  const std::filesystem::path process = StrCat("/proc/", pid);
  const auto working_folder = std::filesystem::read_symlink(process / "cwd", error);
  if (!error) return working_folder == std::filesystem::weakly_canonical(folder);
  if (error == std::errc::no_such_file_or_directory) return false;
  const std::string command = ReadFirstLine(process / "comm");
  return command == "postgres" || command == "postmaster";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  if (absl::Status status = MakeFoldersAbove(folder); !status.ok()) return status;
  const std::string path = StrCat(folder, ".lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return UnusableByError("write", path);
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return UnusableByError("lock", path);
    return InUse(folder, StrCat("process ", ReadFirstLine(path)));
  }
  const std::string pid = StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return UnusableByError("write", path);
  }
  return lock;
}

FolderLock::~FolderLock() { close(fd_); }

absl::StatusOr<process::OsUser> FindServerUser() {
  if (geteuid() != 0) {
    if (auto user = process::FindOsUser(geteuid())) return *std::move(user);
    return MakeError(
        reason::kServerUserUnknown,
        StrCat(
            "User ", geteuid(),
            " has no name on this machine, but PostgreSQL needs one; add a line to /etc/passwd"));
  }
  for (const char* name : {"postgres", "nobody"}) {
    if (auto user = process::FindOsUser(name); user && user->uid != 0) return *std::move(user);
  }
  return MakeError(reason::kServerUserUnknown,
                   "PostgreSQL does not run as root, and this machine has no user `postgres` or "
                   "`nobody` to run it as");
}

absl::Status CheckReachable(const std::string& folder, const process::OsUser& user) {
  if (user.uid == geteuid()) return absl::OkStatus();
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::filesystem::path above;
  for (const std::filesystem::path& step : parent) {
    above /= step;
    struct stat found {};
    if (stat(above.c_str(), &found) != 0)
      return UnusableByError("read the state of", above.string());
    if (MayPass(found, user)) continue;
    return Unusable(absl::StrFormat(
        "The data folder %s cannot be used: PostgreSQL runs as user %s here, and this user has no "
        "access to %s (mode %04o). Choose another folder, for example below /var/lib",
        folder, user.name, above.string(), found.st_mode & 07777U));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int>> ReadMajorVersion(const std::string& folder,
                                                    const process::OsUser& user) {
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::optional<int>();
    return UnusableByError("read the state of", folder);
  }
  if (!S_ISDIR(found.st_mode))
    return Unusable(StrCat("The data folder ", folder, " is not a folder"));
  std::error_code error;
  if (std::filesystem::is_empty(folder, error)) return std::optional<int>();
  const std::string path = StrCat(folder, "/PG_VERSION");
  if (error || access(path.c_str(), F_OK) != 0) {
    return Unusable(
        StrCat("The folder ", folder,
               " is not empty and is not a PostgreSQL data folder: it has no file PG_VERSION"));
  }
  if (found.st_uid != user.uid) {
    const auto owner = process::FindOsUser(found.st_uid);
    return Unusable(StrCat("The data folder ", folder, " belongs to user ",
                           owner ? owner->name : StrCat(found.st_uid),
                           ", but PostgreSQL runs as user ", user.name));
  }
  int version = 0;
  const std::string line = ReadFirstLine(path);
  if (!absl::SimpleAtoi(line, &version)) {
    return Unusable(StrCat("The file ", path, " contains \"", line,
                           "\", which is not a major version of PostgreSQL"));
  }
  return std::optional<int>(version);
}

absl::Status MakeCluster(const std::string& folder, const Installation& installation,
                         const process::OsUser& user) {
  // The cluster is created under another name and then renamed, so a folder that a crash left
  // incomplete is never taken for a cluster.
  const std::string unfinished = StrCat(folder, ".new");
  std::error_code error;
  std::filesystem::remove_all(unfinished, error);
  if (error) return Unusable(StrCat("Cannot remove ", unfinished, ": ", error.message()));
  if (mkdir(unfinished.c_str(), 0700) != 0) return UnusableByError("create the folder", unfinished);
  if (user.uid != geteuid() && chown(unfinished.c_str(), user.uid, user.gid) != 0) {
    return UnusableByError("change the owner of", unfinished);
  }
  const auto output = process::RunProgram(
      {StrCat(installation.program_folder, "/initdb"), "-D", unfinished, "--username=postgres",
       "--encoding=UTF8", "--no-locale", "--data-checksums", "--auth-local=peer",
       "--auth-host=reject", "--no-instructions", "--no-sync"},
      user, kInitdbPatience);
  if (!output.ok()) {
    std::filesystem::remove_all(unfinished, error);
    return MakeError(reason::kPostgresNotStarted, StrCat("Cannot create a PostgreSQL cluster in ",
                                                         folder, ". ", output.status().message()));
  }
  if (absl::Status status = SyncFileSystem(unfinished); !status.ok()) return status;
  if (rename(unfinished.c_str(), folder.c_str()) != 0) {
    return UnusableByError(StrCat("rename ", unfinished, " to"), folder);
  }
  return SyncFileSystem(folder);
}

absl::Status WaitUntilFree(const std::string& folder, absl::Duration patience) {
  const absl::Duration start = SteadyNow();
  std::optional<ServerNote> note = ReadServerNote(folder);
  while (note && IsServerIn(folder, note->pid)) {
    if (SteadyNow() - start > (note->stopping ? patience : kOrphanPatience)) {
      return InUse(folder, StrCat("a running PostgreSQL server, process ", note->pid));
    }
    absl::SleepFor(kPollInterval);
    note = ReadServerNote(folder);
  }
  // PostgreSQL removes the postmaster.pid of a process that is gone by itself, but not that of a
  // process whose pid has been reused.
  if (note && (kill(note->pid, 0) == 0 || errno == EPERM)) {
    unlink(StrCat(folder, "/postmaster.pid").c_str());
  }
  return absl::OkStatus();
}

}  // namespace canvass::postgres
