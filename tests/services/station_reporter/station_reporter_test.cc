#include "services/station_reporter/station_reporter.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/station_reporter/station_reporter_fixture.h"

namespace canvass::station_reporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(StationReporterTest, IsHealthyOnceItReachesTheAggregator) {
  EXPECT_EQ(Health(""), grpc::health::v1::HealthCheckResponse::SERVING);
  WaitUntilServing();
  aggregator_->SetActive(false);
  WaitUntilServing(false);
  EXPECT_EQ(Health(""), grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST_F(StationReporterTest, HandsAReportOnAndItsReceiptBack) {
  WaitUntilServing();
  const auto receipt = Submit(CleanReport("s-1"));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->state(), v1::RECEIPT_STATE_RECORDED);
  EXPECT_EQ(receipt->sequence(), 1);
  const auto received = aggregator_->received();
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(received[0].report().DebugString(), CleanReport("s-1").DebugString());
  EXPECT_EQ(received[0].actor(), "local");
  EXPECT_EQ(received[0].received_at().seconds(), 1'707'328'800);
  EXPECT_FALSE(received[0].validate_only());
  const auto held = Submit(CleanReport("held-1"));
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->state(), v1::RECEIPT_STATE_HELD);
}

TEST_F(StationReporterTest, ARefusalIsAnErrorWithItsFindings) {
  WaitUntilServing();
  const auto receipt = Submit(CleanReport("bad-1"));
  EXPECT_EQ(receipt.status().code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetail detail = DetailOf(receipt.status());
  EXPECT_EQ(detail.reason, "VOTES_NOT_BALANCED");
  EXPECT_THAT(detail.violations, ElementsAre(FieldViolation{"report.ballots.ballots_cast",
                                                            "VOTES_NOT_BALANCED: 505 and 510"}));
  EXPECT_THAT(aggregator_->received(), SizeIs(1));
}

TEST_F(StationReporterTest, AValidationAnswersWithTheReceiptWhateverItSays) {
  WaitUntilServing();
  const auto refused = Submit(CleanReport("bad-1"), /*validate_only=*/true);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->state(), v1::RECEIPT_STATE_REFUSED);
  EXPECT_THAT(refused->findings(), SizeIs(1));
  const auto fine = Submit(CleanReport("s-1"), /*validate_only=*/true);
  ASSERT_TRUE(fine.ok()) << fine.status();
  EXPECT_EQ(fine->sequence(), 0);
  EXPECT_TRUE(aggregator_->received()[1].validate_only());
}

TEST_F(StationReporterTest, WhatNoListCouldKeepIsRefusedHere) {
  WaitUntilServing();
  v1::StationReport report = CleanReport("s-1");
  report.clear_election_id();
  auto status = Submit(report).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(status).reason, "FIELD_MISSING");
  ASSERT_THAT(DetailOf(status).violations, SizeIs(1));
  EXPECT_EQ(DetailOf(status).violations[0].field, "report.election_id");
  report = CleanReport("s-1");
  report.set_reason(std::string(2 << 20, 'x'));
  status = Submit(report).status();
  EXPECT_EQ(DetailOf(status).reason, "REPORT_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("1048576"));
  EXPECT_THAT(aggregator_->received(), SizeIs(0));
}

TEST_F(StationReporterTest, AnAbsurdDeadlineIsRefused) {
  WaitUntilServing();
  const auto status = Submit(CleanReport("s-1"), false, absl::Hours(48)).status();
  EXPECT_EQ(DetailOf(status).reason, "DEADLINE_OUT_OF_RANGE");
}

TEST_F(StationReporterTest, ADeadlineEndsTheWaitButNotTheReport) {
  WaitUntilServing();
  aggregator_->Pause();
  EXPECT_EQ(Submit(CleanReport("s-1"), false, absl::Seconds(2)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(aggregator_->WaitForReports(1));
  aggregator_->Resume();
  const auto receipt = Submit(CleanReport("s-2"));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->sequence(), 2);
}

TEST_F(StationReporterTest, WithoutAnAggregatorItSaysSoAtOnce) {
  StartReporter("127.0.0.1:1");
  const absl::Time start = absl::Now();
  const auto status = Submit(CleanReport("s-1")).status();
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "AGGREGATOR_UNREACHABLE");
  EXPECT_GT(DetailOf(status).retry_after_ms, 0);
  EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1:1"));
  EXPECT_FALSE(IsServing());
  ClientStream stream(*stub_);
  stream.Send({CleanReport("s-1")});
  EXPECT_THAT(stream.Receive(1), SizeIs(0));
  EXPECT_EQ(DetailOf(stream.Finish()).reason, "AGGREGATOR_UNREACHABLE");
}

TEST_F(StationReporterTest, WhatWasInFlightWhenTheStreamBrokeIsInDoubt) {
  WaitUntilServing();
  aggregator_->Pause();
  auto waiting = std::async(std::launch::async, [this] { return Submit(CleanReport("s-1")); });
  ASSERT_TRUE(aggregator_->WaitForReports(1));
  aggregator_->BreakStreams();
  const absl::Status status = waiting.get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "AGGREGATOR_UNREACHABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("never counted twice"));
  // It comes back by itself, and sends nothing twice.
  aggregator_->Resume();
  WaitUntilServing();
  absl::StatusOr<v1::Receipt> again = Submit(CleanReport("s-1"));
  while (absl::IsUnavailable(again.status())) again = Submit(CleanReport("s-1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(aggregator_->received(), SizeIs(2));
}

TEST_F(StationReporterTest, AnAggregatorThatStartsAgainIsFound) {
  WaitUntilServing();
  const std::string address = aggregator_->address();
  aggregator_.reset();
  WaitUntilServing(false);
  EXPECT_EQ(DetailOf(Submit(CleanReport("s-1")).status()).reason, "AGGREGATOR_UNREACHABLE");
  aggregator_ = std::make_unique<FakeAggregator>(address);
  WaitUntilServing();
  EXPECT_TRUE(Submit(CleanReport("s-1")).ok());
}

TEST_F(StationReporterTest, AnAggregatorThatAnswersTooMuchIsNotBelieved) {
  WaitUntilServing();
  aggregator_->AnswerTooMuch();
  const absl::Status status = Submit(CleanReport("s-1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 receipts"));
}

TEST_F(StationReporterTest, AFullQueueTurnsSubmittersAway) {
  StartReporter(aggregator_->address(), {.reports_waiting_max = 1, .messages_in_flight_max = 1});
  WaitUntilServing();
  aggregator_->Pause();
  auto sent = std::async(std::launch::async, [this] { return Submit(CleanReport("s-1")); });
  ASSERT_TRUE(aggregator_->WaitForReports(1));
  // One more waits for its turn; whoever comes then is turned away.
  auto waiting = std::async(std::launch::async, [this] { return Submit(CleanReport("s-2")); });
  absl::Status status;
  const absl::Time until = absl::Now() + kPatience;
  do {
    status = Submit(CleanReport("s-3"), false, absl::Milliseconds(100)).status();
  } while (!absl::IsResourceExhausted(status) && absl::Now() < until);
  EXPECT_EQ(DetailOf(status).reason, "QUEUE_FULL");
  EXPECT_GT(DetailOf(status).retry_after_ms, 0);
  aggregator_->Resume();
  EXPECT_TRUE(sent.get().ok());
}

TEST_F(StationReporterTest, AStreamGetsAReceiptForEachReportInOrder) {
  WaitUntilServing();
  ClientStream stream(*stub_);
  v1::StationReport nowhere = CleanReport("s-nowhere");
  nowhere.clear_election_id();
  ASSERT_TRUE(
      stream.Send({CleanReport("s-1"), CleanReport("bad-1"), nowhere, CleanReport("held-1")}));
  ASSERT_TRUE(stream.Send({}));
  ASSERT_TRUE(stream.Send({nowhere}));
  ASSERT_TRUE(stream.Send({CleanReport("s-2")}));
  stream.HalfClose();
  const std::vector<v1::Receipt> receipts = stream.Receive(100);
  std::vector<std::string> seen;
  seen.reserve(receipts.size());
  for (const v1::Receipt& receipt : receipts) {
    seen.push_back(absl::StrCat(receipt.key().station_id(), " ", receipt.state()));
  }
  EXPECT_THAT(seen,
              ElementsAre("s-1 2", "bad-1 4", "s-nowhere 4", "held-1 3", "s-nowhere 4", "s-2 2"));
  EXPECT_EQ(receipts[2].findings(0).rule(), "FIELD_MISSING");
  EXPECT_EQ(receipts[2].findings(0).field(), "election_id");
  EXPECT_EQ(stream.Finish(), absl::OkStatus());
  EXPECT_THAT(aggregator_->received(), SizeIs(4));
}

TEST_F(StationReporterTest, ManyReportsTravelInFewMessages) {
  WaitUntilServing();
  constexpr int kMessages = 60;
  constexpr int kReports = 500;
  ClientStream stream(*stub_);
  std::thread sender([&stream] {
    for (int m = 0; m < kMessages; ++m) {
      std::vector<v1::StationReport> reports;
      for (int r = 0; r < kReports; ++r)
        reports.push_back(CleanReport(absl::StrCat("s-", m * kReports + r)));
      ASSERT_TRUE(stream.Send(reports));
    }
    stream.HalfClose();
  });
  const std::vector<v1::Receipt> receipts = stream.Receive(kMessages * kReports);
  sender.join();
  ASSERT_THAT(receipts, SizeIs(kMessages * kReports));
  for (int i = 0; i < kMessages * kReports; ++i) {
    ASSERT_EQ(receipts[static_cast<std::size_t>(i)].key().station_id(), absl::StrCat("s-", i));
  }
  EXPECT_TRUE(stream.Receive(1).empty());
  EXPECT_EQ(stream.Finish(), absl::OkStatus());
  EXPECT_LE(aggregator_->messages(), kMessages);
}

// 16 messages of a stream are on their way at most; the client waits.
TEST_F(StationReporterTest, AStreamIsHeldBackWhileItsReportsAreOnTheirWay) {
  WaitUntilServing();
  aggregator_->Pause();
  ClientStream stream(*stub_);
  std::thread sender([&stream] {
    for (int m = 0; m < 40; ++m) ASSERT_TRUE(stream.Send({CleanReport(absl::StrCat("s-", m))}));
    stream.HalfClose();
  });
  ASSERT_TRUE(aggregator_->WaitForReports(16));
  absl::SleepFor(absl::Milliseconds(50));  // for more, if there were any
  EXPECT_THAT(aggregator_->received(), SizeIs(16));
  aggregator_->Resume();
  EXPECT_THAT(stream.Receive(40), SizeIs(40));
  sender.join();
  EXPECT_TRUE(stream.Receive(1).empty());
  EXPECT_EQ(stream.Finish(), absl::OkStatus());
}

TEST_F(StationReporterTest, TooManyReportsInAMessageEndTheStreamAfterWhatCameBefore) {
  WaitUntilServing();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send({CleanReport("s-1")}));
  ASSERT_TRUE(stream.Send(std::vector<v1::StationReport>(1001, CleanReport("s-2"))));
  EXPECT_THAT(stream.Receive(100), SizeIs(1));
  const absl::Status status = stream.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(status).reason, "TOO_MANY_REPORTS");
  EXPECT_THAT(std::string(status.message()), HasSubstr("1001"));
  EXPECT_THAT(aggregator_->received(), SizeIs(1));
}

TEST_F(StationReporterTest, ABrokenStreamEndsAfterTheReceiptsThatCame) {
  WaitUntilServing();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send({CleanReport("s-1")}));
  EXPECT_THAT(stream.Receive(1), SizeIs(1));
  aggregator_->Pause();
  ASSERT_TRUE(stream.Send({CleanReport("s-2")}));
  ASSERT_TRUE(aggregator_->WaitForReports(2));
  aggregator_->BreakStreams();
  EXPECT_TRUE(stream.Receive(1).empty());
  const absl::Status status = stream.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "AGGREGATOR_UNREACHABLE");
}

TEST_F(StationReporterTest, AClientThatLeavesHarmsNobody) {
  WaitUntilServing();
  aggregator_->Pause();
  {
    ClientStream stream(*stub_);
    ASSERT_TRUE(stream.Send({CleanReport("s-1")}));
    ASSERT_TRUE(aggregator_->WaitForReports(1));
    stream.Cancel();
    EXPECT_EQ(stream.Finish().code(), absl::StatusCode::kCancelled);
  }
  aggregator_->Resume();
  EXPECT_TRUE(Submit(CleanReport("s-2")).ok());
}

TEST_F(StationReporterTest, BytesThatAreNoMessageAreSaidToBeSo) {
  WaitUntilServing();
  // Field 1, a report, whose election_id is the byte ff.
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  rpc::SetDeadline(context, kPatience);
  const grpc::ByteBuffer request = rpc::ToByteBuffer("\x0a\x03\x0a\x01\xff");
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/canvass.reporter.v1.StationReporterService/SubmitReport", {}, &request,
                 &response, [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const absl::Status status = rpc::FromGrpcStatus(done.get_future().get());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(status).reason, "MESSAGE_MALFORMED");
}

TEST_F(StationReporterTest, ReceiptsAreAskedOfTheAggregator) {
  WaitUntilServing();
  const auto receipt = GetReceipt("e", "s-1");
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->key().station_id(), "s-1");
  EXPECT_EQ(GetReceipt("e", "unknown").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(DetailOf(GetReceipt("e", "unknown").status()).reason, "REPORT_UNKNOWN");
  EXPECT_EQ(DetailOf(GetReceipt("", "s-1").status()).violations[0].field, "key.election_id");
  aggregator_->Pause();
  EXPECT_EQ(GetReceipt("e", "slow", absl::Milliseconds(200)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  aggregator_->Resume();
  StartReporter("127.0.0.1:1");
  EXPECT_EQ(DetailOf(GetReceipt("e", "s-1").status()).reason, "AGGREGATOR_UNREACHABLE");
}

TEST_F(StationReporterTest, StopWaitsForReceiptsAndEndsStreams) {
  WaitUntilServing();
  aggregator_->Pause();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send({CleanReport("s-1")}));
  auto unary = std::async(std::launch::async, [this] { return Submit(CleanReport("s-2")); });
  ASSERT_TRUE(aggregator_->WaitForReports(2));
  auto stopped = std::async(std::launch::async, [this] { reporter_->Stop(); });
  // It waits: nothing has been answered yet.
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  aggregator_->Resume();
  stopped.get();
  EXPECT_TRUE(unary.get().ok());
  EXPECT_THAT(stream.Receive(10), SizeIs(1));
  const absl::Status status = stream.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "SHUTTING_DOWN");
  EXPECT_FALSE(Submit(CleanReport("s-3"), false, absl::Seconds(5)).ok());
}

TEST_F(StationReporterTest, WithoutAnOutboxThereIsNothingToList) {
  EXPECT_EQ(DetailOf(ListOutbox().status()).reason, "OUTBOX_MISSING");
}

}  // namespace
}  // namespace canvass::station_reporter
