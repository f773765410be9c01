#include "services/canvass/stack/orphan.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "common/base/clock.h"

namespace canvass::cli {
namespace {

constexpr int kOrphanPollMs = 20;
constexpr int kKilledWithinMs = 5'000;

bool HasWord(const std::filesystem::path& process, const std::string& word) {
  std::ifstream words(process / "cmdline", std::ios::binary);
  for (std::string each; std::getline(words, each, '\0');) {
    if (each == word) return true;
  }
  return false;
}

bool IsOurs(const std::filesystem::path& process) {
  struct stat found {};
  return stat(process.c_str(), &found) == 0 && found.st_uid == geteuid();
}

// Of the system calls, because sys/pidfd.h of glibc 2.36 does not work in C++. A handle of a
// process never means another one, unlike its number.
int OpenProcess(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

void SignalProcess(int pidfd, int signal) {
  syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

bool EndsWithin(int pidfd, int patience_ms) {
  pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
  return poll(&ended, 1, patience_ms) > 0;
}

}  // namespace

std::optional<pid_t> FindProcessWith(const std::string& argument) {
  std::error_code ignored;  // without /proc nothing is found
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid) || pid == getpid()) continue;
    if (IsOurs(entry.path()) && HasWord(entry.path(), argument)) return pid;
  }
  return std::nullopt;
}

void EndProcess(pid_t pid, absl::Duration patience, const std::function<bool()>& interrupted) {
  const int pidfd = OpenProcess(pid);
  if (pidfd < 0) return;  // it has ended
  const absl::Cleanup close_pidfd = [pidfd] { close(pidfd); };
  const absl::Duration deadline = SteadyNow() + patience;
  while (SteadyNow() < deadline) {
    if (EndsWithin(pidfd, kOrphanPollMs) || interrupted()) return;
  }
  SignalProcess(pidfd, SIGKILL);
  EndsWithin(pidfd, kKilledWithinMs);
}

}  // namespace canvass::cli
