#ifndef CANVASS_SERVICES_AGGREGATOR_WATCH_WATCHER_FEED_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCH_WATCHER_FEED_H_

#include <algorithm>
#include <cassert>
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
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"

namespace canvass::aggregator {

// Sends each watcher its next message, from one thread. A watcher has one message in flight at a
// time, so a slow watcher gets fewer and larger steps and does not slow down the others.
//
// `Cursor` is the position of one watcher. It is movable, is used by one thread at a time, and has
//
//   using Message;
//   // With `more`, Advance is called again at once.
//   struct Next { std::optional<Message> message; bool more; };
//   // An error ends the watching.
//   absl::StatusOr<Next> Advance(absl::Time now);
//   // When Advance must be called even if nothing has changed.
//   absl::Time NextTick(absl::Time now);
//
// Thread-safe.
template <typename Cursor>
class WatcherFeed {
 public:
  using Message = typename Cursor::Message;

  // The stream of one watcher. Called by one thread at a time. Must not block.
  class Watcher {
   public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    virtual ~Watcher() = default;
    // Sends the message, and calls Sent when that is done. The feed makes no other call before
    // then.
    virtual void Send(Message message) = 0;
    // The last call, after which the feed has forgotten the watcher. The feed may hold its lock, so
    // this must not call the feed.
    virtual void End(const absl::Status& status) = 0;
  };

  // `clock` must outlive this. `may_send` is called each time the feed looks for something to send.
  // Its error ends the watcher.
  explicit WatcherFeed(
      const Clock& clock, std::function<absl::Status()> may_send = [] { return absl::OkStatus(); })
      : clock_(clock), may_send_(std::move(may_send)) {}
  ~WatcherFeed() { Stop(); }
  WatcherFeed(const WatcherFeed&) = delete;
  WatcherFeed& operator=(const WatcherFeed&) = delete;

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  // Ends all watchers and joins the thread. A watcher that is sending ends when Sent is called.
  // Idempotent.
  void Stop() {
    SetOpen(Stopping());
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.NotifyAll();
    if (thread_.joinable()) thread_.join();
  }

  // With OK, watchers are served. An error ends all watchers and rejects new ones, until the next
  // OK.
  void SetOpen(const absl::Status& open) {
    const MutexLock lock(mutex_);
    open_ = stopping_ ? Stopping() : open;
    if (open_.ok()) return;
    std::vector<Watcher*> all;
    all.reserve(watchers_.size());
    for (const auto& [watcher, watched] : watchers_) all.push_back(watcher);
    for (Watcher* watcher : all) EndSoon(*watcher, open_);
  }

  std::size_t watchers() const {
    const MutexLock lock(mutex_);
    return watchers_.size();
  }

  // Tells the feed that something has changed.
  void Wake() {
    {
      const MutexLock lock(mutex_);
      woken_ = true;
    }
    wake_.NotifyAll();
  }

  // Starts to serve `watcher`, which must live until End is called. End may be called at once, with
  // the status of SetOpen.
  void Watch(Cursor cursor, Watcher& watcher) {
    absl::Status admitted;
    {
      const MutexLock lock(mutex_);
      admitted = open_;
      if (admitted.ok()) watchers_.emplace(&watcher, Watched{.cursor = std::move(cursor)});
    }
    if (admitted.ok()) {
      wake_.NotifyAll();
    } else {
      watcher.End(admitted);
    }
  }

  // Tells the feed that the last message was sent, or, if `ok` is false, that the watcher is gone.
  // REQUIRES: a message of Send is in flight.
  void Sent(Watcher& watcher, bool ok) {
    {
      const MutexLock lock(mutex_);
      Watched& watched = watchers_.at(&watcher);
      assert(watched.state == State::kSending);
      watched.state = State::kWaiting;
      watched.due = true;
      if (!ok) watched.end = Gone();
      if (watched.end.has_value()) EndNow(watcher, *watched.end);
    }
    wake_.NotifyAll();
  }

  // Ends a watcher that is gone. Does nothing if the feed has already ended it.
  void Cancel(Watcher& watcher) {
    const MutexLock lock(mutex_);
    if (watchers_.contains(&watcher)) EndSoon(watcher, Gone());
  }

 private:
  enum class State : std::uint8_t { kWaiting, kAdvancing, kSending };
  struct Watched {
    Cursor cursor;
    State state = State::kWaiting;
    bool due = true;  // check for something to send
    absl::Time tick = absl::InfiniteFuture();
    std::optional<absl::Status> end{};  // end the watcher with this status once it is waiting
  };

  static constexpr absl::Duration kWaitMax = absl::Seconds(1);

  static absl::Status Gone() { return absl::CancelledError("The watcher is gone"); }

  static absl::Status Stopping() {
    return MakeError(reason::kNotActive, "The service is stopping");
  }

  void EndSoon(Watcher& watcher, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Watched& watched = watchers_.at(&watcher);
    watched.end = status;
    if (watched.state == State::kWaiting) EndNow(watcher, status);
  }

  // Takes `status` by value, because it may be part of the erased element.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
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

  // Returns null if no watcher is due.
  Watcher* NextDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time now = clock_.Now();
    const bool all = std::exchange(woken_, false);
    Watcher* found = nullptr;
    auto next = watchers_.upper_bound(last_advanced_);
    for (std::size_t i = 0; i < watchers_.size(); ++i, ++next) {
      if (next == watchers_.end()) next = watchers_.begin();
      Watched& watched = next->second;
      // A tick further away than kWaitMax was set before the clock went back.
      if (all || watched.tick <= now || watched.tick > now + kWaitMax) watched.due = true;
      if (found == nullptr && watched.due && watched.state == State::kWaiting) found = next->first;
    }
    return found;
  }

  // REQUIRES: watched.state is kAdvancing, so that no other thread uses or ends the watcher.
  void Advance(Watcher& watcher, Watched& watched) {
    assert(watched.state == State::kAdvancing);
    const absl::Time now = clock_.Now();
    absl::StatusOr<typename Cursor::Next> next = NextOf(watched.cursor, now);
    const absl::Time tick = watched.cursor.NextTick(now);
    {
      const MutexLock lock(mutex_);
      watched.state = State::kWaiting;
      // Bounded by kWaitMax, so that a change of the clock is noticed.
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

  mutable Mutex mutex_;
  CondVar wake_;
  std::map<Watcher*, Watched> watchers_ ABSL_GUARDED_BY(mutex_);
  // Only compared, so that watchers take turns.
  Watcher* last_advanced_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status open_ ABSL_GUARDED_BY(mutex_) = MakeError(reason::kLedgerUnavailable,
                                                         "The service is starting");

  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCH_WATCHER_FEED_H_
