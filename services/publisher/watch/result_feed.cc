#include "services/publisher/watch/result_feed.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/message.h"
#include "services/publisher/calls/result_calls.h"

namespace canvass::publisher {
namespace {

// Retry delay of a client that found no room. It may also try another publisher.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

absl::Status StoppingError() {
  return MakeError(reason::kShuttingDown, "This publisher is stopping. Try again.");
}

}  // namespace

ResultFeed::ResultFeed(const ResultBoard& board, absl::Duration repeat_after)
    : board_(board), repeat_after_(repeat_after), thread_([this] { Run(); }) {}

ResultFeed::~ResultFeed() { Stop(); }

absl::Status ResultFeed::Add(const v1::WatchResultRequest& request, const std::string& caller,
                             std::shared_ptr<ResultWatcher> watcher, rpc::CallPlace& place) {
  const absl::Status size = rpc::CheckSize(request, kRequestBytesMax);
  if (!size.ok()) return size;
  const MutexLock lock(mutex_);
  if (stopped_) return StoppingError();
  absl::Status admitted = shares_.Enter(caller, reason::kTooManyWatchers, kRetryAfter, place);
  if (!admitted.ok()) return admitted;
  Topic& topic = topics_[KeyOf(request)];
  topic.request = request;
  topic.request.DiscardUnknownFields();
  topic.new_watchers.push_back(std::move(watcher));
  awake_ = true;
  woken_.NotifyOne();
  return absl::OkStatus();
}

void ResultFeed::Remove(const v1::WatchResultRequest& request, const ResultWatcher* watcher) {
  const MutexLock lock(mutex_);
  const auto topic = topics_.find(KeyOf(request));
  if (topic == topics_.end()) return;
  const auto is_it = [&](const auto& each) { return each.get() == watcher; };
  for (Watchers* watchers : {&topic->second.watchers, &topic->second.new_watchers}) {
    watchers->erase(std::remove_if(watchers->begin(), watchers->end(), is_it), watchers->end());
  }
  if (topic->second.watchers.empty() && topic->second.new_watchers.empty()) topics_.erase(topic);
}

std::size_t ResultFeed::watchers() const {
  const MutexLock lock(mutex_);
  std::size_t watchers = 0;
  for (const auto& [key, topic] : topics_) {
    watchers += topic.watchers.size() + topic.new_watchers.size();
  }
  return watchers;
}

void ResultFeed::Wake() {
  const MutexLock lock(mutex_);
  awake_ = true;
  woken_.NotifyOne();
}

void ResultFeed::Stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    woken_.NotifyOne();
  }
  const MutexLock joining(joining_);
  if (thread_.joinable()) thread_.join();
}

std::string ResultFeed::KeyOf(v1::WatchResultRequest request) {
  request.DiscardUnknownFields();
  return request.SerializeAsString();
}

void ResultFeed::Run() {
  while (WaitUntilAwake()) {
    for (const std::string& key : TopicKeys()) Look(key);
  }
  for (const std::string& key : TopicKeys()) {
    for (const auto& watcher : TakeAll(key)) watcher->End(StoppingError());
  }
}

bool ResultFeed::WaitUntilAwake() {
  // Repeats are late by at most a fifteenth of repeat_after_.
  const auto tick = absl::ToChronoMilliseconds(repeat_after_ / 15);
  const MutexLock lock(mutex_);
  while (!awake_ && !stopped_) {
    if (!woken_.WaitFor(mutex_, tick)) break;
  }
  awake_ = false;
  return !stopped_;
}

std::vector<std::string> ResultFeed::TopicKeys() {
  const MutexLock lock(mutex_);
  std::vector<std::string> keys;
  keys.reserve(topics_.size());
  for (const auto& [key, topic] : topics_) keys.push_back(key);
  return keys;
}

void ResultFeed::Look(const std::string& key) {
  const std::optional<v1::WatchResultRequest> request = FindRequest(key);
  if (!request) return;
  absl::StatusOr<canvass::v1::Result> result = FindWatchedResult(board_, *request);
  if (!result.ok()) {
    for (const auto& watcher : TakeAll(key)) watcher->End(result.status());
    return;
  }
  const Watchers readers = TakeReaders(key, *result);
  if (readers.empty()) return;
  auto response = std::make_shared<v1::WatchResultResponse>();
  *response->mutable_result() = *std::move(result);
  for (const auto& watcher : readers) watcher->Offer(response);
}

std::optional<v1::WatchResultRequest> ResultFeed::FindRequest(const std::string& key) {
  v1::WatchResultRequest request;
  std::int64_t offered_sequence = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = topics_.find(key);
    if (found == topics_.end()) return std::nullopt;
    request = found->second.request;
    if (!found->second.new_watchers.empty() || IsRepeatDue(found->second)) return request;
    offered_sequence = found->second.sequence;
  }
  if (board_.SequenceOf(request.election_id()) == offered_sequence) return std::nullopt;
  return request;
}

ResultFeed::Watchers ResultFeed::TakeReaders(const std::string& key,
                                             const canvass::v1::Result& result) {
  canvass::v1::Result figures = result;
  figures.clear_as_of();
  const MutexLock lock(mutex_);
  const auto found = topics_.find(key);
  if (found == topics_.end()) return {};
  Topic& topic = found->second;
  Watchers readers = std::exchange(topic.new_watchers, {});
  const bool is_new = !google::protobuf::util::MessageDifferencer::Equals(figures, topic.figures);
  topic.sequence = result.as_of().sequence();
  if (is_new || IsRepeatDue(topic)) {
    topic.figures = std::move(figures);
    topic.offered_at = std::chrono::steady_clock::now();
    topic.watchers.insert(topic.watchers.end(), readers.begin(), readers.end());
    return topic.watchers;
  }
  topic.watchers.insert(topic.watchers.end(), readers.begin(), readers.end());
  return readers;
}

ResultFeed::Watchers ResultFeed::TakeAll(const std::string& key) {
  const MutexLock lock(mutex_);
  const auto found = topics_.find(key);
  if (found == topics_.end()) return {};
  Watchers all = std::move(found->second.watchers);
  all.insert(all.end(), found->second.new_watchers.begin(), found->second.new_watchers.end());
  topics_.erase(found);
  return all;
}

bool ResultFeed::IsRepeatDue(const Topic& topic) const {
  return std::chrono::steady_clock::now() - topic.offered_at >=
         absl::ToChronoNanoseconds(repeat_after_);
}

}  // namespace canvass::publisher
