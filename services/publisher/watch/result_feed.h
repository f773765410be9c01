#ifndef CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_FEED_H_
#define CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_FEED_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "canvass/v1/result.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "services/publisher/board/result_board.h"

namespace canvass::publisher {

// Receives one result as it changes. Called on the feed's thread. Must not block, and must not call
// the feed.
class ResultWatcher {
 public:
  ResultWatcher() = default;
  ResultWatcher(const ResultWatcher&) = delete;
  ResultWatcher& operator=(const ResultWatcher&) = delete;
  virtual ~ResultWatcher() = default;
  // Delivers the newest result. The watcher may drop earlier offers that it has not sent.
  virtual void Offer(std::shared_ptr<const v1::WatchResultResponse> response) = 0;
  // Ends the watch with `why`. No offer follows.
  virtual void End(const absl::Status& why) = 0;
};

// Sends every watcher its result: at once, whenever it changes, and again after `repeat_after`. A
// result is computed once for all its watchers, on the feed's own thread. Thread-safe.
class ResultFeed {
 public:
  // Concurrent watchers, shared by their callers (rpc::CallShares). Each holds a stream of about 20
  // kB.
  static constexpr std::size_t kWatchersMax = 10'000;
  // An unchanged result is sent again after this, so that silence means trouble.
  static constexpr absl::Duration kRepeatAfter = absl::Seconds(15);

  // A request has four ids. Each watcher's is kept.
  static constexpr std::size_t kRequestBytesMax = 1'024;

  // `board` must outlive the feed.
  explicit ResultFeed(const ResultBoard& board, absl::Duration repeat_after = kRepeatAfter);
  // Calls Stop.
  ~ResultFeed();
  ResultFeed(const ResultFeed&) = delete;
  ResultFeed& operator=(const ResultFeed&) = delete;

  // Adds a watcher of `caller` (see rpc::CallerOf), which has a place until `place` leaves it. The
  // feed must outlive `place`. Returns UNAVAILABLE SHUTTING_DOWN, RESOURCE_EXHAUSTED
  // TOO_MANY_WATCHERS or INVALID_ARGUMENT REQUEST_TOO_LARGE. Watchers whose requests differ only in
  // unknown fields watch the same result. Other errors in the request are reported through the
  // watcher's End.
  absl::Status Add(const v1::WatchResultRequest& request, const std::string& caller,
                   std::shared_ptr<ResultWatcher> watcher, rpc::CallPlace& place);
  // Removes a watcher. An offer that is in progress may still reach it.
  void Remove(const v1::WatchResultRequest& request, const ResultWatcher* watcher);
  std::size_t watchers() const;
  // Call when the board may have changed.
  void Wake();
  // Ends every watcher with UNAVAILABLE SHUTTING_DOWN and joins the thread. Idempotent.
  void Stop();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Watchers = std::vector<std::shared_ptr<ResultWatcher>>;
  // Watchers of the same result.
  struct Topic {
    v1::WatchResultRequest request;
    Watchers watchers;
    Watchers new_watchers;  // have had no offer yet
    // What `watchers` were offered last.
    std::int64_t sequence = 0;
    canvass::v1::Result figures;  // without as_of
    SteadyTime offered_at;
  };

  static std::string KeyOf(v1::WatchResultRequest request);
  void Run();
  // Blocks until there is something to do. Returns false if the feed was stopped.
  bool WaitUntilAwake();
  std::vector<std::string> TopicKeys();
  void Look(const std::string& key);
  // Returns the request of the topic, or nullopt if there is nothing to offer.
  std::optional<v1::WatchResultRequest> FindRequest(const std::string& key);
  // Records that `result` is offered, and returns the watchers to offer it to: none if it is not
  // new.
  Watchers TakeReaders(const std::string& key, const canvass::v1::Result& result);
  Watchers TakeAll(const std::string& key);
  bool IsRepeatDue(const Topic& topic) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ResultBoard& board_;
  const absl::Duration repeat_after_;
  rpc::CallShares shares_{kWatchersMax};
  mutable Mutex mutex_;
  CondVar woken_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_FEED_H_
