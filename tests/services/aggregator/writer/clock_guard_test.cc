#include "services/aggregator/writer/clock_guard.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/manual_clock.h"

namespace canvass::aggregator {
namespace {

using ::testing::HasSubstr;

class ManualSteadyClock final : public SteadyClock {
 public:
  absl::Duration Now() const override { return now_; }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Duration now_ = absl::Hours(5);
};

class ClockGuardTest : public ::testing::Test {
 protected:
  ClockGuardTest() { EXPECT_EQ(guard_.CompareWith(clock_.Now()), absl::OkStatus()); }

  void Pass(absl::Duration time) {
    clock_.Advance(time);
    steady_clock_.Advance(time);
  }

  testing::ManualClock clock_;
  ManualSteadyClock steady_clock_;
  ClockGuard guard_{clock_, steady_clock_};
  const absl::Time recorded_ = clock_.Now();
};

TEST_F(ClockGuardTest, BelievesAClockThatGoesOn) {
  for (const absl::Duration time : {absl::ZeroDuration(), absl::Seconds(1), absl::Hours(24 * 30)}) {
    Pass(time);
    EXPECT_EQ(guard_.Now(recorded_).value_or(absl::InfinitePast()), clock_.Now()) << time;
  }
}

TEST_F(ClockGuardTest, BelievesAClockThatIsCorrectedLittleByLittle) {
  for (int i = 0; i < 100; ++i) {
    steady_clock_.Advance(absl::Minutes(10));
    clock_.Advance(absl::Minutes(10) + absl::Seconds(59));
    EXPECT_EQ(guard_.Now(recorded_).value_or(absl::InfinitePast()), clock_.Now()) << i;
  }
}

TEST_F(ClockGuardTest, DoesNotBelieveALeapUntilItIsTakenBack) {
  for (const absl::Duration leap :
       {absl::Minutes(1) + absl::Microseconds(1), absl::Hours(24 * 365 * 30),
        -absl::Minutes(1) - absl::Microseconds(1)}) {
    Pass(absl::Hours(2));
    clock_.Advance(leap);
    for (int i = 0; i < 3; ++i) {
      Pass(absl::Seconds(1));
      const absl::Status status = guard_.Now(recorded_).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
      EXPECT_EQ(DetailOf(status).reason, "CLOCK_IMPLAUSIBLE");
      EXPECT_THAT(std::string(status.message()), HasSubstr("it should be 2024-02-07T"));
    }
    clock_.Advance(-leap);
    EXPECT_EQ(guard_.Now(recorded_).value_or(absl::InfinitePast()), clock_.Now()) << leap;
  }
}

TEST_F(ClockGuardTest, DoesNotBelieveAClockBehindTheLastEntry) {
  EXPECT_TRUE(guard_.Now(recorded_ + absl::Minutes(1)).ok());
  const absl::Status behind =
      guard_.Now(recorded_ + absl::Minutes(1) + absl::Microseconds(1)).status();
  EXPECT_EQ(DetailOf(behind).reason, "CLOCK_IMPLAUSIBLE");
  EXPECT_THAT(std::string(behind.message()),
              HasSubstr("the last entry was recorded at 2024-02-07T"));
  EXPECT_TRUE(guard_.Now(absl::InfinitePast()).ok()) << "nothing is recorded yet";
}

TEST_F(ClockGuardTest, MayBeToldToGoOnBehindTheLastEntry) {
  ClockGuard guard(clock_, steady_clock_, ClockGuard::kDifferenceMax, absl::InfiniteDuration());
  ASSERT_EQ(guard.CompareWith(clock_.Now()), absl::OkStatus());
  EXPECT_EQ(guard.Now(recorded_ + absl::Hours(4)).value_or(absl::InfinitePast()), clock_.Now());
  clock_.Advance(absl::Hours(4));
  EXPECT_EQ(DetailOf(guard.Now(recorded_).status()).reason, "CLOCK_IMPLAUSIBLE") << "a leap";
}

TEST_F(ClockGuardTest, ComparesWithTheStore) {
  for (const absl::Duration difference : {absl::Minutes(1), -absl::Minutes(1)}) {
    EXPECT_EQ(guard_.CompareWith(clock_.Now() + difference), absl::OkStatus());
    const absl::Status status = guard_.CompareWith(clock_.Now() + difference * 1.01);
    EXPECT_EQ(DetailOf(status).reason, "CLOCK_IMPLAUSIBLE");
    EXPECT_THAT(std::string(status.message()), HasSubstr("the database's says 2024-02-07T"));
  }
}

// A process that starts under a wrong clock does not take it for the right one.
TEST_F(ClockGuardTest, BelievesNoClockThatTheStoreHasNotConfirmed) {
  ClockGuard guard(clock_, steady_clock_);
  EXPECT_FALSE(guard.CompareWith(clock_.Now() + absl::Hours(1)).ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(guard.CompareWith(clock_.Now()), absl::OkStatus());
  EXPECT_TRUE(guard.Now(recorded_).ok());
}

}  // namespace
}  // namespace canvass::aggregator
