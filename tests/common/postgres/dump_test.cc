#include "common/postgres/dump.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <string>

#include "absl/cleanup/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/postgres/installation.h"
#include "common/postgres/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_database.h"

namespace canvass::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DumpTest : public ::testing::Test {
 protected:
  DumpTest() {
    const auto programs = FindDumpPrograms(kMajorVersionMin);
    EXPECT_TRUE(programs.ok()) << programs.status();
    programs_ = *programs;
    source_.Select("CREATE SCHEMA canvass; CREATE TABLE canvass.t (n integer)");
    source_.Select("INSERT INTO canvass.t VALUES (1), (2)");
  }

  absl::Status Dump(const std::string& file) const {
    const auto session = Session::Open({.connection = source_.superuser_connection()});
    EXPECT_TRUE(session.ok()) << session.status();
    EXPECT_EQ((*session)->Run("BEGIN ISOLATION LEVEL REPEATABLE READ"), absl::OkStatus());
    const auto snapshot = (*session)->QueryValue("SELECT pg_export_snapshot()");
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    source_.Select("INSERT INTO canvass.t VALUES (3)");  // after the snapshot
    return DumpSchema({programs_, source_.superuser_connection()}, *snapshot, file);
  }

  testing::TestDatabase source_;
  testing::TestDatabase target_;
  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.File("dump");
  std::string programs_;
};

TEST_F(DumpTest, RestoresWhatTheSnapshotSaw) {
  ASSERT_EQ(Dump(file_), absl::OkStatus());
  struct stat found {};
  ASSERT_EQ(stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ASSERT_EQ(RestoreSchema({programs_, target_.superuser_connection()}, file_), absl::OkStatus());
  EXPECT_THAT(target_.Select("SELECT n FROM canvass.t ORDER BY n"), ElementsAre("1", "2"));
  const absl::Status again = RestoreSchema({programs_, target_.superuser_connection()}, file_);
  EXPECT_EQ(DetailOf(again).reason, "PROCESS_FAILED");
  EXPECT_THAT(std::string(again.message()), HasSubstr("schema \"canvass\" already exists"));
}

// Only root can make such a disk.
TEST_F(DumpTest, AFullDiskIsNamed) {
  const std::string disk = folder_.File("disk");
  ASSERT_EQ(mkdir(disk.c_str(), 0700), 0);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=16k") != 0) {
    GTEST_SKIP() << "no disk can be mounted here";
  }
  const absl::Cleanup unmount = [&disk] { umount2(disk.c_str(), MNT_DETACH); };
  source_.Select(
      "INSERT INTO canvass.t SELECT (random() * 1e9)::integer FROM generate_series(1, 20000)");
  const absl::Status full = Dump(disk + "/dump");
  EXPECT_EQ(DetailOf(full).reason, "DISK_FULL") << full;
}

// The program gets it through its environment: a connection that needs none ignores it.
TEST_F(DumpTest, APasswordIsNotOnTheCommandLine) {
  const std::string connection = target_.superuser_connection();
  const absl::Status failed =
      RestoreSchema({"/bin", StrCat(connection, " password='se cret'")}, folder_.File("none"));
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(std::string(failed.message()).find("cret"), std::string::npos);
  ASSERT_EQ(Dump(file_), absl::OkStatus());
  EXPECT_EQ(RestoreSchema({programs_, StrCat(connection, " password='se cret'")}, file_),
            absl::OkStatus());
}

TEST_F(DumpTest, AConnectionStringThatCannotBeReadIsAnError) {
  const absl::Status failed = RestoreSchema({programs_, "host"}, file_);
  EXPECT_EQ(DetailOf(failed).reason, "DATABASE_ERROR");
  EXPECT_THAT(std::string(failed.message()), HasSubstr("missing \"=\" after \"host\""));
}

TEST(DumpProgramsTest, NewerProgramsThanThereAreAreNamed) {
  const auto found = FindDumpPrograms(999);
  EXPECT_EQ(DetailOf(found.status()).reason, "POSTGRES_VERSION");
  EXPECT_THAT(std::string(found.status().message()),
              HasSubstr("of PostgreSQL 999 or newer are needed, but this machine has "));
}

}  // namespace
}  // namespace canvass::postgres
