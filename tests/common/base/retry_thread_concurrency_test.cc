#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/retry_thread.h"
#include "gtest/gtest.h"

namespace canvass {
namespace {

constexpr absl::Duration kAnHour = absl::Hours(1);

// Something that an attempt waits for and `cancel` ends, such as a stream.
class FakeStream {
 public:
  void Cancel() {
    const MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }
  void WaitUntilCancelled() {
    const MutexLock lock(mutex_);
    while (!cancelled_) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST(RetryThreadTest, AttemptsAgainAndAgainUntilItIsStopped) {
  RetryThread retry(Backoff(absl::Microseconds(1), absl::Microseconds(10)));
  FakeStream enough;
  std::atomic<int> attempts = 0;
  retry.Start(
      [&]() -> RetryThread::Outcome {
        if (++attempts == 5) enough.Cancel();
        return {};
      },
      [] {});
  enough.WaitUntilCancelled();
  retry.Stop();
  const int made = attempts;
  EXPECT_GE(made, 5);
  retry.Stop();  // nothing happens
  EXPECT_EQ(attempts, made);
}

TEST(RetryThreadTest, StopCancelsAnAttemptThatWaits) {
  RetryThread retry(Backoff(kAnHour, kAnHour));
  FakeStream started;
  FakeStream stream;
  retry.Start(
      [&]() -> RetryThread::Outcome {
        started.Cancel();
        stream.WaitUntilCancelled();
        return {};
      },
      [&] { stream.Cancel(); });
  started.WaitUntilCancelled();
  retry.Stop();
  EXPECT_TRUE(retry.stopping());
}

TEST(RetryThreadTest, StopEndsTheDelayBetweenAttempts) {
  const absl::Duration start = SteadyNow();
  RetryThread retry(Backoff(kAnHour, kAnHour));
  FakeStream attempted;
  retry.Start(
      [&]() -> RetryThread::Outcome {
        attempted.Cancel();
        return {};
      },
      [] {});
  attempted.WaitUntilCancelled();
  retry.Stop();
  EXPECT_LT(SteadyNow() - start, kAnHour);
}

TEST(RetryThreadTest, DelaysGrowUntilAnAttemptSucceeds) {
  Backoff backoff(absl::Milliseconds(50), absl::Seconds(2));
  const RetryThread::Outcome failed;
  EXPECT_EQ(RetryThread::DelayAfter(failed, backoff), absl::Milliseconds(50));
  EXPECT_EQ(RetryThread::DelayAfter(failed, backoff), absl::Milliseconds(100));
  EXPECT_EQ(RetryThread::DelayAfter({.succeeded = true}, backoff), absl::Milliseconds(50));
  EXPECT_EQ(RetryThread::DelayAfter(failed, backoff), absl::Milliseconds(100));
}

TEST(RetryThreadTest, AnOutcomeMayAskForALongerDelay) {
  Backoff backoff(absl::Milliseconds(50), absl::Seconds(2));
  EXPECT_EQ(RetryThread::DelayAfter({.delay_min = kAnHour}, backoff), kAnHour);
  EXPECT_EQ(RetryThread::DelayAfter({.delay_min = absl::Milliseconds(1)}, backoff),
            absl::Milliseconds(100));
}

TEST(RetryThreadTest, SeveralThreadsMayStopIt) {
  RetryThread retry(Backoff(absl::Microseconds(1), absl::Microseconds(1)));
  retry.Start([]() -> RetryThread::Outcome { return {.succeeded = true}; }, [] {});
  std::vector<std::thread> stoppers;
  stoppers.reserve(4);
  for (int i = 0; i < 4; ++i) stoppers.emplace_back([&retry] { retry.Stop(); });
  for (std::thread& stopper : stoppers) stopper.join();
  EXPECT_TRUE(retry.stopping());
}

TEST(RetryThreadTest, StartsNothingAfterStop) {
  RetryThread retry(Backoff(absl::Microseconds(1), absl::Microseconds(1)));
  retry.Stop();
  std::atomic<int> attempts = 0;
  retry.Start(
      [&]() -> RetryThread::Outcome {
        ++attempts;
        return {};
      },
      [] {});
  retry.Stop();
  EXPECT_EQ(attempts, 0);
}

}  // namespace
}  // namespace canvass
