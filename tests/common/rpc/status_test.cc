#include "common/rpc/status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(StatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(StatusTest, AStatusWithoutDetailKeepsCodeAndMessageAndHasNoDetails) {
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("no such station"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such station");
  EXPECT_THAT(status.error_details(), IsEmpty());
  EXPECT_EQ(FromGrpcStatus(status), absl::NotFoundError("no such station"));
}

TEST(StatusTest, EveryDetailComesBack) {
  const ErrorDetail detail = {
      .reason = "VOTES_NOT_BALANCED",
      .violations = {{"report.ballots.ballots_cast", "505 votes, 510 ballots"},
                     {"report.reason", "missing"}},
      .metadata = {{"ballots_cast", "510"}, {"votes", "505"}},
      .retry_after_ms = 1500};
  const absl::Status status =
      ErrorWithDetail(absl::StatusCode::kInvalidArgument, "Səs: 505 ≠ 510", detail);
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(back.message(), "Səs: 505 ≠ 510");
  EXPECT_EQ(DetailOf(back), detail);
}

// What other languages' clients read.
TEST(StatusTest, DetailsAreThoseOfGoogleRpc) {
  const grpc::Status status = ToGrpcStatus(
      MakeError(reason::kQueueFull, "full", {.violations = {{"f", "d"}}, .retry_after_ms = 250}));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 8);
  EXPECT_EQ(details.message(), "full");
  ASSERT_THAT(details.details(), SizeIs(3));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "QUEUE_FULL");
  EXPECT_EQ(info.domain(), "canvass");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(details.details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "f");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(details.details(2).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().nanos(), 250'000'000);
}

TEST(StatusTest, ForeignDetailsAreNoReasonToFail) {
  const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "away", "not a google.rpc.Status \xff");
  const absl::Status back = FromGrpcStatus(status);
  EXPECT_EQ(back, absl::UnavailableError("away"));
}

// A text that is not UTF-8 would make every detail unreadable.
TEST(StatusTest, BytesThatAreNotUtf8AreReplaced) {
  const absl::Status status = ErrorWithDetail(absl::StatusCode::kInternal, "caf\xe9 \xf0\x9f",
                                              {.reason = "R", .metadata = {{"k", "\xff"}}});
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.message(), "caf? ??");
  EXPECT_EQ(DetailOf(back).metadata.front().second, "?");
}

TEST(StatusTest, LongTextsAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "ə";
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(absl::InternalError(text)));
  EXPECT_EQ(back.message().size(), 1024 + 3);
  EXPECT_THAT(std::string(back.message()), EndsWith("ə..."));
}

// C++ clients refuse trailers above 8 KiB; a report of a thousand unknown candidates must not get
// there.
TEST(StatusTest, ViolationsThatDoNotFitAreLeftOutAndCounted) {
  ErrorDetail detail = {.reason = "CANDIDATE_UNKNOWN"};
  for (int i = 0; i < 1000; ++i) {
    detail.violations.push_back(
        {"report.ballots.votes[" + std::to_string(i) + "].candidate_id", std::string(100, 'x')});
  }
  const grpc::Status status = ToGrpcStatus(
      ErrorWithDetail(absl::StatusCode::kInvalidArgument, std::string(2000, 'm'), detail));
  EXPECT_LT(status.error_message().size() + status.error_details().size() * 4 / 3, 7200);
  const ErrorDetail back = DetailOf(FromGrpcStatus(status));
  ASSERT_FALSE(back.violations.empty());
  EXPECT_EQ(back.violations.front(), detail.violations.front());
  ASSERT_THAT(back.metadata, SizeIs(1));
  EXPECT_EQ(back.metadata.front().first, "violations_left_out");
  EXPECT_EQ(back.metadata.front().second, std::to_string(1000 - back.violations.size()));
}

}  // namespace
}  // namespace canvass::rpc
