#include "services/canvass/backup/backup_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kDump[] = "all that a database holds";

class BackupFolderTest : public ::testing::Test {
 protected:
  BackupFolderTest() {
    std::filesystem::create_directory(backup_);
    Write("ledger.dump", kDump);
    Write("manifest.json", ToJson({.canvass = "0.1.0",
                                   .schema_version = 7,
                                   .postgres_version = 15,
                                   .ledger_id = "ledger-1",
                                   .dump_bytes = sizeof(kDump) - 1,
                                   .dump_sha256 = ledger::ToHex(ledger::Sha256(kDump))}));
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(StrCat(backup_, "/", name)) << text;
  }

  std::pair<std::string, std::string> ErrorOfOpening() const {
    const auto opened = OpenBackup(backup_);
    return {DetailOf(opened.status()).reason, std::string(opened.status().message())};
  }

  testing::TemporaryFolder folder_;
  const std::string backup_ = folder_.File("backup");
};

TEST_F(BackupFolderTest, IsOpenedIfTheDumpIsWhatTheManifestSays) {
  const auto opened = OpenBackup(backup_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->ledger_id, "ledger-1");
  EXPECT_EQ(DumpFileOf(backup_ + "/"), backup_ + "/ledger.dump");
}

TEST_F(BackupFolderTest, ADumpThatWasCutOffIsFound) {
  Write("ledger.dump", "all that a");
  const auto [reason, message] = ErrorOfOpening();
  EXPECT_EQ(reason, "BACKUP_DAMAGED");
  EXPECT_THAT(message, HasSubstr("has 10 bytes, but the manifest says 25"));
}

TEST_F(BackupFolderTest, ADumpThatWasChangedIsFound) {
  Write("ledger.dump", "all that a database HOLDS");
  const auto [reason, message] = ErrorOfOpening();
  EXPECT_EQ(reason, "BACKUP_DAMAGED");
  EXPECT_THAT(message, HasSubstr("has the SHA-256 "));
}

TEST_F(BackupFolderTest, AFolderWithoutAManifestOrADumpIsNoBackup) {
  std::filesystem::remove(backup_ + "/ledger.dump");
  EXPECT_EQ(ErrorOfOpening().first, "BACKUP_UNUSABLE");
  std::filesystem::remove(backup_ + "/manifest.json");
  const auto [reason, message] = ErrorOfOpening();
  EXPECT_EQ(reason, "BACKUP_UNUSABLE");
  EXPECT_THAT(message, HasSubstr("is not a backup: it has no manifest.json"));
}

TEST_F(BackupFolderTest, NothingIsReplacedAndNothingHalfIsLeft) {
  const auto replaced = MakeBackup("host=/nowhere", backup_);
  EXPECT_EQ(DetailOf(replaced.status()).reason, "BACKUP_UNUSABLE");
  EXPECT_TRUE(OpenBackup(backup_).ok());

  const std::string other = folder_.File("other");
  EXPECT_EQ(DetailOf(MakeBackup("host=/nowhere", other).status()).reason, "DATABASE_UNAVAILABLE");
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_EQ(file.path().filename(), "backup") << "left behind";
  }
  const auto nowhere = MakeBackup("host=/nowhere", folder_.File("missing/backup"));
  EXPECT_EQ(DetailOf(nowhere.status()).reason, "BACKUP_UNUSABLE");
  EXPECT_THAT(std::string(nowhere.status().message()), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace canvass::cli
