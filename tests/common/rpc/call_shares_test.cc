#include "common/rpc/call_shares.h"

#include <deque>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class CallSharesTest : public ::testing::Test {
 protected:
  absl::Status Enter(CallShares& shares, const char* caller) {
    return shares.Enter(caller, reason::kTooManyLists, absl::Milliseconds(500),
                        places_.emplace_back());
  }

  CallShares eight_{8};
  CallShares two_{2};
  std::deque<CallPlace> places_;  // go first
};

// Of eight places the first caller has four, the second two, the third one.
TEST_F(CallSharesTest, ACallerMayHaveAsManyAsItLeavesFree) {
  CallShares& shares = eight_;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Enter(shares, "first").ok());
  EXPECT_FALSE(Enter(shares, "first").ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Enter(shares, "second").ok());
  EXPECT_FALSE(Enter(shares, "second").ok());
  EXPECT_TRUE(Enter(shares, "third").ok());
  const absl::Status full = Enter(shares, "third");
  EXPECT_EQ(DetailOf(full).reason, "TOO_MANY_LISTS");
  EXPECT_EQ(DetailOf(full).retry_after_ms, 500);
  EXPECT_THAT(DetailOf(full).metadata, Contains(Pair("calls", "7")));
  EXPECT_THAT(DetailOf(full).metadata, Contains(Pair("calls_of_caller", "1")));
}

TEST_F(CallSharesTest, APlaceThatIsLeftIsFree) {
  CallShares& shares = two_;
  EXPECT_TRUE(Enter(shares, "first").ok());
  EXPECT_FALSE(Enter(shares, "first").ok());
  places_.front().Leave();
  EXPECT_TRUE(Enter(shares, "first").ok());
}

}  // namespace
}  // namespace canvass::rpc
