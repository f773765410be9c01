#ifndef CANVASS_SERVICES_PUBLISHER_RESULT_FEED_H_
#define CANVASS_SERVICES_PUBLISHER_RESULT_FEED_H_

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
#include "services/publisher/result_board.h"

namespace canvass::publisher {

// Somebody who follows one result. Called on the feed's thread; must not block, nor call the feed.
class ResultWatcher {
 public:
  ResultWatcher() = default;
  ResultWatcher(const ResultWatcher&) = delete;
  ResultWatcher& operator=(const ResultWatcher&) = delete;
  virtual ~ResultWatcher() = default;
  // The newest result; what was offered before and is not sent yet may be forgotten.
  virtual void Offer(std::shared_ptr<const v1::WatchResultResponse> response) = 0;
  // Nothing comes any more.
  virtual void End(const absl::Status& why) = 0;
};

// Gives every watcher its result: at once, whenever it changes, and again after a while. A result
// is computed once for all who watch it, on a thread of the feed's own. Thread-safe.
class ResultFeed {
 public:
  // Watchers at the same time: each holds a stream of about 20 kB.
  static constexpr std::size_t kWatchersMax = 10'000;
  // Silence means trouble.
  static constexpr absl::Duration kRepeatAfter = absl::Seconds(15);

  // `board` must outlive the feed.
  explicit ResultFeed(const ResultBoard& board, absl::Duration repeat_after = kRepeatAfter);
  // Stops.
  ~ResultFeed();
  ResultFeed(const ResultFeed&) = delete;
  ResultFeed& operator=(const ResultFeed&) = delete;

  // What is wrong with the request is told by the watcher's End. UNAVAILABLE PUBLISHER_STOPPING;
  // RESOURCE_EXHAUSTED WATCHERS_FULL.
  absl::Status Add(const v1::WatchResultRequest& request, std::shared_ptr<ResultWatcher> watcher);
  // The watcher may hear one more offer that is on its way.
  void Remove(const v1::WatchResultRequest& request, const ResultWatcher* watcher);
  // Something on the board may have changed.
  void Wake();
  // Ends every watcher.
  void Stop();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Watchers = std::vector<std::shared_ptr<ResultWatcher>>;
  // Those who watch the same result.
  struct Topic {
    v1::WatchResultRequest request;
    Watchers watchers;
    Watchers new_watchers;  // were offered nothing yet
    // What the others were offered last.
    std::int64_t sequence = 0;
    canvass::v1::Result figures;  // without the moment
    SteadyTime offered_at;
  };

  static std::string KeyOf(const v1::WatchResultRequest& request);
  void Run();
  // Waits for something to do. False when stopped.
  bool WaitUntilAwake();
  std::vector<std::string> TopicKeys();
  void Look(const std::string& key);
  // Where there is nothing to offer, no request.
  std::optional<v1::WatchResultRequest> FindRequest(const std::string& key);
  // Notes that `result` is offered. Those who are to get it; nobody where it says nothing new.
  Watchers TakeReaders(const std::string& key, const canvass::v1::Result& result);
  Watchers TakeAll(const std::string& key);
  bool IsRepeatDue(const Topic& topic) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ResultBoard& board_;
  const absl::Duration repeat_after_;
  Mutex mutex_;
  CondVar woken_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::size_t watchers_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_RESULT_FEED_H_
