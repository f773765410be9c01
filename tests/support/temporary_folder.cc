#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace canvass::testing {
namespace {

// Reads lines "+PATH" and "-PATH" until every writer has gone, and then removes the paths with a
// plus and without a minus. The programs that write there may take a moment to end.
constexpr char kSweeper[] = R"sh(
while read -r line; do
  case $line in
    +*) set -- "$@" "${line#+}" ;;
    -*) kept="$kept|${line#-}|" ;;
  esac
done
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  left=0
  for path in "$@"; do
    case $kept in *"|$path|"*) continue ;; esac
    rm -rf -- "$path" || left=1
  done
  [ "$left" = 0 ] && exit
  sleep 1
done
)sh";

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();
}

// Starts the sweeper in a session of its own, so that a signal to this process group does not reach
// it. Returns the end of the pipe that it reads from; no program that is started later inherits it.
int StartSweeper() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) Fail("pipe2");
  const pid_t child = fork();
  if (child < 0) Fail("fork");
  if (child == 0) {
    setsid();
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(ends[0], STDIN_FILENO);
    // Whoever waits for the end of this program's output must not wait for the sweeper.
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", kSweeper, nullptr);
    _exit(127);
  }
  close(ends[0]);
  return ends[1];
}

void TellSweeper(const std::string& line) {
  static const int kSweeperInput = StartSweeper();
  // Short enough to be written as a whole.
  if (write(kSweeperInput, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    Fail("write");
  }
}

}  // namespace

void RemoveAtEnd(const std::string& path) { TellSweeper("+" + path + "\n"); }

TemporaryFolder::TemporaryFolder() : path_(::testing::TempDir() + "canvass-XXXXXX") {
  constexpr mode_t kEnteredByAll = 0755;
  if (mkdtemp(path_.data()) == nullptr || chmod(path_.c_str(), kEnteredByAll) != 0) {
    Fail(path_.c_str());
  }
  RemoveAtEnd(path_);
}

void TemporaryFolder::Keep() {
  kept_ = true;
  TellSweeper("-" + path_ + "\n");
}

TemporaryFolder::~TemporaryFolder() {
  if (kept_) return;
  std::error_code ignored;  // the sweeper tries again
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace canvass::testing
