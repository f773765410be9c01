#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/patrol.h"
#include "tests/services/aggregator/writer/patrol_fixture.h"

namespace canvass::aggregator {
namespace {

class PatrolConcurrencyTest : public PatrolFixture {
 protected:
  // Until the patrol has found something, or nothing. (A status that is no OK may not be looked
  // into: absl counts its owners out of ThreadSanitizer's sight.)
  static void Await(const Patrol& patrol, bool found) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (patrol.Finding().ok() == found && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    EXPECT_NE(patrol.Finding().ok(), found);
  }
};

TEST_F(PatrolConcurrencyTest, ComparesAShortLedgerBeforeItBeginsAndALongOneAfterwards) {
  store_.DifferInAudits(true);
  for (const int entries_max : {2, 1}) {
    WriterOptions options;
    options.compared_first_max = entries_max;
    Patrol patrol(ledger_, committed_, options);
    EXPECT_EQ(patrol.Begin(), absl::OkStatus());
    EXPECT_EQ(patrol.Finding().ok(), entries_max == 1);
    std::thread thread([&patrol] { patrol.Run(); });
    Await(patrol, /*found=*/true);
    patrol.Stop();
    thread.join();
  }
}

TEST_F(PatrolConcurrencyTest, GoesRoundAgainAndAgain) {
  WriterOptions options;
  options.patrol_pause = absl::Milliseconds(1);
  Patrol patrol(ledger_, committed_, options);
  std::thread thread([&patrol] { patrol.Run(); });
  EXPECT_EQ(patrol.Begin(), absl::OkStatus());
  for (int i = 0; i < 3; ++i) {
    store_.DifferInAudits(true);
    Await(patrol, /*found=*/true);
    store_.DifferInAudits(false);
    Await(patrol, /*found=*/false);
  }
  patrol.Stop();
  thread.join();
}

TEST_F(PatrolConcurrencyTest, CanBeStoppedBeforeItHasBegunAndInAPause) {
  for (const bool begins : {false, true}) {
    Patrol patrol(ledger_, committed_, {});
    std::thread thread([&patrol] { patrol.Run(); });
    if (begins) {
      EXPECT_EQ(patrol.Begin(), absl::OkStatus());
    }
    patrol.Stop();
    thread.join();
  }
}

}  // namespace
}  // namespace canvass::aggregator
