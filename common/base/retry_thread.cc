#include "common/base/retry_thread.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace canvass {

absl::Duration RetryThread::DelayAfter(const Outcome& outcome, Backoff& backoff) {
  if (outcome.succeeded) backoff.Reset();
  return std::max(backoff.Next(), outcome.delay_min);
}

void RetryThread::Start(std::function<Outcome()> attempt, std::function<void()> cancel) {
  const MutexLock joining(joining_);
  assert(!thread_.joinable());
  {
    const MutexLock lock(mutex_);
    if (stopping_) return;
    cancel_ = std::move(cancel);
  }
  thread_ = std::thread([this, attempt = std::move(attempt)] { Run(attempt); });
}

void RetryThread::Stop() {
  std::function<void()> cancel;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    cancel = std::exchange(cancel_, nullptr);
    stopped_.NotifyAll();
  }
  if (cancel) cancel();
  const MutexLock joining(joining_);
  if (thread_.joinable()) thread_.join();
}

bool RetryThread::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

bool RetryThread::WaitFor(absl::Duration duration) {
  const absl::Duration until = SteadyNow() + duration;
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const absl::Duration left = until - SteadyNow();
    if (left <= absl::ZeroDuration()) break;
    stopped_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return !stopping_;
}

void RetryThread::Run(const std::function<Outcome()>& attempt) {
  while (!stopping()) {
    const Outcome outcome = attempt();
    if (!WaitFor(DelayAfter(outcome, backoff_))) return;
  }
}

}  // namespace canvass
