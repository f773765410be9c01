#include "common/postgres/private_cluster.h"

#include <grp.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/postgres/data_folder.h"
#include "common/postgres/installation.h"
#include "common/process/child_process.h"
#include "common/process/folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_database.h"

namespace canvass::postgres {
namespace {

using ::canvass::testing::TemporaryFolder;
using ::canvass::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFolderVariable = "CANVASS_TEST_DATA_FOLDER";

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

std::vector<std::string> Select(const std::string& connection, const std::string& statement) {
  return TestDatabase::Select(connection, statement);
}

bool IsAlive(pid_t pid) { return kill(pid, 0) == 0; }

void WaitUntilDead(pid_t pid) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (IsAlive(pid)) {
    ASSERT_LT(absl::Now(), deadline) << pid;
    absl::SleepFor(absl::Milliseconds(5));
  }
}

// A cluster that was made and stopped: a copy is there in no time.
const std::string& MadeFolder() {
  static const TemporaryFolder kScratch;
  static const std::string kFolder = [] {
    std::string folder = kScratch.File("data");
    EXPECT_EQ(PrivateCluster::Start({.folder = folder}).status(), absl::OkStatus());
    return folder;
  }();
  return kFolder;
}

class PrivateClusterTest : public ::testing::Test {
 protected:
  // As if the cluster had run here before.
  void MakeFolder() const {
    const auto copied = process::RunProgram({"/bin/cp", "-a", MadeFolder(), folder()}, std::nullopt,
                                            absl::Minutes(1));
    ASSERT_EQ(copied.status(), absl::OkStatus());
  }

  absl::StatusOr<std::unique_ptr<PrivateCluster>> TryStart() {
    return PrivateCluster::Start({.folder = folder(), .start_timeout = absl::Seconds(30)});
  }

  std::unique_ptr<PrivateCluster> Start() {
    auto cluster = TryStart();
    EXPECT_EQ(cluster.status(), absl::OkStatus());
    return cluster.ok() ? *std::move(cluster) : nullptr;
  }

  // Expects the start to fail so.
  void ExpectRefusal(absl::StatusCode code, const std::string& reason, const std::string& message) {
    const auto cluster = TryStart();
    EXPECT_EQ(cluster.status().code(), code) << cluster.status();
    EXPECT_EQ(DetailOf(cluster.status()).reason, reason);
    EXPECT_THAT(std::string(cluster.status().message()), HasSubstr(message));
  }

  std::string folder() const { return scratch_.File("data"); }

  TemporaryFolder scratch_;
};

TEST_F(PrivateClusterTest, IsDurableAndReachedOnlyThroughItsSocket) {
  const auto cluster = Start();
  const std::string connection = cluster->superuser_connection();
  EXPECT_THAT(Select(connection,
                     "SELECT current_setting('fsync'), "
                     "current_setting('full_page_writes'), "
                     "current_setting('synchronous_commit'), "
                     "current_setting('data_checksums')"),
              ElementsAre("on|on|on|on"));
  EXPECT_THAT(Select(connection, "SHOW listen_addresses"), ElementsAre(""));
  EXPECT_THAT(Select(connection, "SHOW server_encoding"), ElementsAre("UTF8"));
  EXPECT_THAT(Select(connection, "SHOW lc_collate"), ElementsAre("C"));
  EXPECT_THAT(
      Select(connection, "SELECT pg_size_bytes(current_setting('max_wal_size')) >= 4::int8 << 30"),
      ElementsAre("t"));
  const std::string socket_folder = Select(connection, "SHOW unix_socket_directories").at(0);
  struct stat found {};
  ASSERT_EQ(stat(socket_folder.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  ASSERT_EQ(stat(folder().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  EXPECT_NE(found.st_uid, 0U);  // of the server's process too: it refuses anything else
}

TEST_F(PrivateClusterTest, EachRoleHasItsPlace) {
  MakeFolder();
  const auto cluster = Start();
  ASSERT_EQ(cluster->CreateDatabase(), absl::OkStatus());
  ASSERT_EQ(cluster->CreateDatabase(), absl::OkStatus());  // once more changes nothing
  EXPECT_THAT(Select(cluster->owner_connection(), "CREATE SCHEMA canvass"), IsEmpty());
  EXPECT_THAT(Select(cluster->writer_connection(), "SELECT current_user, current_database()"),
              ElementsAre("canvass_writer|canvass"));
  EXPECT_THAT(Select(cluster->reader_connection(), "SELECT current_user"),
              ElementsAre("canvass_reader"));
  EXPECT_THAT(Select(cluster->writer_connection(), "CREATE SCHEMA mine"),
              ElementsAre(HasSubstr("permission denied")));
}

TEST_F(PrivateClusterTest, KeepsItsContentsAndItsAddressOverARestart) {
  MakeFolder();
  auto cluster = Start();
  const std::string connection = cluster->superuser_connection();
  Select(connection, "CREATE TABLE t AS SELECT 7 AS a");
  const pid_t pid = cluster->pid();
  cluster.reset();
  EXPECT_FALSE(IsAlive(pid));
  cluster = Start();
  EXPECT_EQ(cluster->superuser_connection(), connection);
  EXPECT_THAT(Select(connection, "SELECT a FROM t"), ElementsAre("7"));
}

TEST_F(PrivateClusterTest, RecoversAfterTheServerWasKilled) {
  MakeFolder();
  auto cluster = Start();
  EXPECT_EQ(cluster->Check(), absl::OkStatus());
  Select(cluster->superuser_connection(), "CREATE TABLE t AS SELECT 7 AS a");
  kill(cluster->pid(), SIGKILL);
  WaitUntilDead(cluster->pid());
  const absl::Status status = cluster->Check();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "POSTGRES_ENDED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("killed by signal 9"));
  cluster.reset();
  cluster = Start();
  EXPECT_THAT(Select(cluster->superuser_connection(), "SELECT a FROM t"), ElementsAre("7"));
}

TEST_F(PrivateClusterTest, OneProcessAtATime) {
  MakeFolder();
  const auto cluster = Start();
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE",
                StrCat("process ", getpid()));
}

TEST_F(PrivateClusterTest, LeavesAServerAloneThatSomebodyElseStarted) {
  MakeFolder();
  const auto installation = FindInstallation("", std::nullopt);
  ASSERT_EQ(installation.status(), absl::OkStatus());
  const auto other = process::ChildProcess::Start(
      {.arguments = {installation->program_folder + "/postgres", "-D", folder(), "-c",
                     "listen_addresses=", "-c", "unix_socket_directories=" + folder()},
       .user = *FindServerUser(),
       .output_fd = STDERR_FILENO,
       .signal_when_orphaned = SIGQUIT});
  ASSERT_EQ(other.status(), absl::OkStatus());
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!std::filesystem::exists(folder() + "/postmaster.pid")) {
    ASSERT_LT(absl::Now(), deadline);
    absl::SleepFor(absl::Milliseconds(5));
  }
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE",
                StrCat("process ", (*other)->pid()));
  (*other)->Signal(SIGINT);
  EXPECT_TRUE((*other)->WaitForEnd(absl::Seconds(20)));
}

TEST_F(PrivateClusterTest, ANoteThatNamesAnotherProgramsProcessIsNoObstacle) {
  MakeFolder();
  WriteFile(folder() + "/postmaster.pid", StrCat(getpid(), "\n", folder(), "\n"));
  EXPECT_NE(Start(), nullptr);
}

TEST_F(PrivateClusterTest, AFolderThatACrashLeftHalfMadeIsMadeAnew) {
  std::filesystem::create_directories(folder() + ".new/base");
  WriteFile(folder() + ".new/PG_VERSION", "15\n");
  EXPECT_NE(Start(), nullptr);
}

TEST_F(PrivateClusterTest, AFolderOfAnotherVersionIsRefused) {
  MakeFolder();
  std::ofstream(folder() + "/PG_VERSION", std::ios::trunc) << "9\n";
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "POSTGRES_VERSION",
                "was made by PostgreSQL 9. PostgreSQL 9 is needed, but this machine has 1");
}

TEST_F(PrivateClusterTest, AFolderOfSomethingElseIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(folder());
  WriteFile(folder() + "/letter.txt", "Dear Sir");
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_UNUSABLE", "is not empty");
  EXPECT_TRUE(std::filesystem::exists(folder() + "/letter.txt"));
}

TEST_F(PrivateClusterTest, AFolderOfSomebodyElseIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  std::filesystem::create_directories(folder());
  WriteFile(folder() + "/PG_VERSION", "15\n");
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_UNUSABLE",
                "belongs to user root");
}

TEST_F(PrivateClusterTest, AFolderBehindAClosedOneIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "the server runs as ourselves";
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0700), 0);
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_UNUSABLE",
                StrCat("has no access to ", scratch_.path(), " (mode 0700)"));
}

// In a child process, which has exit code 0 if all went well.
[[noreturn]] void StartAs(uid_t user, const std::string& folder) {
  const bool became = setgroups(0, nullptr) == 0 && setgid(user) == 0 && setuid(user) == 0;
  if (!became) _exit(1);
  const auto cluster = PrivateCluster::Start({.folder = folder});
  if (!cluster.ok()) std::cerr << cluster.status() << std::endl;
  const bool runs =
      cluster.ok() && Select((*cluster)->superuser_connection(), "SELECT 1").size() == 1;
  if (cluster.ok()) (*cluster)->Stop();
  _exit(runs ? 0 : 2);
}

TEST_F(PrivateClusterTest, RunsAsWhoeverStartsIt) {
  if (geteuid() != 0) GTEST_SKIP() << "the tests above do so";
  constexpr uid_t kNobody = 65'534;
  ASSERT_EQ(chown(scratch_.path().c_str(), kNobody, kNobody), 0);
  EXPECT_EXIT(StartAs(kNobody, folder()), ::testing::ExitedWithCode(0), "");
}

TEST_F(PrivateClusterTest, AServerThatDoesNotStartIsQuoted) {
  MakeFolder();
  WriteFile(folder() + "/postgresql.conf", "no_such_setting = 1\n");
  ExpectRefusal(absl::StatusCode::kUnavailable, "POSTGRES_NOT_STARTED", "no_such_setting");
}

TEST_F(PrivateClusterTest, RootWritesThroughNoLinkOfTheServersUser) {
  MakeFolder();
  const TemporaryFolder elsewhere;
  const std::string secret = elsewhere.File("secret");
  WriteFile(secret, "root's");
  for (const char* name : {"/pg_hba.conf", "/pg_ident.conf"}) {
    std::filesystem::remove(folder() + name);
    std::filesystem::create_symlink(secret, folder() + name);
  }
  EXPECT_NE(Start(), nullptr);
  EXPECT_EQ(std::filesystem::file_size(secret), 6U);
  EXPECT_FALSE(std::filesystem::is_symlink(folder() + "/pg_hba.conf"));
  std::filesystem::remove(folder() + "/server.log");
  std::filesystem::create_symlink(secret, folder() + "/server.log");
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_UNUSABLE",
                folder() + "/server.log is a symbolic link");
  EXPECT_EQ(std::filesystem::file_size(secret), 6U);
}

TEST_F(PrivateClusterTest, AFolderBesideWhichOthersMayWriteIsRefused) {
  ASSERT_EQ(chmod(scratch_.path().c_str(), 01777), 0);
  ExpectRefusal(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_UNUSABLE",
                "Other users may write to the folder " + scratch_.path());
}

TEST_F(PrivateClusterTest, APathThatIsTooLongForASocketHasItInTmp) {
  const std::string above = scratch_.File(std::string(100, 'x'));
  const std::string folder = above + "/data";
  ASSERT_EQ(process::Folder::MakePrivate(above, *FindServerUser()).status(), absl::OkStatus());
  ASSERT_EQ(
      process::RunProgram({"/bin/cp", "-a", MadeFolder(), folder}, std::nullopt, absl::Minutes(1))
          .status(),
      absl::OkStatus());
  std::string connection;
  for (int round = 0; round < 2; ++round) {
    auto cluster = PrivateCluster::Start({.folder = folder});
    ASSERT_EQ(cluster.status(), absl::OkStatus());
    if (round == 0) connection = (*cluster)->superuser_connection();
    EXPECT_EQ((*cluster)->superuser_connection(), connection);
    EXPECT_THAT(Select(connection, "SELECT 1"), ElementsAre("1"));
  }
  const std::string socket_folder = std::filesystem::read_symlink(folder + ".socket");
  testing::RemoveAtEnd(socket_folder);
  // Somebody else has taken the name since.
  ASSERT_TRUE(std::filesystem::remove(socket_folder));
  WriteFile(socket_folder, "");
  const auto cluster = PrivateCluster::Start({.folder = folder});
  ASSERT_EQ(cluster.status(), absl::OkStatus());
  testing::RemoveAtEnd(std::filesystem::read_symlink(folder + ".socket"));
  EXPECT_NE((*cluster)->superuser_connection(), connection);
  EXPECT_THAT(Select((*cluster)->superuser_connection(), "SELECT 1"), ElementsAre("1"));
}

TEST_F(PrivateClusterTest, ADamagedClusterIsQuotedAtOnce) {
  for (const std::string damage : {"global/pg_control", "pg_wal", "global"}) {
    std::filesystem::remove_all(folder());
    MakeFolder();
    std::filesystem::remove_all(folder() + "/" + damage);
    const absl::Time began = absl::Now();
    ExpectRefusal(absl::StatusCode::kUnavailable, "POSTGRES_NOT_STARTED", damage);
    EXPECT_LT(absl::Now() - began, absl::Seconds(15)) << damage;
  }
}

// A file system of `size` at `path`, if one can be mounted here.
class SmallDisk {
 public:
  SmallDisk(const std::string& path, const std::string& size) : path_(path) {
    std::filesystem::create_directory(path);
    mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, ("mode=0711,size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  bool mounted_;
};

TEST_F(PrivateClusterTest, AFullDiskIsNamedAtOnce) {
  const std::string disk = scratch_.File("disk");
  const SmallDisk small(disk, "80m");
  if (!small.mounted()) GTEST_SKIP() << "no small file system can be mounted here";
  const std::string folder = disk + "/data";
  const auto expect_full = [&folder](const std::string& message) {
    const auto cluster = PrivateCluster::Start({.folder = folder});
    EXPECT_EQ(DetailOf(cluster.status()).reason, "DISK_FULL") << cluster.status();
    EXPECT_THAT(std::string(cluster.status().message()), HasSubstr(message));
  };
  expect_full("The disk of " + disk + " is full: 79 MiB are free, and PostgreSQL needs 96 MiB");
  // A cluster that exists fits, until something else takes the room.
  ASSERT_EQ(
      process::RunProgram({"/bin/cp", "-a", MadeFolder(), folder}, std::nullopt, absl::Minutes(1))
          .status(),
      absl::OkStatus());
  const std::string ballast = disk + "/ballast";
  WriteFile(ballast, std::string(std::filesystem::space(disk).available - (20U << 20U), 'x'));
  expect_full("The disk of " + folder + " is full: ");
  std::filesystem::remove(ballast);
  EXPECT_EQ(PrivateCluster::Start({.folder = folder}).status(), absl::OkStatus());
}

TEST_F(PrivateClusterTest, AMissingInstallationIsNamed) {
  const auto cluster =
      PrivateCluster::Start({.folder = folder(), .program_folder = scratch_.path()});
  EXPECT_EQ(cluster.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(cluster.status()).reason, "POSTGRES_NOT_FOUND");
  EXPECT_THAT(std::string(cluster.status().message()), HasSubstr(scratch_.path()));
}

// The program of the test below.
TEST_F(PrivateClusterTest, DISABLED_RunsUntilItIsKilled) {
  const std::string folder = std::getenv(kFolderVariable);
  const auto cluster = PrivateCluster::Start({.folder = folder});
  ASSERT_EQ(cluster.status(), absl::OkStatus());
  WriteFile(folder + ".pid", StrCat((*cluster)->pid(), "\n"));
  absl::SleepFor(absl::Minutes(5));
}

TEST_F(PrivateClusterTest, TheServerDoesNotOutliveAKilledProcess) {
  MakeFolder();
  setenv(kFolderVariable, folder().c_str(), 1);
  const auto process = process::ChildProcess::Start(
      {.arguments = {std::filesystem::read_symlink("/proc/self/exe").string(),
                     "--gtest_also_run_disabled_tests",
                     "--gtest_filter=PrivateClusterTest.DISABLED_RunsUntilItIsKilled"},
       .output_fd = STDERR_FILENO,
       .signal_when_orphaned = SIGKILL});
  ASSERT_EQ(process.status(), absl::OkStatus());
  int pid = 0;
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (pid == 0) {
    ASSERT_LT(absl::Now(), deadline);
    absl::SleepFor(absl::Milliseconds(10));
    std::ifstream(folder() + ".pid") >> pid;
  }
  ASSERT_TRUE(IsAlive(pid));
  (*process)->Signal(SIGKILL);
  EXPECT_TRUE((*process)->WaitForEnd(absl::Seconds(20)));
  // Shutting down at this moment, most likely; the start waits for that.
  EXPECT_NE(Start(), nullptr);
  WaitUntilDead(pid);
}

}  // namespace
}  // namespace canvass::postgres
