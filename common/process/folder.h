#ifndef CANVASS_COMMON_PROCESS_FOLDER_H_
#define CANVASS_COMMON_PROCESS_FOLDER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/process/child_process.h"

namespace canvass::process {

// An open folder, whose files are named without a path. Another user may own the folder and change
// it meanwhile: no symbolic link in it is followed, and a file is opened only if it is a regular
// file with a single name and belongs to this user or to the folder's owner. So nothing that the
// other user does there makes this process touch a file outside of the folder.
//
// `path` itself may be a symbolic link, so only this user may be able to write to the folder above.
// All errors are FAILED_PRECONDITION DATA_FOLDER_UNUSABLE with the path. Thread-compatible.
class Folder {
 public:
  static absl::StatusOr<Folder> Open(const std::string& path);
  // Creates a folder for this user alone, with the missing folders above it. `entered_by` may pass
  // through all of them, but not list them. A folder that exists keeps its mode, and the error says
  // why if it belongs to another user or if others may write to it.
  static absl::StatusOr<Folder> MakePrivate(const std::string& path,
                                            const std::optional<OsUser>& entered_by = std::nullopt);
  ~Folder();
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&&) = delete;

  const std::string& path() const { return path_; }
  uid_t owner() const { return owner_; }
  std::string PathOf(std::string_view name) const;

  // Whether there is something of this name, of whatever kind.
  bool Has(const std::string& name) const;
  // Returns at most the last `bytes_max` bytes, of those from `from` on. Returns "" if there is no
  // such file.
  absl::StatusOr<std::string> Read(const std::string& name, std::size_t bytes_max,
                                   std::uint64_t from = 0) const;
  // Replaces the file atomically and durably by one with mode 0600. What root writes belongs to the
  // folder's owner.
  absl::Status Write(const std::string& name, std::string_view text) const;
  // Opens a file for reading and writing, and creates it with mode 0600. An existing one gets this
  // mode if it is this user's. The caller closes the descriptor.
  absl::StatusOr<int> OpenFile(const std::string& name, int flags) const;
  // Opens a log for appending. A log of more than 16 MiB is renamed to NAME.1 before, and replaces
  // the one that was renamed before. The caller closes the descriptor.
  absl::StatusOr<int> OpenLog(const std::string& name) const;
  // Removes a file. Does nothing if there is none.
  absl::Status Remove(const std::string& name) const;
  // Gives the folder to `user`, with access for nobody else.
  absl::Status GiveTo(const OsUser& user) const;

 private:
  Folder(std::string path, int fd, uid_t owner);
  absl::Status Fail(std::string_view what, std::string_view name) const;

  std::string path_;
  int fd_;
  uid_t owner_;
};

// Returns the last `lines_max` of the lines in `text`.
std::string LastLines(std::string_view text, std::size_t lines_max);

}  // namespace canvass::process

#endif  // CANVASS_COMMON_PROCESS_FOLDER_H_
