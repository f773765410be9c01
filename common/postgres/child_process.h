#ifndef CANVASS_COMMON_POSTGRES_CHILD_PROCESS_H_
#define CANVASS_COMMON_POSTGRES_CHILD_PROCESS_H_

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

namespace canvass::postgres {

// A user of this machine.
struct OsUser {
  std::string name{};
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
};

// Absent if there is no such user.
std::optional<OsUser> FindOsUser(const std::string& name);
std::optional<OsUser> FindOsUser(uid_t uid);

// A program to run.
struct Program {
  std::vector<std::string> arguments{};  // the first is the path of its file
  std::optional<OsUser> user{};          // absent: whoever runs this process; another only for root
  int output_fd = -1;                    // where standard output goes; not owned
  int error_fd = -1;                     // where standard error goes; -1: with the output
  int signal_when_orphaned = 0;          // what the kernel sends it when this process has died
};

// A child process in a session of its own, so that Ctrl-C at the terminal reaches only us.
// Thread-safe.
//
// A thread of its own starts it and waits for its end: the kernel means the starting thread, not
// the process, where it signals a child whose parent has died.
class ChildProcess {
 public:
  // A file that cannot be run shows as a child that ends with code 127.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Program& program);

  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // True once it has ended. Waits for that up to `patience`.
  bool WaitForEnd(absl::Duration patience) const;
  // "exited with code 1" or "was killed by signal 9"; empty while it runs.
  std::string ending() const;
  bool succeeded() const;
  // Does nothing once it has ended.
  void Signal(int signal);

 private:
  ChildProcess() = default;
  void RunAndWait(const Program& program);

  // Set before Start returns, constant from then on.
  pid_t pid_ = -1;
  int fork_error_ = 0;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  int wait_status_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread keeper_;
};

// Runs a program to its end and returns what it wrote. DEADLINE_EXCEEDED if that takes longer than
// `patience`; INTERNAL, with the end of its output, if it fails.
absl::StatusOr<std::string> RunProgram(std::vector<std::string> arguments,
                                       const std::optional<OsUser>& user, absl::Duration patience);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_CHILD_PROCESS_H_
