#include "services/publisher/watch/aggregator_watch.h"

#include <grpcpp/server_context.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

using aggregator::v1::WatchLedgerRequest;
using aggregator::v1::WatchLedgerResponse;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Sends what it is given to whoever watches.
class FakeAggregator final : public aggregator::v1::AggregatorService::Service {
 public:
  grpc::Status WatchLedger(grpc::ServerContext* context, const WatchLedgerRequest* request,
                           grpc::ServerWriter<WatchLedgerResponse>* writer) override {
    const MutexLock lock(mutex_);
    requests_.push_back(*request);
    changed_.NotifyAll();
    while (!context->IsCancelled()) {
      if (!end_.ok()) return rpc::ToGrpcStatus(std::exchange(end_, absl::OkStatus()));
      if (messages_.empty()) {
        changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(absl::Milliseconds(5)));
        continue;
      }
      writer->Write(messages_.front());
      messages_.pop_front();
    }
    return grpc::Status::CANCELLED;
  }

  void Send(const std::vector<WatchLedgerResponse>& messages) {
    const MutexLock lock(mutex_);
    messages_.insert(messages_.end(), messages.begin(), messages.end());
    changed_.NotifyAll();
  }
  void End(const absl::Status& status) {
    const MutexLock lock(mutex_);
    end_ = status;
    changed_.NotifyAll();
  }
  // The request of the `number`th stream, from 1.
  WatchLedgerRequest WaitForRequest(std::size_t number) {
    const MutexLock lock(mutex_);
    while (requests_.size() < number) changed_.Wait(mutex_);
    return requests_[number - 1];
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<WatchLedgerResponse> messages_ ABSL_GUARDED_BY(mutex_);
  std::vector<WatchLedgerRequest> requests_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

class AggregatorWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    board_.AddListener([this] {
      const MutexLock lock(mutex_);
      changed_.NotifyAll();
    });
    StartAggregator("127.0.0.1:0");
  }

  void StartAggregator(const std::string& address) {
    auto server = rpc::Server::Start({.listen_address = address}, {&aggregator_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->SetServing(kHealth, true);
  }

  void WaitForSequence(std::int64_t sequence) {
    const MutexLock lock(mutex_);
    while (board_.SequenceOf("e-1") < sequence) {
      changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(absl::Milliseconds(20)));
    }
  }
  void WaitForDivergence() {
    const MutexLock lock(mutex_);
    while (!board_.IsDiverged()) {
      changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(absl::Milliseconds(20)));
    }
  }

  static constexpr char kHealth[] = "canvass.aggregator.v1.AggregatorService";
  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  LedgerScript script_;
  FakeAggregator aggregator_;
  std::unique_ptr<rpc::Server> server_;
  Mutex mutex_;
  CondVar changed_;
};

TEST_F(AggregatorWatchTest, FeedsTheBoard) {
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board_);
  EXPECT_THAT(aggregator_.WaitForRequest(1).positions(), IsEmpty());
  script_.Report("n-1", {60, 30, 6});
  aggregator_.Send(script_.Step());
  WaitForSequence(3);
  script_.Report("n-2", {50, 40, 5});
  aggregator_.Send(script_.Step());
  WaitForSequence(4);
}

TEST_F(AggregatorWatchTest, GoesOnFromWhereItStands) {
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board_);
  script_.Report("n-1", {60, 30, 6});
  aggregator_.Send(script_.Step());
  WaitForSequence(3);
  aggregator_.End(absl::UnavailableError("not active any more"));
  const WatchLedgerRequest resumed = aggregator_.WaitForRequest(2);
  ASSERT_THAT(resumed.positions(), SizeIs(1));
  EXPECT_EQ(resumed.positions(0).election_id(), "e-1");
  EXPECT_EQ(resumed.positions(0).sequence(), 3);
  script_.Report("n-2", {50, 40, 5});
  aggregator_.Send(script_.Step());
  WaitForSequence(4);
}

TEST_F(AggregatorWatchTest, GoesOnServingWhileTheAggregatorIsAway) {
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board_);
  script_.Report("n-1", {60, 30, 6});
  aggregator_.Send(script_.Step());
  WaitForSequence(3);
  const std::string address = server_->address();
  aggregator_.End(absl::UnavailableError("stopping"));
  server_.reset();
  EXPECT_EQ(board_.SequenceOf("e-1"), 3);
  StartAggregator(address);
  script_.Report("n-2", {50, 40, 5});
  aggregator_.Send(script_.Step());
  WaitForSequence(4);
}

TEST_F(AggregatorWatchTest, SaysThatTheLedgerHasDiverged) {
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board_);
  script_.Report("n-1", {60, 30, 6});
  aggregator_.Send(script_.Step());
  WaitForSequence(3);
  aggregator_.End(MakeError(absl::StatusCode::kFailedPrecondition, reason::kLedgerDiverged,
                            "does not match this ledger"));
  WaitForDivergence();
  EXPECT_EQ(board_.SequenceOf("e-1"), 3);
}

// So the aggregator notices that its database is older.
TEST_F(AggregatorWatchTest, TellsAfterARestartWhatItHasShown) {
  ResultBoard board(clock_, {{"e-1", {.ledger_id = "ledger-1", .sequence = 9, .hash = "ab"}}});
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board);
  EXPECT_THAT(aggregator_.WaitForRequest(1).positions(), IsEmpty());
  script_.Report("n-1", {60, 30, 6});
  aggregator_.Send(script_.Step());
  const WatchLedgerRequest told = aggregator_.WaitForRequest(2);
  ASSERT_THAT(told.positions(), SizeIs(1));
  EXPECT_EQ(told.positions(0).election_id(), "e-1");
  EXPECT_EQ(told.positions(0).ledger_id(), "ledger-1");
  EXPECT_EQ(told.positions(0).sequence(), 9);
  EXPECT_EQ(told.positions(0).root_hash(), "ab");
  aggregator_.End(
      MakeError(absl::StatusCode::kFailedPrecondition, reason::kLedgerDiverged, "it ends at 3"));
}

TEST_F(AggregatorWatchTest, LeavesAStreamThatSendsWrongFigures) {
  AggregatorWatch watch(rpc::NewChannel(server_->address(), {.health_service = kHealth}), board_);
  script_.Report("n-1", {60, 30, 6});
  auto step = script_.Step();
  step.back().mutable_tallies(0)->set_votes(0, 61);
  aggregator_.Send(step);
  WaitForDivergence();
  EXPECT_EQ(board_.SequenceOf("e-1"), 0);
}

TEST_F(AggregatorWatchTest, StopsWhileNobodyAnswers) {
  const std::string address = server_->address();
  server_.reset();
  AggregatorWatch watch(rpc::NewChannel(address, {.health_service = kHealth}), board_);
  watch.Stop();
}

}  // namespace
}  // namespace canvass::publisher
