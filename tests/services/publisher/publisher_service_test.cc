#include "services/publisher/publisher_service.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/running_publisher.h"

namespace canvass::publisher {
namespace {

using PublisherServiceTest = RunningPublisher;

TEST_F(PublisherServiceTest, SendsTheWatchedResultAtOnceAndWhenItChanges) {
  script_.Report("n-1", {60, 30, 6});
  Show(script_);
  board_.AddListener([this] { feed_.Wake(); });
  v1::WatchResultRequest request;
  request.set_election_id("e-1");
  request.set_area_id("north");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.result().ballots_cast(), 100);

  script_.Report("s-1", {7, 8, 9});  // elsewhere: nothing to say
  Show(script_);
  script_.Report("n-2", {50, 40, 5});
  Show(script_);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.result().ballots_cast(), 199);
  EXPECT_EQ(response.result().as_of().sequence(), 5);
  context.TryCancel();
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(PublisherServiceTest, EndsWatchesThatItCannotServe) {
  Show(script_);
  v1::WatchResultRequest request;
  request.set_election_id("e-9");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(ReasonOf(rpc::FromGrpcStatus(reader->Finish())), "ELECTION_UNKNOWN");
}

TEST_F(PublisherServiceTest, EndsWatchesWhenItStops) {
  Show(script_);
  v1::WatchResultRequest request;
  request.set_election_id("e-1");
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(20));
  const auto reader = stub_->WatchResult(&context, request);
  v1::WatchResultResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server_->Stop([this] { feed_.Stop(); });
  EXPECT_FALSE(reader->Read(&response));
  const absl::Status ended = rpc::FromGrpcStatus(reader->Finish());
  EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(ended), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace canvass::publisher
