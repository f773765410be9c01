#ifndef CANVASS_SERVICES_AGGREGATOR_WATCHER_FEED_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCHER_FEED_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/mutex.h"

namespace canvass::aggregator {

// Sends everyone who watches something what comes next, from one thread. A watcher has one message
// on its way at a time: a slow one gets fewer and larger steps, and costs nobody else anything.
//
// `Cursor` is how far one watcher has got: a movable class with
//   using Message;
//   struct Next { std::optional<Message> message; bool more; };   // more: ask again at once
//   absl::StatusOr<Next> Advance(absl::Time now);                 // an error ends the watching
//   absl::Time NextTick(absl::Time now);                          // look again then, changed or
//   not
// used by one thread at a time.
//
// Thread-safe.
template <typename Cursor>
class WatcherFeed {
 public:
  using Message = typename Cursor::Message;

  // Each costs a message at most; those who watch are few, and caches stand before them.
  static constexpr std::size_t kWatchersMax = 1'000;

  // One stream. Called by one thread at a time; must not block.
  class Watcher {
   public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    virtual ~Watcher() = default;
    // Sends the message and calls Sent when that is done; no other call comes before.
    virtual void Send(Message message) = 0;
    // The last call: the feed has forgotten the watcher.
    virtual void End(const absl::Status& status) = 0;
  };

  // `may_send` is asked whenever there may be something to send; its error ends the watcher.
  explicit WatcherFeed(
      const Clock& clock, std::function<absl::Status()> may_send = [] { return absl::OkStatus(); })
      : clock_(clock), may_send_(std::move(may_send)) {}
  ~WatcherFeed() { Stop(); }
  WatcherFeed(const WatcherFeed&) = delete;
  WatcherFeed& operator=(const WatcherFeed&) = delete;

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  // Ends the watchers, those that are sending when Sent is called. Idempotent.
  void Stop() {
    SetOpen(Stopping());
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.NotifyAll();
    if (thread_.joinable()) thread_.join();
  }

  // OK: watchers are served. An error ends those that there are, and those that come, until it is
  // OK again.
  void SetOpen(const absl::Status& open) {
    const MutexLock lock(mutex_);
    open_ = stopping_ ? Stopping() : open;
    if (open_.ok()) return;
    std::vector<Watcher*> all;
    for (const auto& [watcher, watched] : watchers_) all.push_back(watcher);
    for (Watcher* watcher : all) EndSoon(*watcher, open_);
  }

  // Something changed.
  void Wake() {
    {
      const MutexLock lock(mutex_);
      woken_ = true;
    }
    wake_.NotifyAll();
  }

  // `watcher` must live until End is called, which may be at once: RESOURCE_EXHAUSTED
  // TOO_MANY_WATCHERS, or the status of SetOpen.
  void Watch(Cursor cursor, Watcher& watcher) {
    absl::Status admitted;
    {
      const MutexLock lock(mutex_);
      admitted = Admit();
      if (admitted.ok()) watchers_.emplace(&watcher, Watched{.cursor = std::move(cursor)});
    }
    if (admitted.ok()) {
      wake_.NotifyAll();
    } else {
      watcher.End(admitted);
    }
  }

  // The last message is on its way; with `ok` false the watcher is gone.
  void Sent(Watcher& watcher, bool ok) {
    {
      const MutexLock lock(mutex_);
      Watched& watched = watchers_.at(&watcher);
      watched.state = State::kWaiting;
      watched.due = true;
      if (!ok) watched.end = Gone();
      if (watched.end.has_value()) EndNow(watcher, *watched.end);
    }
    wake_.NotifyAll();
  }

  // The watcher is gone. Nothing happens if the feed has ended it already.
  void Cancel(Watcher& watcher) {
    const MutexLock lock(mutex_);
    if (watchers_.contains(&watcher)) EndSoon(watcher, Gone());
  }

 private:
  enum class State : std::uint8_t { kWaiting, kAdvancing, kSending };
  struct Watched {
    Cursor cursor;
    State state = State::kWaiting;
    bool due = true;  // look for something to send now
    absl::Time tick = absl::InfiniteFuture();
    std::optional<absl::Status> end{};  // how to end it once it is waiting
  };

  static constexpr absl::Duration kWaitMax = absl::Seconds(1);

  static absl::Status Gone() { return absl::CancelledError("The watcher is gone"); }

  static absl::Status Stopping() {
    return MakeError(absl::StatusCode::kUnavailable, "The service is stopping",
                     {.reason = "NOT_ACTIVE"});
  }

  absl::Status Admit() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!open_.ok()) return open_;
    if (watchers_.size() < kWatchersMax) return absl::OkStatus();
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat(watchers_.size(), " watch already"),
                     {.reason = "TOO_MANY_WATCHERS", .retry_after_ms = 1'000});
  }

  void EndSoon(Watcher& watcher, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Watched& watched = watchers_.at(&watcher);
    watched.end = status;
    if (watched.state == State::kWaiting) EndNow(watcher, status);
  }

  // By value: the status may lie in what is erased.
  void EndNow(Watcher& watcher, absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    watchers_.erase(&watcher);
    watcher.End(status);
  }

  void Run() {
    for (;;) {
      Watcher* watcher = nullptr;
      Watched* watched = nullptr;
      {
        const MutexLock lock(mutex_);
        if (stopping_) return;
        watcher = NextDue();
        if (watcher == nullptr) {
          WaitForWork();
          continue;
        }
        watched = &watchers_.at(watcher);
        watched->state = State::kAdvancing;
        watched->due = false;  // a change from here on makes it due again
        last_advanced_ = watcher;
      }
      Advance(*watcher, *watched);
    }
  }

  // Null when there is nothing to do for any of them.
  Watcher* NextDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time now = clock_.Now();
    const bool all = std::exchange(woken_, false);
    Watcher* found = nullptr;
    auto next = watchers_.upper_bound(last_advanced_);
    for (std::size_t i = 0; i < watchers_.size(); ++i, ++next) {
      if (next == watchers_.end()) next = watchers_.begin();
      Watched& watched = next->second;
      // A tick that is further away than any was set before the clock went back.
      if (all || watched.tick <= now || watched.tick > now + kWaitMax) watched.due = true;
      if (found == nullptr && watched.due && watched.state == State::kWaiting) found = next->first;
    }
    return found;
  }

  // REQUIRES: its state is kAdvancing, so that nobody else touches or ends it.
  void Advance(Watcher& watcher, Watched& watched) {
    const absl::Time now = clock_.Now();
    absl::StatusOr<typename Cursor::Next> next = NextOf(watched.cursor, now);
    const absl::Time tick = watched.cursor.NextTick(now);
    {
      const MutexLock lock(mutex_);
      watched.state = State::kWaiting;
      // However far away it is: a clock that was set is noticed then.
      watched.tick = std::min(tick, now + kWaitMax);
      if (!next.ok() && !watched.end.has_value()) watched.end = next.status();
      if (watched.end.has_value()) {
        EndNow(watcher, *watched.end);
        return;
      }
      if (next->more) watched.due = true;
      if (!next->message.has_value()) return;
      watched.state = State::kSending;
    }
    watcher.Send(*std::move(next->message));
  }

  absl::StatusOr<typename Cursor::Next> NextOf(Cursor& cursor, absl::Time now) const {
    absl::Status may_send = may_send_();
    if (!may_send.ok()) return may_send;
    return cursor.Advance(now);
  }

  void WaitForWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::Duration wait = kWaitMax;
    const absl::Time now = clock_.Now();
    for (const auto& [watcher, watched] : watchers_) {
      if (watched.state == State::kWaiting) wait = std::min(wait, watched.tick - now);
    }
    if (wait > absl::ZeroDuration()) wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(wait));
  }

  const Clock& clock_;
  const std::function<absl::Status()> may_send_;

  Mutex mutex_;
  CondVar wake_;
  std::map<Watcher*, Watched> watchers_ ABSL_GUARDED_BY(mutex_);
  Watcher* last_advanced_ ABSL_GUARDED_BY(mutex_) = nullptr;  // only compared: they take turns
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status open_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("The service is starting");

  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCHER_FEED_H_
