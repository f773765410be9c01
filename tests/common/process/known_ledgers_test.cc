#include "common/process/known_ledgers.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class KnownLedgersTest : public ::testing::Test {
 protected:
  KnownLedgers Reopen() const {
    auto known = KnownLedgers::Open(file_);
    EXPECT_EQ(known.status(), absl::OkStatus());
    return *std::move(known);
  }

  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.File("roots");
  const KnownLedger first_{.ledger_id = "ledger-1", .sequence = 7, .hash = std::string(64, 'a')};
  const KnownLedger second_{.sequence = 1, .hash = std::string(64, '0')};
};

TEST_F(KnownLedgersTest, KnowsNothingWithoutAFile) { EXPECT_THAT(Reopen().all(), IsEmpty()); }

TEST_F(KnownLedgersTest, KeepsWhatWasSaved) {
  KnownLedgers known = Reopen();
  known.Set("e-1", first_);
  known.Set("e-2", second_);
  ASSERT_EQ(known.Save(), absl::OkStatus());
  known.Set("e-3", first_);  // not saved
  EXPECT_THAT(Reopen().all(), ElementsAre(Pair("e-1", first_), Pair("e-2", second_)));
  known.Set("e-1", second_);
  ASSERT_EQ(known.Save(), absl::OkStatus());
  EXPECT_THAT(Reopen().all(),
              ElementsAre(Pair("e-1", second_), Pair("e-2", second_), Pair("e-3", first_)));
}

TEST_F(KnownLedgersTest, RefusesAFileThatIsDamaged) {
  KnownLedgers known = Reopen();
  known.Set("e-1", first_);
  ASSERT_EQ(known.Save(), absl::OkStatus());
  std::ifstream in(file_);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file_, std::ios::trunc) << whole.substr(0, size);
    const auto cut = KnownLedgers::Open(file_);
    if (cut.ok()) {
      EXPECT_THAT(cut->all(), IsEmpty()) << "only the first line is left";
      continue;
    }
    EXPECT_EQ(DetailOf(cut.status()).reason, "DATA_FOLDER_UNUSABLE");
    EXPECT_THAT(std::string(cut.status().message()), HasSubstr(file_));
  }
  std::ofstream(file_, std::ios::trunc)
      << whole << "e-1 ledger-1 7 " << std::string(64, 'a') << "\n";
  EXPECT_FALSE(KnownLedgers::Open(file_).ok()) << "an election twice";
}

TEST_F(KnownLedgersTest, NeedsItsFolder) {
  const auto known = KnownLedgers::Open(folder_.File("nowhere/roots"));
  EXPECT_EQ(DetailOf(known.status()).reason, "DATA_FOLDER_UNUSABLE");
  KnownLedgers lost = Reopen();
  std::filesystem::create_directory(file_ + ".new");
  lost.Set("e-1", first_);
  EXPECT_EQ(DetailOf(lost.Save()).reason, "DATA_FOLDER_UNUSABLE");
}

}  // namespace
}  // namespace canvass::process
