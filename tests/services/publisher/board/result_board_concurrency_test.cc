#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/message.h"
#include "gtest/gtest.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/calls/area_snapshots.h"
#include "services/publisher/calls/change_calls.h"
#include "services/publisher/calls/election_calls.h"
#include "services/publisher/calls/result_calls.h"
#include "services/publisher/calls/station_calls.h"
#include "services/publisher/watch/result_feed.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/support/definition_builder.h"

namespace canvass::publisher {
namespace {

constexpr int kStations = 120;
constexpr std::int64_t kBallotsPerStation = 100;

std::string StationId(int number) { return "s-" + std::to_string(number); }

testing::DefinitionBuilder ManyStations() {
  testing::DefinitionBuilder definition;
  definition.WithArea("north").WithArea("south");
  for (int i = 0; i < kStations; ++i) {
    definition.WithStation(testing::MakeStation(StationId(i), i % 2 == 0 ? "north" : "south"));
  }
  return definition;
}

// One thread feeds the board: a report of 100 ballots in each step, every tenth step wrong at
// first, while others read everything that can be read and check that what they see belongs
// together.
class ResultBoardConcurrencyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Feed(script_.Step()).ok()); }

  absl::Status Feed(const std::vector<aggregator::v1::WatchLedgerResponse>& messages) {
    for (const auto& message : messages) {
      if (absl::Status taken = board_.Take(message); !taken.ok()) return taken;
    }
    return board_.Take(LedgerScript::Confirmation());
  }

  void FeedEverything() {
    for (int i = 0; i < kStations; ++i) {
      clock_.Advance(absl::Milliseconds(100));  // no page of a list expires meanwhile
      script_.Report(StationId(i), {60, 30, 6});
      auto step = script_.Step();
      if (i % 10 == 0) {
        auto wrong = step;
        wrong.back().mutable_tallies(0)->set_votes(0, 1);
        EXPECT_FALSE(Feed(wrong).ok());
      }
      EXPECT_TRUE(Feed(step).ok());
    }
    finished_ = true;
  }

  // The definition is two entries, and each entry after them a counted station.
  static void CheckResult(const canvass::v1::Result& result, std::int64_t& sequence) {
    EXPECT_GE(result.as_of().sequence(), sequence);
    sequence = result.as_of().sequence();
    EXPECT_EQ(result.progress().stations_counted(), sequence - 2);
    EXPECT_EQ(result.ballots_cast(), (sequence - 2) * kBallotsPerStation);
  }

  void ReadNational() const {
    std::int64_t sequence = 0;
    while (!finished_) {
      v1::GetNationalResultRequest request;
      request.set_election_id("e-1");
      request.set_min_sequence(sequence);
      const auto bytes = GetNationalResult(board_, request);
      ASSERT_TRUE(bytes.ok());
      v1::GetNationalResultResponse response;
      ASSERT_TRUE(rpc::ParseMessage(**bytes, response).ok());
      CheckResult(response.result(), sequence);
    }
  }

  void ReadAreas() {
    while (!finished_) {
      v1::ListAreaResultsRequest request;
      request.set_election_id("e-1");
      request.set_page_size(1);
      std::vector<canvass::v1::Result> results;
      do {
        v1::ListAreaResultsResponse response;
        ASSERT_TRUE(ListAreaResults(board_, snapshots_, request, response).ok());
        results.push_back(response.results(0));
        request.set_page_token(response.next_page_token());
      } while (!request.page_token().empty());
      ASSERT_EQ(results.size(), 3);
      EXPECT_EQ(results[1].as_of().sequence(), results[0].as_of().sequence());
      EXPECT_EQ(results[2].as_of().sequence(), results[0].as_of().sequence());
      EXPECT_EQ(results[1].ballots_cast() + results[2].ballots_cast(), results[0].ballots_cast());
    }
  }

  void ReadLists() const {
    while (!finished_) {
      v1::ListStationReportsRequest stations;
      stations.set_election_id("e-1");
      stations.set_state(canvass::v1::STATION_STATE_COUNTED);
      stations.set_page_size(1000);
      v1::ListStationReportsResponse counted;
      ASSERT_TRUE(ListStationReports(board_, stations, counted).ok());
      EXPECT_EQ(counted.standings_size(), counted.as_of().sequence() - 2);

      v1::GetHistoryRequest history;
      history.set_election_id("e-1");
      history.set_page_size(1000);
      v1::GetHistoryResponse points;
      ASSERT_TRUE(GetHistory(board_, history, points).ok());
      for (const auto& point : points.results()) {
        std::int64_t sequence = 0;
        CheckResult(point, sequence);
      }
      v1::ListChangesRequest changes;
      changes.set_election_id("e-1");
      changes.set_page_size(1000);
      v1::ListChangesResponse entries;
      ASSERT_TRUE(ListChanges(board_, changes, entries).ok());
      EXPECT_EQ(entries.entries_size(), entries.as_of().sequence());
      v1::ListElectionsResponse elections;
      ASSERT_TRUE(ListElections(board_, {}, elections).ok());
      EXPECT_EQ(elections.elections_size(), 1);
    }
  }

  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  AreaSnapshots snapshots_{clock_};
  LedgerScript script_{ManyStations()};
  std::atomic<bool> finished_ = false;
};

TEST_F(ResultBoardConcurrencyTest, EveryAnswerBelongsToOneMoment) {
  std::vector<std::thread> readers;
  readers.emplace_back([this] { ReadNational(); });
  readers.emplace_back([this] { ReadNational(); });
  readers.emplace_back([this] { ReadAreas(); });
  readers.emplace_back([this] { ReadLists(); });
  FeedEverything();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(board_.SequenceOf("e-1"), kStations + 2);
}

// Checks what it is offered, and knows when it has seen the last.
class CheckingWatcher final : public ResultWatcher {
 public:
  void Offer(std::shared_ptr<const v1::WatchResultResponse> response) override {
    const MutexLock lock(mutex_);
    const canvass::v1::Result& result = response->result();
    EXPECT_GE(result.as_of().sequence(), sequence_);
    EXPECT_EQ(result.ballots_cast(), (result.as_of().sequence() - 2) * kBallotsPerStation);
    sequence_ = result.as_of().sequence();
    changed_.NotifyAll();
  }
  void End(const absl::Status& why) override {
    const MutexLock lock(mutex_);
    ended_ = !why.ok();
    changed_.NotifyAll();
  }
  void WaitForSequence(std::int64_t sequence) {
    const MutexLock lock(mutex_);
    while (sequence_ < sequence) changed_.Wait(mutex_);
  }
  bool ended() {
    const MutexLock lock(mutex_);
    return ended_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_F(ResultBoardConcurrencyTest, WatchersComeAndGoWhileStepsArrive) {
  ResultFeed feed(board_);
  board_.AddListener([&feed] { feed.Wake(); });
  v1::WatchResultRequest request;
  request.set_election_id("e-1");
  const auto staying = std::make_shared<CheckingWatcher>();
  rpc::CallPlace staying_place;
  ASSERT_TRUE(feed.Add(request, "caller", staying, staying_place).ok());
  std::thread passing([&] {
    while (!finished_) {
      const auto watcher = std::make_shared<CheckingWatcher>();
      rpc::CallPlace place;
      ASSERT_TRUE(feed.Add(request, "caller", watcher, place).ok());
      watcher->WaitForSequence(2);
      feed.Remove(request, watcher.get());
    }
  });
  FeedEverything();
  staying->WaitForSequence(kStations + 2);
  passing.join();
  feed.Stop();
  EXPECT_TRUE(staying->ended());
}

}  // namespace
}  // namespace canvass::publisher
