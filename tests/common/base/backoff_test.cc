#include "common/base/backoff.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

TEST(BackoffTest, DoublesUpToTheMaximum) {
  Backoff backoff(absl::Milliseconds(50), absl::Milliseconds(300));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(50));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(300));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(300));
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(8));
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
  EXPECT_EQ(backoff.Next(), absl::Seconds(2));
}

TEST(BackoffDeathTest, NeedsAFirstDelayAboveZero) {
  EXPECT_DEBUG_DEATH(Backoff(absl::ZeroDuration(), absl::Seconds(8)), "first");
}

}  // namespace
}  // namespace canvass
