#ifndef CANVASS_COMMON_PROCESS_CHILD_PROCESS_H_
#define CANVASS_COMMON_PROCESS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace canvass::process {

// A user of this machine.
struct OsUser {
  std::string name{};
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
};

// Returns nullopt if there is no such user.
std::optional<OsUser> FindOsUser(const std::string& name);
std::optional<OsUser> FindOsUser(uid_t uid);

// A program to run.
struct Program {
  std::vector<std::string> arguments{};    // the first is the path of the executable
  std::vector<std::string> environment{};  // "NAME=value", before this process's own
  std::optional<OsUser> user{};  // absent: the current user; only root may name another user
  int output_fd = -1;            // receives standard output; not owned
  int error_fd = -1;             // receives standard error; -1 sends it to output_fd
  int signal_when_orphaned = 0;  // signal for the child when this process dies; 0 for none
};

// Child process in its own session, so that Ctrl-C at the terminal reaches only this process.
// Thread-safe.
//
// A dedicated thread starts the child and waits for it, because the kernel's parent-death signal
// follows the thread that started the child, not the process.
class ChildProcess {
 public:
  // Starts `program`. Returns RESOURCE_EXHAUSTED PROCESS_NOT_STARTED if the fork fails. If the file
  // cannot be executed, the child exits with code 127.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Program& program);

  // Kills the child if it is still running.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Waits up to `patience` for the child to end. Returns whether it has ended.
  bool WaitForEnd(absl::Duration patience) const;
  // Returns "exited with code 1" or "was killed by signal 9", or "" while the child runs.
  std::string ending() const;
  bool succeeded() const;
  // Sends `signal` to the child. Does nothing once the child has ended.
  void Signal(int signal);

 private:
  ChildProcess() = default;
  void RunAndWait(const Program& program);

  // Set before Start returns, and constant afterwards.
  pid_t pid_ = -1;
  int fork_error_ = 0;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  int wait_status_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread keeper_;
};

// Runs a program until it exits and returns what it wrote to standard output and standard error. If
// it takes longer than `patience`, kills it and returns DEADLINE_EXCEEDED PROCESS_TIMEOUT. If it
// fails, returns INTERNAL PROCESS_FAILED with the end of its output.
absl::StatusOr<std::string> RunProgram(std::vector<std::string> arguments,
                                       const std::optional<OsUser>& user, absl::Duration patience);
// The same for a program whose output_fd and signal_when_orphaned are not set.
absl::StatusOr<std::string> RunProgram(Program program, absl::Duration patience);

}  // namespace canvass::process

#endif  // CANVASS_COMMON_PROCESS_CHILD_PROCESS_H_
