#include "common/edge/pending_calls.h"

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace canvass::edge {
namespace {

class PendingCallsTest : public ::testing::Test {
 protected:
  // How many of `wanted` calls the owner may begin now.
  int Begin(PendingCalls::Owner& owner, int wanted) {
    int begun = 0;
    for (; begun < wanted && owner.MayBegin(now_); ++begun) calls_.push_back(owner.Begin(now_));
    return begun;
  }

  absl::Duration now_ = absl::Hours(1);
  PendingCalls pending_{/*shared_max=*/3};
  std::vector<std::uint64_t> calls_;
};

TEST_F(PendingCallsTest, WhoIsAloneHasAsManyAsItLikes) {
  const auto one = pending_.Of("one");
  EXPECT_EQ(Begin(*one, 100), 100);
}

TEST_F(PendingCallsTest, WhoIsNotAloneHasItsShare) {
  const auto one = pending_.Of("one");
  const auto other = pending_.Of("other");
  EXPECT_EQ(Begin(*other, 1), 1);
  EXPECT_EQ(Begin(*one, 100), 3);
  EXPECT_EQ(Begin(*other, 100), 2);
  now_ += PendingCalls::kPendingFor / 2;
  EXPECT_EQ(Begin(*one, 100), 0);
}

TEST_F(PendingCallsTest, AllConnectionsOfAnOwnerHaveOneShare) {
  const auto one = pending_.Of("one");
  const auto again = pending_.Of("one");
  const auto other = pending_.Of("other");
  Begin(*other, 1);
  EXPECT_EQ(Begin(*one, 2), 2);
  EXPECT_EQ(Begin(*again, 100), 1);
}

TEST_F(PendingCallsTest, AnAnswerMakesRoom) {
  const auto one = pending_.Of("one");
  const auto other = pending_.Of("other");
  Begin(*other, 1);
  calls_.clear();
  EXPECT_EQ(Begin(*one, 100), 3);
  one->Answer(calls_[1]);
  one->Answer(calls_[1]);
  EXPECT_EQ(Begin(*one, 100), 1);
}

TEST_F(PendingCallsTest, AStreamWithoutAnAnswerCountsForASecond) {
  const auto one = pending_.Of("one");
  const auto other = pending_.Of("other");
  Begin(*other, 1);
  EXPECT_EQ(Begin(*one, 100), 3);
  now_ += PendingCalls::kPendingFor - absl::Milliseconds(1);
  Begin(*other, 1);
  EXPECT_EQ(Begin(*one, 100), 0);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Begin(*one, 100), 3);
}

TEST_F(PendingCallsTest, OfOthersTheLastOneCounts) {
  const auto one = pending_.Of("one");
  {
    const auto gone = pending_.Of("gone");
    Begin(*gone, 1);
    Begin(*one, 1);
  }
  EXPECT_EQ(Begin(*one, 100), 100) << "nobody else is there";
  const auto third = pending_.Of("third");
  Begin(*third, 1);
  EXPECT_EQ(Begin(*one, 100), 0);
}

}  // namespace
}  // namespace canvass::edge
