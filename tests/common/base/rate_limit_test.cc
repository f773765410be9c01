#include "common/base/rate_limit.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

TEST(RateLimitTest, AllowsABurstAndThenTheRate) {
  RateLimit limit(/*per_second=*/10, /*burst=*/3);
  const absl::Duration start = absl::Seconds(1'000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Take(start), absl::ZeroDuration()) << i;
  EXPECT_EQ(limit.Take(start), absl::Milliseconds(100));
  EXPECT_EQ(limit.Take(start + absl::Milliseconds(60)), absl::Milliseconds(40));
  EXPECT_EQ(limit.Take(start + absl::Milliseconds(100)), absl::ZeroDuration());
  EXPECT_EQ(limit.Take(start + absl::Milliseconds(100)), absl::Milliseconds(100));
}

TEST(RateLimitTest, SavesNoMoreThanABurst) {
  RateLimit limit(/*per_second=*/10, /*burst=*/3);
  absl::Duration now = absl::Hours(1);
  EXPECT_EQ(limit.Take(now), absl::ZeroDuration());
  now += absl::Hours(1);
  limit.Give();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Take(now), absl::ZeroDuration()) << i;
  EXPECT_GT(limit.Take(now), absl::ZeroDuration());
  limit.Give();
  EXPECT_EQ(limit.WaitFor(now), absl::ZeroDuration());
  EXPECT_EQ(limit.Take(now), absl::ZeroDuration());
}

}  // namespace
}  // namespace canvass
