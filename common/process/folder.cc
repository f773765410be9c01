#include "common/process/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::process {
namespace {

constexpr off_t kLogBytesMax = off_t{16} << 20U;
constexpr mode_t kOwnerOnly = 0700;
constexpr mode_t kOwnerOnlyFile = 0600;
constexpr mode_t kGroupMayEnter = 0710;
// Of folders above a private one that a user of another group must pass through.
constexpr mode_t kAllMayEnter = 0711;
constexpr mode_t kPermissions = 07777;

absl::Status Unusable(std::string_view message) {
  return MakeError(reason::kDataFolderUnusable, message);
}

std::string NameOf(uid_t uid) {
  const auto user = FindOsUser(uid);
  return user ? user->name : StrCat(uid);
}

absl::Status MakeFolders(const std::string& path, mode_t mode) {
  if (path.empty() || mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return absl::OkStatus();
  const std::size_t slash = path.rfind('/');
  if (errno == ENOENT && slash != std::string::npos) {
    if (absl::Status status = MakeFolders(path.substr(0, slash), mode); !status.ok()) return status;
    if (mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return absl::OkStatus();
  }
  return Unusable(StrCat("Cannot create the folder ", path, ": ", std::strerror(errno)));
}

// The umask is not to decide, and another process may create the same folder at this moment.
absl::Status MakeOne(const std::string& path, const std::optional<OsUser>& entered_by) {
  if (mkdir(path.c_str(), kOwnerOnly) != 0) {
    if (errno == EEXIST) return absl::OkStatus();
    return Unusable(StrCat("Cannot create the folder ", path, ": ", std::strerror(errno)));
  }
  if (!entered_by || entered_by->uid == geteuid()) return absl::OkStatus();
  if (lchown(path.c_str(), geteuid(), entered_by->gid) == 0 &&
      chmod(path.c_str(), kGroupMayEnter) == 0) {
    return absl::OkStatus();
  }
  return Unusable(StrCat("Cannot let user ", entered_by->name, " enter the folder ", path, ": ",
                         std::strerror(errno)));
}

std::string FolderAbove(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// Where root works, nobody else may be able to put another folder in the place of `path`: every
// folder above must be root's, and one that all may write to must let them remove only what is
// theirs, as /tmp does.
absl::Status CheckAbove(std::string path) {
  if (geteuid() != 0) return absl::OkStatus();
  std::array<char, PATH_MAX> real{};
  do {
    path = FolderAbove(path);
  } while (!path.empty() && realpath(path.c_str(), real.data()) == nullptr);
  for (path = path.empty() ? "/" : real.data();; path = FolderAbove(path)) {
    if (path.empty()) path = "/";
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
      return Unusable(StrCat("Cannot read the state of ", path, ": ", std::strerror(errno)));
    }
    const bool all_may_replace = (found.st_mode & S_IWOTH) != 0 && (found.st_mode & S_ISVTX) == 0;
    if (found.st_uid != 0 || all_may_replace) {
      return Unusable(absl::StrFormat(
          "Root does not keep data below %s, which user %s owns (mode %04o): somebody else could "
          "put other folders in their place. Choose another folder, for example below /var/lib",
          path, NameOf(found.st_uid), found.st_mode & kPermissions));
    }
    if (path == "/") return absl::OkStatus();
  }
}

absl::Status CheckPrivate(const std::string& path, const struct stat& found) {
  if (found.st_uid != geteuid()) {
    return Unusable(StrCat("The folder ", path, " belongs to user ", NameOf(found.st_uid),
                           ", but this is user ", NameOf(geteuid()),
                           ". Choose another folder, or start Canvass as the folder's owner"));
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
  return Unusable(absl::StrFormat(
      "Other users may write to the folder %s (mode %04o). Choose another folder, or take the "
      "right away: chmod go-w %s",
      path, found.st_mode & kPermissions, path));
}

}  // namespace

Folder::Folder(std::string path, int fd, uid_t owner)
    : path_(std::move(path)), fd_(fd), owner_(owner) {}

Folder::~Folder() {
  if (fd_ >= 0) close(fd_);
}

Folder::Folder(Folder&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), owner_(other.owner_) {}

absl::StatusOr<Folder> Folder::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat found {};
  if (fd < 0 || fstat(fd, &found) != 0) {
    return Unusable(StrCat("Cannot open the folder ", path, ": ", std::strerror(errno)));
  }
  return Folder(path, fd, found.st_uid);
}

absl::StatusOr<Folder> Folder::MakePrivate(const std::string& path,
                                           const std::optional<OsUser>& entered_by) {
  const bool entered = entered_by && entered_by->uid != geteuid();
  absl::Status status = CheckAbove(path);
  if (status.ok()) {
    status = MakeFolders(FolderAbove(path), entered ? kAllMayEnter : kOwnerOnly);
  }
  if (status.ok()) status = MakeOne(path, entered_by);
  if (!status.ok()) return status;
  absl::StatusOr<Folder> folder = Open(path);
  if (!folder.ok()) return folder;
  struct stat found {};
  if (fstat(folder->fd_, &found) != 0) return folder->Fail("read the state of", "");
  status = CheckPrivate(path, found);
  if (!status.ok()) return status;
  return folder;
}

std::string Folder::PathOf(std::string_view name) const {
  return name.empty() ? path_ : StrCat(path_, "/", name);
}

absl::Status Folder::Fail(std::string_view what, std::string_view name) const {
  return Unusable(StrCat("Cannot ", what, " ", PathOf(name), ": ", std::strerror(errno)));
}

bool Folder::Has(const std::string& name) const {
  struct stat found {};
  return fstatat(fd_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

absl::StatusOr<int> Folder::OpenFile(const std::string& name, int flags) const {
  // O_NONBLOCK: a pipe in the place of the file must not keep this process.
  const int fd = openat(fd_, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                        kOwnerOnlyFile);
  if (fd < 0 && errno == ELOOP) {
    return Unusable(StrCat(PathOf(name), " is a symbolic link, and Canvass follows none there"));
  }
  if (fd < 0) return Fail("open", name);
  absl::Cleanup close_file = [fd] { close(fd); };
  struct stat found {};
  if (fstat(fd, &found) != 0) return Fail("read the state of", name);
  if (!S_ISREG(found.st_mode)) return Unusable(StrCat(PathOf(name), " is not a regular file"));
  if (found.st_nlink > 1 || (found.st_uid != geteuid() && found.st_uid != owner_)) {
    return Unusable(StrCat(PathOf(name), " is not a file of this folder alone: it belongs to user ",
                           NameOf(found.st_uid), " and has ", found.st_nlink, " names"));
  }
  const bool is_open_to_others = (found.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (is_open_to_others && found.st_uid == geteuid() &&
      fchmod(fd, found.st_mode & kOwnerOnly) != 0) {
    return Fail("change the mode of", name);
  }
  std::move(close_file).Cancel();
  return fd;
}

absl::StatusOr<std::string> Folder::Read(const std::string& name, std::size_t bytes_max,
                                         std::uint64_t from) const {
  if (!Has(name)) return std::string();
  const absl::StatusOr<int> fd = OpenFile(name, O_RDONLY);
  if (!fd.ok()) return fd.status();
  const absl::Cleanup close_file = [fd = *fd] { close(fd); };
  struct stat found {};
  if (fstat(*fd, &found) != 0) return Fail("read the state of", name);
  const auto size = static_cast<std::uint64_t>(found.st_size);
  const std::uint64_t begin = std::max(from, size - std::min<std::uint64_t>(size, bytes_max));
  std::string text(size > begin ? size - begin : 0, '\0');
  const ssize_t count = pread(*fd, text.data(), text.size(), static_cast<off_t>(begin));
  if (count < 0) return Fail("read", name);
  text.resize(static_cast<std::size_t>(count));
  return text;
}

absl::Status Folder::Write(const std::string& name, std::string_view text) const {
  const std::string draft = StrCat(name, ".new");
  if (absl::Status status = Remove(draft); !status.ok()) return status;
  const absl::StatusOr<int> fd = OpenFile(draft, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd.ok()) return fd.status();
  const absl::Cleanup close_file = [fd = *fd] { close(fd); };
  // Only root can give files away. Others may write to a folder that is not theirs, e.g. a volume.
  const bool is_for_owner = geteuid() == 0 && owner_ != 0;
  errno = ENOSPC;  // of a short write
  const bool written = write(*fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       (!is_for_owner || fchown(*fd, owner_, static_cast<gid_t>(-1)) == 0) &&
                       fsync(*fd) == 0;
  if (!written) return Fail("write", draft);
  if (renameat(fd_, draft.c_str(), fd_, name.c_str()) != 0) return Fail("write", name);
  return fsync(fd_) == 0 ? absl::OkStatus() : Fail("make durable", name);
}

absl::StatusOr<int> Folder::OpenLog(const std::string& name) const {
  struct stat found {};
  if (fstatat(fd_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
      found.st_size > kLogBytesMax) {
    // If this fails, the log only grows on.
    renameat(fd_, name.c_str(), fd_, StrCat(name, ".1").c_str());
  }
  return OpenFile(name, O_WRONLY | O_CREAT | O_APPEND);
}

absl::Status Folder::Remove(const std::string& name) const {
  if (unlinkat(fd_, name.c_str(), 0) == 0 || errno == ENOENT) return absl::OkStatus();
  return Fail("remove", name);
}

absl::Status Folder::GiveTo(const OsUser& user) const {
  const bool given =
      (owner_ == user.uid || fchown(fd_, user.uid, user.gid) == 0) && fchmod(fd_, kOwnerOnly) == 0;
  return given ? absl::OkStatus() : Fail(StrCat("give to user ", user.name), "");
}

std::string LastLines(std::string_view text, std::size_t lines_max) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < lines_max && begin != std::string_view::npos; ++lines) {
    begin = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  }
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace canvass::process
