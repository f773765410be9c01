// `canvass up` as people start and stop it.
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/running_stack.h"

namespace canvass::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Processes whose command line names `text`.
std::set<pid_t> ProcessesNaming(const std::string& text) {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (line.find(text) != std::string::npos)
      found.insert(static_cast<pid_t>(std::stol(entry.path().filename())));
  }
  found.erase(getpid());
  return found;
}

std::string ReadFile(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> UpCommand(const std::string& folder,
                                   const std::vector<std::string>& more) {
  std::vector<std::string> words{ProgramFile("canvass"), "up", "--data", folder + "/data"};
  for (const char* service : {"reporter", "aggregator", "publisher"}) {
    words.insert(words.end(), {std::string("--") + service + "-listen", "127.0.0.1:0"});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Starts `canvass up` in the background and returns once it says that everything is up.
pid_t StartUp(const std::string& folder) {
  const std::vector<std::string> words = UpCommand(folder, {});
  std::filesystem::remove(folder + "/err");  // of a start before this one
  const pid_t pid = fork();
  if (pid == 0) {
    freopen((folder + "/err").c_str(), "w", stderr);
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(90);
  while (ReadFile(folder + "/err").find("Ctrl-C") == std::string::npos) {
    if (absl::Now() > deadline) {
      ADD_FAILURE() << ReadFile(folder + "/err");
      break;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  return pid;
}

void ExpectNoProcess(const std::string& folder) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!ProcessesNaming(folder).empty() && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(20));
  EXPECT_THAT(ProcessesNaming(folder), IsEmpty());
}

TEST(UpTest, CtrlCStopsEverythingAndASecondStartFindsTheData) {
  const std::string folder = NewFolder();
  for (int round = 0; round < 2; ++round) {
    const pid_t pid = StartUp(folder);
    EXPECT_GE(ProcessesNaming(folder).size(), 5U);
    kill(pid, SIGINT);
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    ExpectNoProcess(folder);
  }
  std::filesystem::remove_all(folder);
}

TEST(UpTest, KilledItLeavesNoOrphan) {
  const std::string folder = NewFolder();
  const pid_t pid = StartUp(folder);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  ExpectNoProcess(folder);
  std::filesystem::remove_all(folder);
}

TEST(UpTest, DemoOnceCountsTheElectionAndExits) {
  const std::string folder = NewFolder();
  const CommandOutcome first = RunCommand(UpCommand(folder, {"--demo", "az-2024", "--once"}));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("93.35"), HasSubstr("4 567 458"), HasSubstr("CERTIFIED")));
  const CommandOutcome second = RunCommand(UpCommand(folder, {"--demo", "az-2024", "--once"}));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, AllOf(HasSubstr("93.35"), HasSubstr("4 567 458")));
  ExpectNoProcess(folder);
  std::filesystem::remove_all(folder);
}

TEST(UpTest, FolderOfAnotherPostgresVersionIsNamed) {
  const std::string folder = NewFolder();
  ASSERT_EQ(RunCommand(UpCommand(folder, {"--demo", "az-2024", "--once"})).exit_code, 0);
  std::ofstream(folder + "/data/postgres/PG_VERSION") << "9\n";
  const CommandOutcome outcome = RunCommand(UpCommand(folder, {}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("POSTGRES_VERSION"), HasSubstr("9"), HasSubstr(folder)));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace canvass::testing
