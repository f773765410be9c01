#include "services/aggregator/writer/patrol.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer/patrol_fixture.h"
#include "tests/support/memory_ledger_store.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

class PatrolTest : public PatrolFixture {
 protected:
  static absl::Status GoRound(Patrol& patrol) {
    return patrol.Round([] { return absl::OkStatus(); });
  }

  static std::string Found(const Patrol& patrol) { return DetailOf(patrol.Finding()).reason; }
};

TEST_F(PatrolTest, FindsWhatWasChangedAndThatItWasMended) {
  Patrol patrol(ledger_, committed_, {});
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
  const std::string bytes = store_.Damage("e-1", 1);
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(Found(patrol), "ROW_DIFFERS");
  store_.Mend("e-1", 1, bytes);
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
  store_.Delete("e-1", 1);
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(Found(patrol), "ROW_DIFFERS");
}

TEST_F(PatrolTest, ARoundThatDoesNotEndChangesNothing) {
  Patrol patrol(ledger_, committed_, {});
  store_.DifferInAudits(true);
  const auto stop = [] { return absl::CancelledError("stopped"); };
  EXPECT_TRUE(absl::IsCancelled(patrol.Round(stop)));
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  store_.DifferInAudits(false);
  EXPECT_TRUE(absl::IsCancelled(patrol.Round(stop)));
  EXPECT_EQ(Found(patrol), "ROW_DIFFERS");
}

// A backup was restored, and the writer has not noticed yet.
TEST_F(PatrolTest, AnotherLedgerIsNotCompared) {
  Patrol patrol(ledger_, committed_, {});
  store_.DifferInAudits(true);
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(Found(patrol), "ROW_DIFFERS");
  store_.Restore("e-1", 1);
  EXPECT_EQ(DetailOf(GoRound(patrol)).reason, "LEDGER_DIVERGED");
  EXPECT_EQ(patrol.Finding(), absl::OkStatus()) << "what was found is forgotten";
}

TEST_F(PatrolTest, ARoundIsGivenUpIfTheLedgersAreReadAnew) {
  Patrol patrol(ledger_, committed_, {});
  store_.DifferInAudits(true);
  bool restored = false;
  const absl::Status dropped = patrol.Round([&] {
    if (!std::exchange(restored, true)) {
      store_.Restore("e-1", 2);
      EXPECT_TRUE(ledger_.TakeLead().ok());
      EXPECT_TRUE(committed_.CatchUp(ledger_).ok());
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(restored);
  EXPECT_EQ(DetailOf(dropped).reason, "LEDGER_DIVERGED");
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
}

// What others have appended meanwhile is not known.
TEST_F(PatrolTest, KnowsNothingOfWhatIsNotHeldYet) {
  Patrol patrol(ledger_, committed_, {});
  election_->Submit(testing::ReportBuilder().Build());
  ASSERT_TRUE(ledger_.Append(election_.Next()).ok());
  store_.Damage("e-1", 3);
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
}

// A store that will be reachable again is told from one that does not let itself be compared.
TEST_F(PatrolTest, AStoreThatCannotBeComparedIsAFinding) {
  Patrol patrol(ledger_, committed_, {});
  ledger_.FailAudits(absl::UnavailableError("the connection broke"));
  EXPECT_TRUE(absl::IsUnavailable(GoRound(patrol)));
  EXPECT_TRUE(absl::IsUnavailable(patrol.Begin())) << "a short ledger is to be compared first";
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
  ledger_.FailAudits(absl::PermissionDeniedError("SELECT was revoked"));
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(Found(patrol), "ROW_DIFFERS");
  ledger_.FailAudits(absl::OkStatus());
  EXPECT_EQ(GoRound(patrol), absl::OkStatus());
  EXPECT_EQ(patrol.Finding(), absl::OkStatus());
}

// A part may name one that only the next entry of the same transaction defines.
TEST_F(PatrolTest, KnowsNothingOfADefinitionThatIsHalfRead) {
  testing::MemoryLedgerStore standby(store_);
  ASSERT_EQ(DetailOf(standby.TakeLead()).reason, "NOT_ACTIVE");
  CommittedLedgers followed;
  Patrol patrol(standby, followed, {});
  int rests = 0;
  const auto count_rests = [&rests] {
    ++rests;
    return absl::OkStatus();
  };
  int rounds = 0;
  standby.OnReplayed([&] {
    ++rounds;
    EXPECT_EQ(patrol.Round(count_rests), absl::OkStatus());
  });
  ASSERT_EQ(followed.Follow(standby), absl::OkStatus());
  EXPECT_EQ(rounds, 2);
  EXPECT_EQ(rests, 0) << "none of them is compared yet";
  EXPECT_EQ(patrol.Round(count_rests), absl::OkStatus());
  EXPECT_EQ(rests, 2);
}

TEST_F(PatrolTest, NothingGoesOnOnceItIsStopped) {
  Patrol patrol(ledger_, committed_, {});
  patrol.Stop();
  EXPECT_TRUE(absl::IsCancelled(patrol.Begin()));
  patrol.Run();
}

}  // namespace
}  // namespace canvass::aggregator
