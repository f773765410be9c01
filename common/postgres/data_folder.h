#ifndef CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_
#define CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres/child_process.h"
#include "common/postgres/installation.h"

namespace canvass::postgres {

// Keeps a second process of ours away from a cluster's folder, by a lock on the file FOLDER.lock
// that ends with this process however it ends.
class FolderLock {
 public:
  // Makes the folders above `folder` too. FAILED_PRECONDITION DATA_FOLDER_IN_USE names the process
  // that holds the lock.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// The user to run PostgreSQL as, which refuses to be root: ourselves, or for root `postgres`, else
// `nobody`.
absl::StatusOr<OsUser> FindServerUser();

// FAILED_PRECONDITION DATA_FOLDER_UNUSABLE, naming it, if a folder above `folder` is closed to
// `user`.
absl::Status CheckReachable(const std::string& folder, const OsUser& user);

// Major version of the PostgreSQL that made the cluster in `folder`; absent if there is no folder
// or an empty one. FAILED_PRECONDITION DATA_FOLDER_UNUSABLE for anything else, or a cluster that
// `user` does not own.
absl::StatusOr<std::optional<int>> ReadMajorVersion(const std::string& folder, const OsUser& user);

// Makes a cluster that `folder` either has completely or not at all. REQUIRES: it has none, and the
// lock is held.
absl::Status MakeCluster(const std::string& folder, const Installation& installation,
                         const OsUser& user);

// Returns OK once no server runs in `folder`; one that is shutting down is given `patience`. What a
// server left behind that was killed is no obstacle. FAILED_PRECONDITION DATA_FOLDER_IN_USE names
// the server's process.
absl::Status WaitUntilFree(const std::string& folder, absl::Duration patience);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_DATA_FOLDER_H_
