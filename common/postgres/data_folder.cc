#include "common/postgres/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
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
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/process/folder.h"

namespace canvass::postgres {
namespace {

// None of the files that are read here is longer.
constexpr std::size_t kTextBytesMax = 4096;
// What a new cluster takes with Canvass's empty database, and half as much again.
constexpr std::uintmax_t kNewClusterBytesMin = std::uintmax_t{96} << 20U;
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

std::string FirstLineOf(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text.substr(0, text.find('\n')))));
}

// Returns "" if there is no such file, or none that may be read.
std::string ReadText(const process::Folder& folder, const std::string& name) {
  return folder.Read(name, kTextBytesMax).value_or("");
}

constexpr char kServerNote[] = "postmaster.pid";

// What a server's postmaster.pid contains.
struct ServerNote {
  pid_t pid = 0;
  bool stopping = false;
};

std::optional<ServerNote> ReadServerNote(const process::Folder& folder) {
  constexpr std::size_t kStatusLine = 7;  // counted from 0
  const std::vector<std::string> lines =
      absl::StrSplit(ReadText(folder, kServerNote), '\n', absl::SkipEmpty());
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
  std::string command;
  std::ifstream(process / "comm") >> command;
  return command == "postgres" || command == "postmaster";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(const process::Folder& parent,
                                                             const std::string& name) {
  const std::string file = StrCat(name, ".lock");
  const absl::StatusOr<int> fd = parent.OpenFile(file, O_RDWR | O_CREAT);
  if (!fd.ok()) return fd.status();
  std::unique_ptr<FolderLock> lock(new FolderLock(*fd));
  if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return UnusableByError("lock", parent.PathOf(file));
    return InUse(parent.PathOf(name),
                 StrCat("Canvass, process ", FirstLineOf(ReadText(parent, file)),
                        ": another `canvass up` runs over it"));
  }
  const std::string pid = StrCat(getpid(), "\n");
  if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid.data(), pid.size(), 0) < 0) {
    return UnusableByError("write", parent.PathOf(file));
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

absl::Status CheckFreeSpace(const std::string& folder, bool is_new) {
  const std::string place = is_new ? std::filesystem::path(folder).parent_path().string() : folder;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(place, error);
  const std::uintmax_t needed = is_new ? kNewClusterBytesMin : kFreeBytesMin;
  if (error || space.available >= needed) return absl::OkStatus();
  return MakeError(reason::kDiskFull,
                   StrCat("The disk of ", place, " is full: ", space.available >> 20U,
                          " MiB are free, and PostgreSQL needs ", needed >> 20U,
                          " MiB to start. Make room there, or move the data to a larger disk"));
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
  const absl::StatusOr<process::Folder> opened = process::Folder::Open(folder);
  if (!opened.ok()) return opened.status();
  constexpr char kVersionFile[] = "PG_VERSION";
  if (error || !opened->Has(kVersionFile)) {
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
  const absl::StatusOr<std::string> text = opened->Read(kVersionFile, kTextBytesMax);
  if (!text.ok()) return text.status();
  int version = 0;
  const std::string line = FirstLineOf(*text);
  if (!absl::SimpleAtoi(line, &version)) {
    return Unusable(StrCat("The file ", opened->PathOf(kVersionFile), " contains \"", line,
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
  if (user.uid != geteuid() && lchown(unfinished.c_str(), user.uid, user.gid) != 0) {
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
  const absl::StatusOr<process::Folder> opened = process::Folder::Open(folder);
  if (!opened.ok()) return opened.status();
  const absl::Duration start = SteadyNow();
  std::optional<ServerNote> note = ReadServerNote(*opened);
  while (note && IsServerIn(folder, note->pid)) {
    if (SteadyNow() - start > (note->stopping ? patience : kOrphanPatience)) {
      return InUse(folder, StrCat("a running PostgreSQL server, process ", note->pid));
    }
    absl::SleepFor(kPollInterval);
    note = ReadServerNote(*opened);
  }
  // PostgreSQL removes the postmaster.pid of a process that is gone by itself, but not that of a
  // process whose pid has been reused.
  if (note && (kill(note->pid, 0) == 0 || errno == EPERM)) {
    return opened->Remove(kServerNote);
  }
  return absl::OkStatus();
}

}  // namespace canvass::postgres
