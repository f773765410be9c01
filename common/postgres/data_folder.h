#ifndef CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_
#define CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres/installation.h"
#include "common/process/child_process.h"
#include "common/process/folder.h"

namespace canvass::postgres {

// Lock on a cluster's folder against other Canvass processes. It locks the file NAME.lock beside
// the folder, and the kernel releases the lock however this process ends.
class FolderLock {
 public:
  // Takes the lock of the folder `name` in `parent`. Returns FAILED_PRECONDITION DATA_FOLDER_IN_USE
  // with the process that holds the lock, or DATA_FOLDER_UNUSABLE.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const process::Folder& parent,
                                                          const std::string& name);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Returns the user to run PostgreSQL as, which refuses to run as root: the current user, or for
// root the user `postgres`, else `nobody`. Returns FAILED_PRECONDITION SERVER_USER_UNKNOWN if there
// is no such user.
absl::StatusOr<process::OsUser> FindServerUser();

// Returns FAILED_PRECONDITION DATA_FOLDER_UNUSABLE if `user` may not pass through a parent of
// `folder`. The error names that parent.
absl::Status CheckReachable(const std::string& folder, const process::OsUser& user);

// Space that a server needs to start over a cluster that exists: two segments of the write-ahead
// log, of which one may have to be made.
inline constexpr std::uintmax_t kFreeBytesMin = std::uintmax_t{32} << 20U;

// Returns RESOURCE_EXHAUSTED DISK_FULL if the disk of `folder`, or of the folder where it will be
// created, has too little space left for a server to start: a cluster that exists needs room for
// new write-ahead log, a new one for its first files too. The error names the folder and the space.
absl::Status CheckFreeSpace(const std::string& folder, bool is_new);

// Returns the major version of the PostgreSQL that created the cluster in `folder`, or nullopt if
// the folder does not exist or is empty. Returns FAILED_PRECONDITION DATA_FOLDER_UNUSABLE if the
// folder holds anything else or a cluster that `user` does not own.
absl::StatusOr<std::optional<int>> ReadMajorVersion(const std::string& folder,
                                                    const process::OsUser& user);

// Creates a cluster in `folder` atomically: a crash leaves either a complete cluster or none.
// REQUIRES: `folder` has no cluster, and the caller holds its FolderLock.
absl::Status MakeCluster(const std::string& folder, const Installation& installation,
                         const process::OsUser& user);

// Returns OK once no server runs in `folder`. Waits up to `patience` for a server that is shutting
// down. Files left behind by a killed server do not matter. Returns FAILED_PRECONDITION
// DATA_FOLDER_IN_USE with the server's process id.
absl::Status WaitUntilFree(const std::string& folder, absl::Duration patience);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_
