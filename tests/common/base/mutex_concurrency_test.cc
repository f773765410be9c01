#include <chrono>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "gtest/gtest.h"

// Also built for ThreadSanitizer, which would see an unguarded access.
namespace canvass {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 10'000;

class Counter {
 public:
  void Raise() {
    const MutexLock lock(mutex_);
    ++value_;
  }
  int value() {
    const MutexLock lock(mutex_);
    return value_;
  }

 private:
  Mutex mutex_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(MutexTest, OneAtATime) {
  Counter counter;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&counter] {
      for (int round = 0; round < kRounds; ++round) counter.Raise();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), kThreads * kRounds);
}

// A place for one value, handed from one thread to another.
class Handover {
 public:
  void Put(int value) {
    const MutexLock lock(mutex_);
    while (full_) changed_.Wait(mutex_);
    value_ = value;
    full_ = true;
    changed_.NotifyAll();
  }
  int Take() {
    const MutexLock lock(mutex_);
    while (!full_) changed_.Wait(mutex_);
    full_ = false;
    changed_.NotifyAll();
    return value_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(CondVarTest, WakesTheWaitingThread) {
  Handover handover;
  std::thread producer([&handover] {
    for (int i = 0; i < kRounds; ++i) handover.Put(i);
  });
  int in_order = 0;
  for (int i = 0; i < kRounds; ++i) in_order += handover.Take() == i ? 1 : 0;
  producer.join();
  EXPECT_EQ(in_order, kRounds);
}

TEST(CondVarTest, WaitForEndsAtItsTimeout) {
  Mutex mutex;
  CondVar never;
  const MutexLock lock(mutex);
  // It may wake without a reason, but not for ever.
  while (never.WaitFor(mutex, std::chrono::milliseconds(1))) {
  }
  SUCCEED();
}

TEST(SharedMutexTest, ReadersSeeWholeWrites) {
  SharedMutex mutex;
  int first = 0;
  int second = 0;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int round = 0; round < kRounds; ++round) {
      const WriterLock lock(mutex);
      ++first;
      ++second;
    }
  });
  for (int i = 1; i < kThreads; ++i) {
    threads.emplace_back([&] {
      int torn = 0;
      for (int round = 0; round < kRounds; ++round) {
        const ReaderLock lock(mutex);
        torn += first == second ? 0 : 1;
      }
      EXPECT_EQ(torn, 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first, kRounds);
}

TEST(SharedMutexTest, ReadersShare) {
  SharedMutex mutex;
  const ReaderLock lock(mutex);
  // Would wait for ever if a reader kept out another.
  std::thread([&mutex] { const ReaderLock inner(mutex); }).join();
}

}  // namespace
}  // namespace canvass
