#include "common/process/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/process/child_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::process {
namespace {

using ::canvass::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65'534;

std::string Content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Fill(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777U;
}

class FolderTest : public ::testing::Test {
 protected:
  Folder Opened() const {
    auto folder = Folder::Open(scratch_.path());
    EXPECT_EQ(folder.status(), absl::OkStatus());
    return *std::move(folder);
  }

  static void ExpectUnusable(const absl::Status& status, const std::string& message) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(DetailOf(status).reason, "DATA_FOLDER_UNUSABLE");
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }

  std::string secret() const { return elsewhere_.File("secret"); }

  TemporaryFolder scratch_;
  TemporaryFolder elsewhere_;
};

TEST_F(FolderTest, WhatIsWrittenIsReadAndForItsOwnerAlone) {
  const mode_t umask_before = umask(0);
  const Folder folder = Opened();
  EXPECT_EQ(folder.Write("note", "one"), absl::OkStatus());
  EXPECT_EQ(folder.Write("note", "two"), absl::OkStatus());
  umask(umask_before);
  EXPECT_EQ(folder.Read("note", 100).value(), "two");
  EXPECT_EQ(ModeOf(scratch_.File("note")), 0600U);
  EXPECT_FALSE(folder.Has("note.new"));
  EXPECT_EQ(folder.Read("missing", 100).value(), "");
}

TEST_F(FolderTest, ReadsTheEndOfWhatFollowsAPlace) {
  Fill(scratch_.File("log"), "0123456789");
  const Folder folder = Opened();
  EXPECT_EQ(folder.Read("log", 4).value(), "6789");
  EXPECT_EQ(folder.Read("log", 4, 8).value(), "89");
  EXPECT_EQ(folder.Read("log", 4, 50).value(), "");
}

TEST_F(FolderTest, WritingReplacesALinkAndLeavesItsTargetAlone) {
  Fill(secret(), "root's");
  const Folder folder = Opened();
  for (const char* name : {"note", "note.new"}) {
    std::filesystem::create_symlink(secret(), scratch_.File(name));
    EXPECT_EQ(folder.Write("note", "ours"), absl::OkStatus());
    EXPECT_EQ(Content(secret()), "root's");
    EXPECT_EQ(Content(scratch_.File("note")), "ours");
    std::filesystem::remove(scratch_.File("note"));
  }
}

TEST_F(FolderTest, NothingIsReadOrLoggedThroughALink) {
  Fill(secret(), "root's");
  const Folder folder = Opened();
  std::filesystem::create_symlink(secret(), scratch_.File("link"));
  ExpectUnusable(folder.Read("link", 100).status(), "is a symbolic link");
  ExpectUnusable(folder.OpenLog("link").status(), scratch_.File("link") + " is a symbolic link");
  std::filesystem::create_hard_link(secret(), scratch_.File("twin"));
  ExpectUnusable(folder.Read("twin", 100).status(), "has 2 names");
  ExpectUnusable(folder.OpenLog("twin").status(), "has 2 names");
  EXPECT_EQ(Content(secret()), "root's");
}

TEST_F(FolderTest, APipeInTheWayKeepsNobody) {
  ASSERT_EQ(mkfifo(scratch_.File("pipe").c_str(), 0600), 0);
  const Folder folder = Opened();
  ExpectUnusable(folder.Read("pipe", 100).status(), "is not a regular file");
  ExpectUnusable(folder.OpenLog("pipe").status(), "Cannot open");
}

TEST_F(FolderTest, ALogBecomesPrivateAndIsPutAsideWhenItIsLarge) {
  const std::string file = scratch_.File("a.log");
  Fill(file, "before\n");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  const Folder folder = Opened();
  auto log = folder.OpenLog("a.log");
  ASSERT_EQ(log.status(), absl::OkStatus());
  EXPECT_EQ(write(*log, "after\n", 6), 6);
  close(*log);
  EXPECT_EQ(Content(file), "before\nafter\n");
  EXPECT_EQ(ModeOf(file), 0600U);
  std::filesystem::resize_file(file, (16U << 20U) + 1);
  log = folder.OpenLog("a.log");
  ASSERT_EQ(log.status(), absl::OkStatus());
  close(*log);
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
  EXPECT_EQ(std::filesystem::file_size(file + ".1"), (16U << 20U) + 1);
}

TEST_F(FolderTest, APrivateFolderIsMadeWithThoseAboveIt) {
  const mode_t umask_before = umask(0);
  const std::string path = scratch_.File("a/b");
  EXPECT_EQ(Folder::MakePrivate(path).status(), absl::OkStatus());
  EXPECT_EQ(Folder::MakePrivate(path).status(), absl::OkStatus());
  umask(umask_before);
  EXPECT_EQ(ModeOf(path), 0700U);
  EXPECT_EQ(ModeOf(scratch_.File("a")), 0700U);
}

TEST_F(FolderTest, AFolderToWhichOthersMayWriteIsRefused) {
  ASSERT_EQ(chmod(scratch_.path().c_str(), 01777), 0);
  ExpectUnusable(Folder::MakePrivate(scratch_.path()).status(), "(mode 1777)");
  EXPECT_EQ(ModeOf(scratch_.path()), 01777U);
}

TEST_F(FolderTest, AFileInThePlaceOfTheFolderIsNamed) {
  Fill(scratch_.File("a"), "");
  ExpectUnusable(Folder::MakePrivate(scratch_.File("a")).status(), scratch_.File("a"));
  ExpectUnusable(Folder::MakePrivate(scratch_.File("a/b")).status(), scratch_.File("a/b"));
}

TEST_F(FolderTest, AnotherUserMayEnterAndNotList) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const OsUser user{.name = "nobody", .uid = kNobody, .gid = kNobody};
  const std::string path = scratch_.File("a/b");
  ASSERT_EQ(Folder::MakePrivate(path, user).status(), absl::OkStatus());
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0710U);
  EXPECT_EQ(found.st_uid, 0U);
  EXPECT_EQ(found.st_gid, kNobody);
  EXPECT_EQ(ModeOf(scratch_.File("a")), 0711U);
}

TEST_F(FolderTest, WhatRootWritesThereBelongsToTheFoldersOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chown(scratch_.path().c_str(), kNobody, kNobody), 0);
  const Folder folder = Opened();
  ASSERT_EQ(folder.Write("note", "text"), absl::OkStatus());
  struct stat found {};
  ASSERT_EQ(stat(scratch_.File("note").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, kNobody);
  Fill(scratch_.File("somebody's"), "text");
  ASSERT_EQ(chown(scratch_.File("somebody's").c_str(), 12'345, 12'345), 0);
  ExpectUnusable(folder.Read("somebody's", 100).status(), "belongs to user 12345");
}

// A volume of Kubernetes is root's, and open to the group of those who use it.
TEST_F(FolderTest, WhatOthersWriteToAFolderOfRootIsTheirs) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_EQ(chown(scratch_.path().c_str(), 0, kNobody), 0);
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0777), 0);
  const Folder folder = Opened();
  ASSERT_EQ(seteuid(kNobody), 0);
  const absl::Status first = folder.Write("note", "text");
  const absl::Status second = folder.Write("note", "another");
  const auto text = folder.Read("note", 100);
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_EQ(first, absl::OkStatus());
  EXPECT_EQ(second, absl::OkStatus());
  ASSERT_EQ(text.status(), absl::OkStatus());
  EXPECT_EQ(*text, "another");
}

TEST_F(FolderTest, RootKeepsNothingWhereSomebodyElseCouldReplaceIt) {
  if (geteuid() != 0) GTEST_SKIP() << "the rule is for root";
  ASSERT_EQ(chown(scratch_.path().c_str(), kNobody, kNobody), 0);
  ExpectUnusable(Folder::MakePrivate(scratch_.path()).status(), "belongs to user nobody");
  ExpectUnusable(Folder::MakePrivate(scratch_.File("a/b")).status(),
                 "below " + scratch_.path() + ", which user nobody owns");
  EXPECT_FALSE(std::filesystem::exists(scratch_.File("a")));
  ASSERT_EQ(chown(scratch_.path().c_str(), 0, 0), 0);
  ASSERT_EQ(chmod(scratch_.path().c_str(), 0777), 0);
  ExpectUnusable(Folder::MakePrivate(scratch_.File("a")).status(), "(mode 0777)");
  ASSERT_EQ(chmod(scratch_.path().c_str(), 01777), 0);
  EXPECT_EQ(Folder::MakePrivate(scratch_.File("a")).status(), absl::OkStatus());
}

TEST(LastLinesTest, AreAtMostAsManyAsWanted) {
  EXPECT_EQ(LastLines("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(LastLines("a\nb\nc", 1), "c");
  EXPECT_EQ(LastLines("a\nb\n\n", 5), "a\nb");
  EXPECT_EQ(LastLines("\na", 5), "\na");
  EXPECT_EQ(LastLines("", 5), "");
}

}  // namespace
}  // namespace canvass::process
