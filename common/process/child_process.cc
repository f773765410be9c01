#include "common/process/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::process {
namespace {

constexpr int kExecFailed = 127;
constexpr std::size_t kOutputBytesMax = 1U << 20U;
constexpr std::size_t kQuotedBytesMax = 2000;

// Everything that the child needs. It is prepared before the fork because only async-signal-safe
// calls are allowed between fork and exec: another thread may have held any lock at the fork.
struct ChildPlan {
  std::vector<char*> arguments{};
  std::vector<char*> environment{};
  const Program* program = nullptr;
  pid_t parent = 0;
};

void WriteError(const char* what) {
  const char* const reason = strerrordesc_np(errno);
  for (const char* part : {what, ": ", reason == nullptr ? "error" : reason, "\n"}) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) return;
  }
}

// A process that already runs as the user may lack the permission to set user and groups.
bool BecomeUser(const OsUser& user) {
  if (user.uid == geteuid()) return true;
  return setgroups(user.groups.size(), user.groups.data()) == 0 &&
         setresgid(user.gid, user.gid, user.gid) == 0 &&
         setresuid(user.uid, user.uid, user.uid) == 0;
}

[[noreturn]] void Become(const ChildPlan& plan) {
  const Program& program = *plan.program;
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(program.output_fd, STDOUT_FILENO);
  dup2(program.error_fd < 0 ? program.output_fd : program.error_fd, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, UINT_MAX, 0);
  setsid();
  umask(077);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) {
    ::signal(signal, SIG_DFL);
  }
  if (program.user && !BecomeUser(*program.user)) {
    WriteError("cannot switch to the server's user");
    _exit(kExecFailed);
  }
  // Must follow the change of user, which clears the setting.
  if (program.signal_when_orphaned != 0) {
    prctl(PR_SET_PDEATHSIG, program.signal_when_orphaned);
    if (getppid() != plan.parent) _exit(kExecFailed);  // the parent died before the prctl
  }
  if (chdir("/") != 0) WriteError("cannot change to /");
  execve(plan.arguments.front(), plan.arguments.data(), plan.environment.data());
  WriteError(plan.arguments.front());
  _exit(kExecFailed);
}

OsUser ToOsUser(const passwd& entry) {
  OsUser user{.name = entry.pw_name, .uid = entry.pw_uid, .gid = entry.pw_gid};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(entry.pw_name, entry.pw_gid, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(count));
    getgrouplist(entry.pw_name, entry.pw_gid, user.groups.data(), &count);
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

std::string ReadFromStart(int fd) {
  std::string text;
  std::array<char, 4096> block{};
  lseek(fd, 0, SEEK_SET);
  for (ssize_t count = 0; (count = read(fd, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > kOutputBytesMax) break;
  }
  return text;
}

}  // namespace

std::optional<OsUser> FindOsUser(const std::string& name) {
  std::array<char, 16384> space{};
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, space.data(), space.size(), &found);
  if (found == nullptr) return std::nullopt;
  return ToOsUser(entry);
}

std::optional<OsUser> FindOsUser(uid_t uid) {
  std::array<char, 16384> space{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, space.data(), space.size(), &found);
  if (found == nullptr) return std::nullopt;
  return ToOsUser(entry);
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Program& program) {
  std::unique_ptr<ChildProcess> child(new ChildProcess());
  child->keeper_ = std::thread([&child = *child, program] { child.RunAndWait(program); });
  {
    const MutexLock lock(child->mutex_);
    while (!child->started_) child->changed_.Wait(child->mutex_);
  }
  if (child->pid_ > 0) return child;
  return MakeError(reason::kProcessNotStarted, StrCat("Cannot start ", program.arguments.front(),
                                                      ": ", std::strerror(child->fork_error_)));
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  keeper_.join();
}

void ChildProcess::RunAndWait(const Program& program) {
  ChildPlan plan{.program = &program, .parent = getpid()};
  std::vector<std::string> arguments = program.arguments;
  for (std::string& argument : arguments) plan.arguments.push_back(argument.data());
  plan.arguments.push_back(nullptr);
  // A program takes the first of two values.
  std::vector<std::string> environment = program.environment;
  for (std::string& variable : environment) plan.environment.push_back(variable.data());
  for (char* const* variable = environ; *variable != nullptr; ++variable) {
    plan.environment.push_back(*variable);
  }
  plan.environment.push_back(nullptr);

  const pid_t pid = fork();
  if (pid == 0) Become(plan);
  const int error = errno;
  {
    const MutexLock lock(mutex_);
    pid_ = pid;
    fork_error_ = error;
    started_ = true;
    ended_ = pid < 0;
    changed_.NotifyAll();
  }
  if (pid < 0) return;

  // The child stays a zombie and keeps its pid until the mutex is held, so Signal never reaches
  // another process.
  siginfo_t ending{};
  while (waitid(P_PID, static_cast<id_t>(pid), &ending, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const MutexLock lock(mutex_);
  waitpid(pid, &wait_status_, WNOHANG);
  ended_ = true;
  changed_.NotifyAll();
}

bool ChildProcess::WaitForEnd(absl::Duration patience) const {
  const absl::Duration deadline = SteadyNow() + patience;
  const MutexLock lock(mutex_);
  while (!ended_) {
    const absl::Duration left = deadline - SteadyNow();
    if (left <= absl::ZeroDuration()) return false;
    // Waits in steps because an infinite wait overflows the condition variable's clock.
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(std::min(left, absl::Hours(1))));
  }
  return true;
}

std::string ChildProcess::ending() const {
  const MutexLock lock(mutex_);
  if (!ended_) return "";
  if (WIFSIGNALED(wait_status_)) return StrCat("was killed by signal ", WTERMSIG(wait_status_));
  return StrCat("exited with code ", WEXITSTATUS(wait_status_));
}

bool ChildProcess::succeeded() const {
  const MutexLock lock(mutex_);
  return ended_ && WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

void ChildProcess::Signal(int signal) {
  const MutexLock lock(mutex_);
  if (started_ && !ended_) kill(pid_, signal);
}

absl::StatusOr<std::string> RunProgram(std::vector<std::string> arguments,
                                       const std::optional<OsUser>& user, absl::Duration patience) {
  return RunProgram({.arguments = std::move(arguments), .user = user}, patience);
}

absl::StatusOr<std::string> RunProgram(Program program, absl::Duration patience) {
  const int output = memfd_create("output", MFD_CLOEXEC);
  const absl::Cleanup close_output = [output] { close(output); };
  const std::string name = program.arguments.front();
  program.output_fd = output;
  program.signal_when_orphaned = SIGTERM;
  auto child = ChildProcess::Start(program);
  if (!child.ok()) return child.status();
  if (!(*child)->WaitForEnd(patience)) {
    return MakeError(reason::kProcessTimeout,
                     StrCat(name, " did not end within ", absl::FormatDuration(patience)));
  }
  std::string written = ReadFromStart(output);
  if ((*child)->succeeded()) return written;
  if (written.size() > kQuotedBytesMax) written.erase(0, written.size() - kQuotedBytesMax);
  return MakeError(reason::kProcessFailed, StrCat(name, " ", (*child)->ending(), ": ", written));
}

}  // namespace canvass::process
