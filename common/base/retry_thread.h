#ifndef CANVASS_COMMON_BASE_RETRY_THREAD_H_
#define CANVASS_COMMON_BASE_RETRY_THREAD_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/mutex.h"

namespace canvass {

// Thread that makes one attempt after another, with backoff between them, until it is stopped. Use
// it to keep a stream to another service open, which may end at any time. Thread-safe.
class RetryThread {
 public:
  // How an attempt went.
  struct Outcome {
    bool succeeded = false;         // resets the backoff
    absl::Duration delay_min = {};  // shortest delay before the next attempt
  };

  // Returns the delay before the next attempt, and advances `backoff`.
  static absl::Duration DelayAfter(const Outcome& outcome, Backoff& backoff);

  explicit RetryThread(const Backoff& backoff) : backoff_(backoff) {}
  // Calls Stop.
  ~RetryThread() { Stop(); }
  RetryThread(const RetryThread&) = delete;
  RetryThread& operator=(const RetryThread&) = delete;

  // Starts the thread, which calls `attempt` repeatedly. Stop calls `cancel`, after which `attempt`
  // must return soon. `cancel` may run before, during or between attempts, so an attempt must check
  // stopping() after it has set up what `cancel` cancels. REQUIRES: called at most once.
  void Start(std::function<Outcome()> attempt, std::function<void()> cancel);

  // Cancels the current attempt and blocks until the thread has ended. Idempotent. Must not be
  // called from the thread itself.
  void Stop();

  // Whether Stop was called.
  bool stopping() const;

  // Blocks for `duration`. Returns false as soon as Stop is called.
  bool WaitFor(absl::Duration duration);

 private:
  void Run(const std::function<Outcome()>& attempt);

  Backoff backoff_;  // used only by the thread
  mutable Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> cancel_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_RETRY_THREAD_H_
