#include "services/publisher/watch/result_feed.h"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;

// Keeps what it is offered.
class KeepingWatcher final : public ResultWatcher {
 public:
  void Offer(std::shared_ptr<const v1::WatchResultResponse> response) override {
    const MutexLock lock(mutex_);
    cast_.push_back(response->result().ballots_cast());
    changed_.NotifyAll();
  }
  void End(const absl::Status& why) override {
    const MutexLock lock(mutex_);
    end_ = why;
    changed_.NotifyAll();
  }

  // Ballots cast of the first `count` offers.
  std::vector<std::int64_t> WaitForOffers(std::size_t count) {
    const MutexLock lock(mutex_);
    while (cast_.size() < count && end_.ok()) changed_.Wait(mutex_);
    return cast_;
  }
  absl::Status WaitForEnd() {
    const MutexLock lock(mutex_);
    while (end_.ok()) changed_.Wait(mutex_);
    return end_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::int64_t> cast_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

class ResultFeedTest : public ::testing::Test {
 protected:
  void Show() {
    for (const auto& message : script_.Step()) ASSERT_TRUE(board_.Take(message).ok());
    ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  }
  static v1::WatchResultRequest National() {
    v1::WatchResultRequest request;
    request.set_election_id("e-1");
    return request;
  }

  // Adds a watcher, and frees its place at once.
  static absl::Status Add(ResultFeed& feed, const v1::WatchResultRequest& request,
                          std::shared_ptr<ResultWatcher> watcher) {
    rpc::CallPlace place;
    return feed.Add(request, "caller", std::move(watcher), place);
  }

  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  LedgerScript script_;
};

TEST_F(ResultFeedTest, OffersAtOnceAndOnChange) {
  ResultFeed feed(board_);
  script_.Report("n-1", {60, 30, 6});
  Show();
  const auto first = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), first).ok());
  EXPECT_THAT(first->WaitForOffers(1), ElementsAre(100));
  // One who comes later is told, and nobody else hears it twice.
  const auto second = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), second).ok());
  EXPECT_THAT(second->WaitForOffers(1), ElementsAre(100));
  script_.ReportFrom("observers", "n-1", {1, 2, 3});
  Show();
  feed.Wake();
  script_.Report("n-2", {50, 40, 5});
  Show();
  feed.Wake();
  EXPECT_THAT(first->WaitForOffers(2), ElementsAre(100, 199));
  EXPECT_THAT(second->WaitForOffers(2), ElementsAre(100, 199));
}

TEST_F(ResultFeedTest, RepeatsWhatDoesNotChange) {
  ResultFeed feed(board_, /*repeat_after=*/absl::Milliseconds(15));
  script_.Report("n-1", {60, 30, 6});
  Show();
  const auto watcher = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), watcher).ok());
  const auto offers = watcher->WaitForOffers(3);
  EXPECT_EQ(offers[0], 100);
  EXPECT_EQ(offers[2], 100);
}

TEST_F(ResultFeedTest, TellsWhyThereIsNothingToWatch) {
  ResultFeed feed(board_);
  Show();
  const auto watcher = std::make_shared<KeepingWatcher>();
  v1::WatchResultRequest request = National();
  request.set_area_id("west");
  ASSERT_TRUE(Add(feed, request, watcher).ok());
  EXPECT_EQ(DetailOf(watcher->WaitForEnd()).reason, "AREA_UNKNOWN");
}

TEST_F(ResultFeedTest, EndsEverybodyWhenItStops) {
  ResultFeed feed(board_);
  Show();
  const auto watcher = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), watcher).ok());
  watcher->WaitForOffers(1);
  feed.Stop();
  EXPECT_EQ(DetailOf(watcher->WaitForEnd()).reason, "SHUTTING_DOWN");
  EXPECT_EQ(DetailOf(Add(feed, National(), watcher)).reason, "SHUTTING_DOWN");
}

TEST_F(ResultFeedTest, ForgetsThoseWhoAreGone) {
  ResultFeed feed(board_);
  Show();
  const auto gone = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), gone).ok());
  gone->WaitForOffers(1);
  feed.Remove(National(), gone.get());
  const auto other = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, National(), other).ok());
  other->WaitForOffers(1);
  script_.Report("n-1", {60, 30, 6});
  Show();
  feed.Wake();
  other->WaitForOffers(2);
  EXPECT_THAT(gone->WaitForOffers(1), ::testing::SizeIs(1));
}

// Fields that nobody knows are not part of the question.
TEST_F(ResultFeedTest, UnknownFieldsDoNotMakeAnotherResult) {
  ResultFeed feed(board_);
  Show();
  v1::WatchResultRequest padded = National();
  padded.GetReflection()->MutableUnknownFields(&padded)->AddLengthDelimited(99, "padding");
  const auto gone = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, padded, gone).ok());
  gone->WaitForOffers(1);
  feed.Remove(National(), gone.get());
  const auto other = std::make_shared<KeepingWatcher>();
  ASSERT_TRUE(Add(feed, padded, other).ok());
  other->WaitForOffers(1);
  script_.Report("n-1", {60, 30, 6});
  Show();
  feed.Wake();
  other->WaitForOffers(2);
  EXPECT_THAT(gone->WaitForOffers(1), ::testing::SizeIs(1));
}

TEST_F(ResultFeedTest, LargeRequestsAreRefused) {
  ResultFeed feed(board_);
  v1::WatchResultRequest request = National();
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
      99, std::string(ResultFeed::kRequestBytesMax, 'x'));
  const absl::Status refused = Add(feed, request, std::make_shared<KeepingWatcher>());
  EXPECT_EQ(DetailOf(refused).reason, "REQUEST_TOO_LARGE");
}

TEST_F(ResultFeedTest, CallersShareThePlaces) {
  ResultFeed feed(board_);
  Show();
  const auto watcher = std::make_shared<KeepingWatcher>();
  std::deque<rpc::CallPlace> flood;
  while (feed.Add(National(), "flood", watcher, flood.emplace_back()).ok()) continue;
  EXPECT_EQ(flood.size() - 1, ResultFeed::kWatchersMax / 2);
  const absl::Status full = feed.Add(National(), "flood", watcher, flood.back());
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(full).reason, "TOO_MANY_WATCHERS");
  EXPECT_GT(DetailOf(full).retry_after_ms, 0);
  rpc::CallPlace other;
  EXPECT_TRUE(feed.Add(National(), "other", watcher, other).ok());
  flood.clear();
  rpc::CallPlace again;
  EXPECT_TRUE(feed.Add(National(), "flood", watcher, again).ok());
}

}  // namespace
}  // namespace canvass::publisher
