#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "gtest/gtest.h"
#include "services/aggregator/watch/watcher_feed.h"
#include "tests/support/manual_clock.h"

namespace canvass::aggregator {
namespace {

// Sends the newest of a number that only grows.
struct NumberCursor {
  using Message = std::int64_t;
  struct Next {
    std::optional<Message> message{};
    bool more = false;
  };

  absl::StatusOr<Next> Advance(absl::Time /*now*/) {
    const std::int64_t newest = number->load();
    if (newest == sent) return Next{};
    sent = newest;
    return Next{.message = newest};
  }
  absl::Time NextTick(absl::Time /*now*/) const { return absl::InfiniteFuture(); }

  const std::atomic<std::int64_t>* number = nullptr;
  std::int64_t sent = 0;
};

using NumberFeed = WatcherFeed<NumberCursor>;

// Takes what is sent on a thread of its own, as a stream does.
class NumberWatcher final : public NumberFeed::Watcher {
 public:
  explicit NumberWatcher(NumberFeed& feed) : feed_(feed), thread_([this] { Run(); }) {}
  ~NumberWatcher() override { thread_.join(); }

  void Send(std::int64_t number) override {
    const MutexLock lock(mutex_);
    EXPECT_FALSE(arrived_.has_value()) << "one message at a time";
    EXPECT_GT(number, newest_);
    arrived_ = number;
    changed_.NotifyAll();
  }

  void End(const absl::Status& /*status*/) override {
    const MutexLock lock(mutex_);
    EXPECT_FALSE(ended_);
    ended_ = true;
    changed_.NotifyAll();
  }

  void AwaitNumber(std::int64_t number) {
    const MutexLock lock(mutex_);
    while (newest_ < number) changed_.Wait(mutex_);
  }

 private:
  void Run() {
    for (;;) {
      {
        const MutexLock lock(mutex_);
        while (!arrived_.has_value() && !ended_) changed_.Wait(mutex_);
        if (ended_) return;
        newest_ = *arrived_;
        arrived_.reset();
        changed_.NotifyAll();
      }
      feed_.Sent(*this, /*ok=*/true);
    }
  }

  NumberFeed& feed_;
  Mutex mutex_;
  CondVar changed_;
  std::optional<std::int64_t> arrived_ ABSL_GUARDED_BY(mutex_);
  std::int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Says that a message is sent when the test does.
template <typename Cursor = NumberCursor>
class SlowWatcher final : public WatcherFeed<Cursor>::Watcher {
 public:
  using Message = Cursor::Message;

  void Send(Message message) override {
    const MutexLock lock(mutex_);
    messages_.push_back(message);
    changed_.NotifyAll();
  }

  void End(const absl::Status& status) override {
    const MutexLock lock(mutex_);
    end_ = status;
    changed_.NotifyAll();
  }

  std::vector<Message> AwaitMessages(std::size_t count) {
    const MutexLock lock(mutex_);
    while (messages_.size() < count) changed_.Wait(mutex_);
    return messages_;
  }

  absl::Status AwaitEnd() {
    const MutexLock lock(mutex_);
    while (!end_.has_value()) changed_.Wait(mutex_);
    return *end_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

class WatcherFeedConcurrencyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    feed_.Start();
    feed_.SetOpen(absl::OkStatus());
  }

  void Grow(std::int64_t to) {
    while (number_ < to) {
      ++number_;
      feed_.Wake();
    }
  }

  SystemClock clock_;
  std::atomic<std::int64_t> number_ = 0;
  NumberFeed feed_{clock_};
};

TEST_F(WatcherFeedConcurrencyTest, EveryWatcherGetsTheNewest) {
  constexpr std::int64_t kNewest = 2'000;
  {
    std::vector<std::unique_ptr<NumberWatcher>> watchers;
    for (int i = 0; i < 3; ++i) {
      watchers.push_back(std::make_unique<NumberWatcher>(feed_));
      feed_.Watch({.number = &number_}, *watchers.back());
    }
    Grow(kNewest);
    for (const auto& watcher : watchers) watcher->AwaitNumber(kNewest);
    feed_.SetOpen(absl::UnavailableError("enough"));
  }
  number_ = kNewest + 1;
  feed_.Wake();
}

TEST_F(WatcherFeedConcurrencyTest, ASlowWatcherSkipsToTheNewest) {
  SlowWatcher slow;
  SlowWatcher other;
  number_ = 1;
  feed_.Watch({.number = &number_}, slow);
  slow.AwaitMessages(1);
  feed_.Watch({.number = &number_}, other);
  for (int step = 1; step <= 5; ++step) {
    other.AwaitMessages(static_cast<std::size_t>(step));
    Grow(number_ + 1);
    feed_.Sent(other, /*ok=*/true);
  }
  other.AwaitMessages(6);
  feed_.Sent(slow, /*ok=*/true);
  EXPECT_EQ(slow.AwaitMessages(2), (std::vector<std::int64_t>{1, 6}));
  // They end once their last message is sent.
  feed_.SetOpen(absl::UnavailableError("enough"));
  feed_.Sent(slow, /*ok=*/true);
  feed_.Sent(other, /*ok=*/false);
  EXPECT_EQ(slow.AwaitEnd().message(), "enough");
  EXPECT_EQ(other.AwaitEnd().code(), absl::StatusCode::kCancelled);
}

TEST_F(WatcherFeedConcurrencyTest, NobodyWatchesAClosedFeed) {
  feed_.SetOpen(absl::UnavailableError("closed"));
  SlowWatcher watcher;
  feed_.Watch({.number = &number_}, watcher);
  EXPECT_EQ(watcher.AwaitEnd().message(), "closed");
}

TEST(WatcherFeedTest, EndsWhoeverItMaySendNothingMore) {
  std::atomic<bool> may_send = true;
  const SystemClock clock;
  NumberFeed feed(clock, [&may_send] {
    return may_send ? absl::OkStatus() : absl::UnavailableError("another leads");
  });
  feed.Start();
  feed.SetOpen(absl::OkStatus());
  std::atomic<std::int64_t> number = 1;
  SlowWatcher watcher;
  feed.Watch({.number = &number}, watcher);
  watcher.AwaitMessages(1);
  may_send = false;
  number = 2;
  feed.Sent(watcher, /*ok=*/true);
  EXPECT_EQ(watcher.AwaitEnd().message(), "another leads");
  EXPECT_EQ(watcher.AwaitMessages(1), std::vector<std::int64_t>{1});
}

// Sends the time, a second after the last one or when the clock says that it is earlier.
struct TimeCursor {
  using Message = absl::Time;
  struct Next {
    std::optional<Message> message{};
    bool more = false;
  };

  absl::StatusOr<Next> Advance(absl::Time now) {
    if (now >= sent && now < sent + absl::Seconds(1)) return Next{};
    sent = now;
    return Next{.message = now};
  }
  absl::Time NextTick(absl::Time /*now*/) const { return sent + absl::Seconds(1); }

  absl::Time sent = absl::InfinitePast();
};

TEST(WatcherFeedTest, AClockThatIsSetBackDelaysNoTick) {
  testing::ManualClock clock;
  WatcherFeed<TimeCursor> feed(clock);
  feed.Start();
  feed.SetOpen(absl::OkStatus());
  SlowWatcher<TimeCursor> watcher;
  feed.Watch({}, watcher);
  watcher.AwaitMessages(1);
  feed.Sent(watcher, /*ok=*/true);
  clock.Advance(-absl::Hours(5));
  EXPECT_EQ(watcher.AwaitMessages(2)[1], clock.Now());
  feed.Sent(watcher, /*ok=*/true);
  feed.Stop();
}

TEST_F(WatcherFeedConcurrencyTest, WatchersComeAndGo) {
  std::atomic<bool> done = false;
  std::thread writer([this, &done] {
    while (!done) Grow(number_ + 1);
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        NumberWatcher watcher(feed_);
        feed_.Watch({.number = &number_}, watcher);
        watcher.AwaitNumber(1);
        feed_.Cancel(watcher);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  writer.join();
}

TEST_F(WatcherFeedConcurrencyTest, StopEndsEveryWatcher) {
  std::vector<std::unique_ptr<NumberWatcher>> watchers;
  std::thread writer([this] { Grow(1'000); });
  for (int i = 0; i < 3; ++i) {
    watchers.push_back(std::make_unique<NumberWatcher>(feed_));
    feed_.Watch({.number = &number_}, *watchers.back());
  }
  feed_.Stop();
  watchers.clear();
  writer.join();
}

}  // namespace
}  // namespace canvass::aggregator
