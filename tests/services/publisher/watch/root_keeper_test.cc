#include "services/publisher/watch/root_keeper.h"

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/process/known_ledgers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/board/result_board.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace canvass::publisher {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;

// A steady clock that a test moves.
class SteppedSteadyClock final : public SteadyClock {
 public:
  absl::Duration Now() const override { return now; }
  absl::Duration now = absl::Hours(1);
};

class RootKeeperTest : public ::testing::Test {
 protected:
  process::KnownLedgerMap Stored() const { return process::KnownLedgers::Open(file_)->all(); }

  void Feed() {
    for (const auto& message : script_.Step()) ASSERT_TRUE(board_.Take(message).ok());
  }

  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.File("roots");
  testing::ManualClock clock_;
  SteppedSteadyClock steady_clock_;
  ResultBoard board_{clock_};
  LedgerScript script_;
  RootKeeper keeper_{*process::KnownLedgers::Open(file_), board_, steady_clock_};
};

TEST_F(RootKeeperTest, KeepsTheLastRootOnceASecond) {
  keeper_.KeepIfDue();
  EXPECT_THAT(Stored(), IsEmpty());
  Feed();
  keeper_.KeepIfDue();
  EXPECT_THAT(Stored(), IsEmpty()) << "a second has not passed";
  steady_clock_.now += RootKeeper::kSaveEvery;
  keeper_.KeepIfDue();
  const aggregator::v1::LedgerPosition position = board_.Positions().front();
  const process::KnownLedger expected{
      .ledger_id = LedgerScript::kLedgerId, .sequence = 2, .hash = position.root_hash()};
  EXPECT_EQ(Stored(), (process::KnownLedgerMap{{"e-1", expected}}));
  script_.Report("n-1", {60, 30, 6});
  Feed();
  keeper_.Keep();
  EXPECT_EQ(Stored().at("e-1").sequence, 3);
}

TEST_F(RootKeeperTest, ForgetsNoElectionThatItHasNotSeenAgainYet) {
  process::KnownLedgers known = *process::KnownLedgers::Open(file_);
  known.Set("e-0", {.ledger_id = "ledger-1", .sequence = 5, .hash = std::string(64, 'a')});
  ASSERT_EQ(known.Save(), absl::OkStatus());
  RootKeeper keeper(*process::KnownLedgers::Open(file_), board_, steady_clock_);
  Feed();
  keeper.Keep();
  EXPECT_THAT(Stored(), SizeIs(2));
  EXPECT_THAT(Stored(), Contains(Key("e-0")));
}

TEST_F(RootKeeperTest, KeepsNothingOfALedgerThatHasDiverged) {
  Feed();
  keeper_.Keep();
  script_.Report("n-1", {60, 30, 6});
  Feed();
  board_.MarkDiverged();
  keeper_.Keep();
  EXPECT_EQ(Stored().at("e-1").sequence, 2);
}

TEST_F(RootKeeperTest, TriesAgainWhatCouldNotBeSaved) {
  Feed();
  std::filesystem::create_directory(file_ + ".new");
  keeper_.Keep();
  EXPECT_THAT(Stored(), IsEmpty());
  std::filesystem::remove(file_ + ".new");
  keeper_.Keep();
  EXPECT_EQ(Stored().at("e-1").sequence, 2);
}

}  // namespace
}  // namespace canvass::publisher
