#include "common/election/seal_check.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"

namespace canvass::election {
namespace {

const absl::Time kVisibleFrom = absl::FromUnixSeconds(1'707'350'000);

// A count with seals of source 1 in the entries 3 and 4.
class SealCheckTest : public ::testing::Test {
 protected:
  SealCheckTest() {
    const testing::CheckedLedger ledger(testing::DefinitionBuilder().WithSource(
        {.id = "poll", .kind = SourceKind::kExitPoll, .visible_from = kVisibleFrom}));
    for (const Entry& entry : ledger.entries()) count_.Apply(entry);
    for (const std::int64_t sequence : {3, 4}) {
      count_.Apply({.sequence = sequence,
                    .event = EmbargoSeal{.source_no = 1, .visible_from = kVisibleFrom}});
    }
  }

  std::string ReasonOf(const SealWithdrawalRequest& request) const {
    return DetailOf(CheckSealWithdrawal(count_, request).status()).reason;
  }

  Count count_;
};

TEST_F(SealCheckTest, AClosedSealMayBeWithdrawn) {
  const auto decision = CheckSealWithdrawal(
      count_, {.seal_sequence = 4, .reason = "a mistake", .documents = {{.uri = "file"}}});
  ASSERT_TRUE(decision.ok()) << decision.status();
  const auto& withdrawal = std::get<SealWithdrawal>(*decision->event);
  EXPECT_EQ(withdrawal.source_no, 1);
  EXPECT_EQ(withdrawal.seal_sequence, 4);
  EXPECT_EQ(withdrawal.reason, "a mistake");
  EXPECT_EQ(withdrawal.documents, std::vector<Document>{{.uri = "file"}});
}

TEST_F(SealCheckTest, RefusesWhatIsNoClosedSeal) {
  EXPECT_EQ(ReasonOf({.seal_sequence = 2, .reason = "a mistake"}), "SEAL_UNKNOWN");
  EXPECT_EQ(ReasonOf({.seal_sequence = -1, .reason = "a mistake"}), "SEAL_UNKNOWN");
  EXPECT_EQ(ReasonOf({.seal_sequence = 3}), "REASON_MISSING");
  EXPECT_EQ(ReasonOf({.seal_sequence = 3, .reason = std::string(3'000, 'x')}), "TEXT_INVALID");
}

TEST_F(SealCheckTest, TheSameWithdrawalHasTheSameAnswer) {
  count_.Apply(
      {.sequence = 5,
       .event = SealWithdrawal{.source_no = 1, .seal_sequence = 3, .reason = "a mistake"}});
  const auto again = CheckSealWithdrawal(count_, {.seal_sequence = 3, .reason = "a mistake"});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->standing_sequence, 5);
  EXPECT_EQ(ReasonOf({.seal_sequence = 3, .reason = "something else"}), "DECISION_SUPERSEDED");
}

TEST_F(SealCheckTest, ASourceIsSealedUntilItsSealsAreOpen) {
  const absl::Time before = kVisibleFrom - absl::Microseconds(1);
  EXPECT_FALSE(MustBeSealed(count_, 0, before));
  EXPECT_TRUE(MustBeSealed(count_, 1, before));
  EXPECT_TRUE(MustBeSealed(count_, 1, kVisibleFrom)) << "seals are closed";
  EXPECT_FALSE(MayBeOpened(count_.definition(), 1, before));
  EXPECT_TRUE(MayBeOpened(count_.definition(), 1, kVisibleFrom));
  for (const std::int64_t sequence : {3, 4}) {
    count_.Apply({.sequence = sequence + 2,
                  .event = SealWithdrawal{.source_no = 1, .seal_sequence = sequence}});
  }
  EXPECT_FALSE(MustBeSealed(count_, 1, kVisibleFrom));
  EXPECT_TRUE(MustBeSealed(count_, 1, before));
}

}  // namespace
}  // namespace canvass::election
