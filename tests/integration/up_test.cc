// `canvass up` as people start and stop it.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/postgres/private_cluster.h"
#include "common/postgres/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/running_stack.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// Processes whose command line names `text`.
std::set<pid_t> ProcessesNaming(const std::string& text) {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    std::string line;
    std::getline(in, line);  // leaves it empty where the process has just ended
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
  const std::string data = folder + "/data";
  std::vector<std::string> words{ProgramFile("canvass"), "up", "--data", data};
  for (const char* service : {"reporter", "aggregator", "publisher"}) {
    words.insert(words.end(), {std::string("--") + service + "-listen", "127.0.0.1:0"});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Waits until `canvass up` has said `text`.
void AwaitMessage(const std::string& folder, const std::string& text) {
  const absl::Time deadline = absl::Now() + absl::Seconds(90);
  while (ReadFile(folder + "/err").find(text) == std::string::npos) {
    if (absl::Now() > deadline) {
      ADD_FAILURE() << ReadFile(folder + "/err");
      return;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

// Starts `canvass up` in the background and returns once it has said `awaited`.
pid_t StartUp(const std::string& folder, const std::vector<std::string>& more = {},
              const std::string& awaited = "Ctrl-C") {
  const std::vector<std::string> words = UpCommand(folder, more);
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
  AwaitMessage(folder, awaited);
  return pid;
}

// The one that plays the demo for `up`; 0 if there is none.
pid_t DemoOf(pid_t up) {
  for (const pid_t pid : ProcessesNaming("az-2024")) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    pid_t parent = 0;
    if (stat >> number >> name >> state >> parent && parent == up) return pid;
  }
  return 0;
}

void ExpectNoProcess(const std::string& folder) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!ProcessesNaming(folder).empty() && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(20));
  EXPECT_THAT(ProcessesNaming(folder), IsEmpty());
}

// Ends `canvass up` as Ctrl-C does.
void ExpectEnd(pid_t pid) {
  kill(pid, SIGINT);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(UpTest, CtrlCStopsEverythingAndASecondStartFindsTheData) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  for (int round = 0; round < 2; ++round) {
    const pid_t pid = StartUp(folder);
    EXPECT_GE(ProcessesNaming(folder).size(), 5U);
    ExpectEnd(pid);
    ExpectNoProcess(folder);
  }
}

TEST(UpTest, KilledItLeavesNoOrphan) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const pid_t pid = StartUp(folder);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  ExpectNoProcess(folder);
}

// Slow enough that the demo still runs when it is looked at.
const std::vector<std::string> kSlowDemo = {"--demo", "az-2024", "--speed", "100"};

TEST(UpTest, KilledItLeavesNoDemoBehind) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const pid_t pid = StartUp(folder, kSlowDemo, "Defined az-2024-presidential");
  const pid_t demo = DemoOf(pid);
  ASSERT_GT(demo, 0);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  ExpectNoProcess(folder);
  // Well before it gives up by itself, because the services are away.
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (ProcessesNaming("az-2024").contains(demo) && absl::Now() < deadline)
    absl::SleepFor(absl::Milliseconds(20));
  EXPECT_FALSE(ProcessesNaming("az-2024").contains(demo)) << "the demo still runs";
}

TEST(UpTest, ADemoThatFailsLeavesTheServicesUp) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const pid_t pid = StartUp(folder, kSlowDemo, "Defined az-2024-presidential");
  kill(DemoOf(pid), SIGKILL);
  AwaitMessage(folder, "Ctrl-C");
  EXPECT_THAT(ReadFile(folder + "/err"), HasSubstr("DEMO_FAILED"));
  EXPECT_GE(ProcessesNaming(folder).size(), 5U);
  ExpectEnd(pid);
  ExpectNoProcess(folder);
}

TEST(UpTest, DemoShowsADecisionThatWasMadeOnTheNightSince) {
  const RunningStack stack;
  const std::string election = "az-2024-presidential";
  ASSERT_EQ(stack.Canvass({"demo", "az-2024"}).exit_code, 0);
  const std::string stations =
      stack.Canvass({"stations", election, "--state", "counted", "-o", "csv"}).out;
  const std::size_t row = stations.find('\n') + 1;
  const std::string station = stations.substr(row, stations.find(',', row) - row);
  for (const std::vector<std::string>& decision : std::vector<std::vector<std::string>>{
           {"reopen", election, "--correction", "--reason", "Court"},
           {"annul", election, station, "--revision", "1", "--reason", "Court"},
           {"certify", election, "--read", "--elected", "ilham-aliyev", "--reason", "Court"}}) {
    const ProgramOutcome outcome = stack.Canvass(decision);
    ASSERT_EQ(outcome.exit_code, 0) << decision.front() << ": " << outcome.err;
  }
  const ProgramOutcome again = stack.Canvass({"demo", "az-2024"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err,
              HasSubstr("The result differs from the published one because of later decisions"));
  EXPECT_THAT(again.out, AllOf(HasSubstr("4 577 693"), HasSubstr("12 annulled")));
}

TEST(UpTest, AServiceThatDoesNotAnswerIsRestarted) {
  testing::RunningStack stack;
  const pid_t silent = stack->publisher_pid();
  ASSERT_EQ(kill(silent, SIGSTOP), 0);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (stack->publisher_pid() == silent && absl::Now() < deadline) {
    ASSERT_TRUE(stack->Supervise(/*silence_max=*/absl::Seconds(1)).ok());
  }
  EXPECT_NE(stack->publisher_pid(), silent);
  EXPECT_EQ(stack.Publisher("ListElections", "{}").exit_code, 0);
}

TEST(UpTest, AServiceThatCannotStartSaysWhyByItsOwnReason) {
  const RunningStack other;
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  std::vector<std::string> words = UpCommand(folder, {});
  words.back() = other->publisher_address();  // of --publisher-listen
  ProgramOutcome outcome = RunProgram(words);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("[ADDRESS_IN_USE]"), HasSubstr("canvass-publisher"),
                                 HasSubstr(other->publisher_address())));
  // The log of a run that went on for long is put aside.
  const std::string publisher_log = folder + "/data/log/canvass-publisher.log";
  std::filesystem::resize_file(publisher_log, (16U << 20U) + 1);
  outcome = RunProgram(words);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(std::filesystem::file_size(publisher_log + ".1"), (16U << 20U) + 1);
  EXPECT_LT(std::filesystem::file_size(publisher_log), 1U << 20U);
  // A log that cannot be written.
  std::filesystem::remove(publisher_log);
  std::filesystem::create_directory(publisher_log);
  outcome = RunProgram(UpCommand(folder, {}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("[DATA_FOLDER_UNUSABLE]"), HasSubstr(publisher_log)));
}

TEST(UpTest, WhatItKeepsIsForItsOwnerAlone) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const mode_t umask_before = umask(0);
  const pid_t pid = StartUp(folder);
  umask(umask_before);
  constexpr auto kOthers = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder + "/data")) {
    const std::string path = entry.path().string().substr(folder.size());
    seen.insert(path);
    if (path.starts_with("/data/postgres/")) continue;  // nobody else enters that folder
    if (entry.path().extension() == ".address") continue;
    EXPECT_EQ(entry.symlink_status().permissions() & kOthers, std::filesystem::perms::none) << path;
  }
  EXPECT_THAT(seen, IsSupersetOf({"/data/outbox.sqlite", "/data/outbox.sqlite-mark", "/data/log",
                                  "/data/log/canvass-publisher.log", "/data/run", "/data/postgres",
                                  "/data/postgres.socket", "/data/postgres.lock"}));
  const auto data = std::filesystem::status(folder + "/data").permissions();
  EXPECT_EQ(data & std::filesystem::perms::others_all, std::filesystem::perms::none);
  EXPECT_EQ(data & std::filesystem::perms::group_write, std::filesystem::perms::none);
  ExpectEnd(pid);
}

TEST(UpTest, WarnsOfWhatOthersCanDo) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  ASSERT_EQ(chmod(folder.c_str(), 0777), 0);  // so that it does not start
  const auto outcome_on = [&folder](const std::string& address) {
    return RunProgram({ProgramFile("canvass"), "up", "--data", folder, "--reporter-listen", address,
                       "--aggregator-listen", address});
  };
  const ProgramOutcome open = outcome_on("0.0.0.0:0");
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_THAT(open.err, AllOf(HasSubstr("WARNING: other machines can reach canvass-aggregator on "
                                        "0.0.0.0:0"),
                              HasSubstr("annul"), HasSubstr("canvass-station-reporter"),
                              Not(HasSubstr("canvass-publisher"))));
  EXPECT_THAT(open.err, AllOf(HasSubstr("[DATA_FOLDER_UNUSABLE]"), HasSubstr("mode 0777")));
  EXPECT_THAT(outcome_on("127.0.0.2:0").err, Not(HasSubstr("WARNING")));
}

TEST(UpTest, ASecondOneOverTheSameDataSaysSo) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const pid_t pid = StartUp(folder);
  const ProgramOutcome second = RunProgram(UpCommand(folder, {}));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, AllOf(HasSubstr("[DATA_FOLDER_IN_USE]"), HasSubstr(folder + "/data"),
                                HasSubstr("process " + std::to_string(pid)),
                                HasSubstr("another `canvass up`")));
  ExpectEnd(pid);
}

TEST(UpTest, AFrozenServiceOfAKilledOneDoesNotKeepTheNextFromStarting) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const pid_t pid = StartUp(folder);
  const std::set<pid_t> reporters = ProcessesNaming(folder + "/data/outbox.sqlite");
  ASSERT_EQ(reporters.size(), 1U);
  kill(*reporters.begin(), SIGSTOP);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  const pid_t next = StartUp(folder);
  EXPECT_THAT(ReadFile(folder + "/err"),
              HasSubstr("Waiting for canvass-station-reporter, process " +
                        std::to_string(*reporters.begin())));
  ExpectEnd(next);
}

TEST(UpTest, DamagedDataAreNamedAtOnce) {
  const TemporaryFolder temporary;
  const std::string data = temporary.path() + "/data";
  std::string file;
  {
    const RunningStack stack(data);
    const auto session = postgres::Session::Open(
        {.connection = stack->cluster().superuser_connection() + " dbname=canvass"});
    ASSERT_EQ(session.status(), absl::OkStatus());
    const auto rows = (*session)->Query("SELECT pg_relation_filepath('canvass.entries')");
    ASSERT_EQ(rows.status(), absl::OkStatus());
    file = rows->at(0).at(0).value_or("");
  }
  ASSERT_TRUE(std::filesystem::remove(data + "/postgres/" + file));
  const absl::Time began = absl::Now();
  const ProgramOutcome outcome = RunProgram(UpCommand(temporary.path(), {}));
  EXPECT_LT(absl::Now() - began, absl::Seconds(60));  // and not what a slow start is given
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("[DATABASE_CORRUPT]"), HasSubstr(file),
                                 HasSubstr("canvass-aggregator.log")));
}

// The clock of the whole machine was set to local time, four hours fast, and is right again.
TEST(UpTest, EntriesOfTheFutureAreNamedAtOnceAndCanBeAccepted) {
  const TemporaryFolder temporary;
  const std::string clock = temporary.File("clock.so");  // where PostgreSQL's user may read it
  std::filesystem::copy_file(CANVASS_BIN_DIR "/libjumping_clock.so", clock);
  const std::int64_t fast = absl::ToInt64Nanoseconds(absl::Hours(4));
  std::ofstream(temporary.File("offset"), std::ios::binary)
      .write(reinterpret_cast<const char*>(&fast), sizeof(fast));
  std::filesystem::permissions(temporary.path(), std::filesystem::perms(0755));
  std::vector<std::string> words{"env", "LD_PRELOAD=" + clock,
                                 "CANVASS_CLOCK_OFFSET_FILE=" + temporary.File("offset"),
                                 "ASAN_OPTIONS=verify_asan_link_order=0"};
  const auto demo = UpCommand(temporary.path(), {"--demo", "az-2024", "--once"});
  words.insert(words.end(), demo.begin(), demo.end());
  const ProgramOutcome fast_night = RunProgram(words);
  ASSERT_EQ(fast_night.exit_code, 0) << fast_night.err;

  const absl::Time began = absl::Now();
  const ProgramOutcome outcome = RunProgram(UpCommand(temporary.path(), {}));
  EXPECT_LT(absl::Now() - began, absl::Seconds(60));  // and not what a slow start is given
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("[CLOCK_IMPLAUSIBLE]"),
                                 HasSubstr("restart with --accept_future_entries")));
  ExpectEnd(StartUp(temporary.path(), {"--accept-future-entries"}));
}

TEST(UpTest, GoesOnByItselfWhenAFullDiskHasRoomAgain) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const std::string data = folder + "/data";
  std::filesystem::create_directory(data);
  if (mount("tmpfs", data.c_str(), "tmpfs", 0, "mode=0711,size=400m") != 0) {
    GTEST_SKIP() << "no small file system can be mounted here";
  }
  const absl::Cleanup unmount = [&data] { umount2(data.c_str(), MNT_DETACH); };
  const pid_t pid = StartUp(folder);
  AwaitMessage(folder, "MiB are free on the disk of " + data + "/postgres");
  const std::string ballast = data + "/ballast";
  const auto size = std::filesystem::space(data).available - (1U << 20U);
  std::ofstream(ballast) << std::string(size, 'x');
  AwaitMessage(folder, "The disk of " + data + "/postgres is full");
  int server = 0;
  std::ifstream(data + "/postgres/postmaster.pid") >> server;
  ASSERT_GT(server, 0);
  kill(server, SIGQUIT);
  AwaitMessage(folder, "PostgreSQL exited");
  AwaitMessage(folder, "canvass-aggregator does not serve");
  EXPECT_THAT(ReadFile(folder + "/err"), Not(HasSubstr("Restarting PostgreSQL")));
  std::filesystem::remove(ballast);
  AwaitMessage(folder, "are free again");
  AwaitMessage(folder, "Restarting PostgreSQL");
  AwaitMessage(folder, "canvass-aggregator serves again");
  ExpectEnd(pid);
}

TEST(UpTest, DemoOnceCountsTheElectionAndExits) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const ProgramOutcome first = RunProgram(UpCommand(folder, {"--demo", "az-2024", "--once"}));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("93.35"), HasSubstr("4 567 458"), HasSubstr("CERTIFIED")));
  const ProgramOutcome second = RunProgram(UpCommand(folder, {"--demo", "az-2024", "--once"}));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, AllOf(HasSubstr("93.35"), HasSubstr("4 567 458")));
  ExpectNoProcess(folder);
}

TEST(UpTest, FolderOfAnotherPostgresVersionIsNamed) {
  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  ASSERT_EQ(RunProgram(UpCommand(folder, {"--demo", "az-2024", "--once"})).exit_code, 0);
  std::ofstream(folder + "/data/postgres/PG_VERSION") << "9\n";
  const ProgramOutcome outcome = RunProgram(UpCommand(folder, {}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("POSTGRES_VERSION"), HasSubstr("9"), HasSubstr(folder)));
}

}  // namespace
}  // namespace canvass::testing
