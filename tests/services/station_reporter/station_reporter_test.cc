#include "services/station_reporter/station_reporter.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/services/station_reporter/fake_aggregator.h"
#include "tests/support/temporary_folder.h"

namespace canvass::station_reporter {
namespace {

using reporter::v1::SubmitReportsRequest;
using reporter::v1::SubmitReportsResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'707'328'800); }
};

constexpr absl::Duration kPatience = absl::Seconds(20);

v1::StationReport CleanReport(const std::string& station_id) {
  v1::StationReport report;
  report.set_election_id("az-2024-presidential");
  report.set_station_id(station_id);
  report.mutable_ballots()->set_ballots_cast(510);
  return report;
}

class StationReporterTest : public ::testing::Test {
 protected:
  explicit StationReporterTest(OutboxOptions outbox = {}) : outbox_(std::move(outbox)) {
    StartReporter(aggregator_->address());
  }
  // With an outbox in a folder that goes with the test.
  StationReporterTest(std::in_place_t /*with_folder*/, OutboxOptions outbox)
      : folder_(std::in_place), outbox_(std::move(outbox)) {
    outbox_.file = folder_->File("outbox.sqlite");
    StartReporter(aggregator_->address());
  }
  ~StationReporterTest() override { reporter_.reset(); }

  // In place of the one before.
  void StartReporter(const std::string& aggregator, ReportQueueLimits limits = {}) {
    reporter_.reset();
    auto reporter = StationReporter::Start({.drain_timeout = kPatience},
                                           {.aggregator = aggregator,
                                            .longest_backoff = absl::Milliseconds(100),
                                            .queue_limits = limits},
                                           outbox_, clock_);
    ASSERT_TRUE(reporter.ok()) << reporter.status();
    reporter_ = *std::move(reporter);
    channel_ = rpc::NewChannel(reporter_->address());
    stub_ = reporter::v1::StationReporterService::NewStub(channel_);
  }

  grpc::health::v1::HealthCheckResponse::ServingStatus Health(const std::string& service) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, kPatience);
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const auto status =
        grpc::health::v1::Health::NewStub(channel_)->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  bool IsServing() {
    return Health(reporter::v1::StationReporterService::service_full_name()) ==
           grpc::health::v1::HealthCheckResponse::SERVING;
  }

  void WaitUntilServing(bool serving = true) {
    const absl::Time until = absl::Now() + kPatience;
    while (IsServing() != serving && absl::Now() < until) absl::SleepFor(absl::Milliseconds(5));
    ASSERT_EQ(IsServing(), serving);
  }

  absl::StatusOr<v1::Receipt> Submit(const v1::StationReport& report, bool validate_only = false,
                                     absl::Duration timeout = kPatience) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, timeout);
    reporter::v1::SubmitReportRequest request;
    *request.mutable_report() = report;
    request.set_validate_only(validate_only);
    reporter::v1::SubmitReportResponse response;
    const grpc::Status status = stub_->SubmitReport(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response.receipt();
  }

  absl::StatusOr<v1::Receipt> GetReceipt(const std::string& election_id,
                                         const std::string& station_id,
                                         absl::Duration timeout = kPatience) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, timeout);
    reporter::v1::GetReceiptRequest request;
    request.mutable_key()->set_election_id(election_id);
    request.mutable_key()->set_station_id(station_id);
    reporter::v1::GetReceiptResponse response;
    const grpc::Status status = stub_->GetReceipt(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response.receipt();
  }

  absl::StatusOr<reporter::v1::ListOutboxResponse> ListOutbox(
      const reporter::v1::ListOutboxRequest& request = {}) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, kPatience);
    reporter::v1::ListOutboxResponse response;
    const grpc::Status status = stub_->ListOutbox(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }

  std::optional<testing::TemporaryFolder> folder_;
  OutboxOptions outbox_;
  FixedClock clock_;
  std::unique_ptr<FakeAggregator> aggregator_ = std::make_unique<FakeAggregator>();
  std::unique_ptr<StationReporter> reporter_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<reporter::v1::StationReporterService::Stub> stub_;
};

// A stream of SubmitReports as a client has it.
class ClientStream {
 public:
  explicit ClientStream(reporter::v1::StationReporterService::Stub& stub) {
    rpc::SetDeadline(context_, kPatience);
    stream_ = stub.SubmitReports(&context_);
  }

  bool Send(const std::vector<v1::StationReport>& reports) {
    SubmitReportsRequest request;
    for (const v1::StationReport& report : reports) *request.add_reports() = report;
    return stream_->Write(request);
  }

  // Receipts until there are `count`, or the stream ends.
  std::vector<v1::Receipt> Receive(std::size_t count) {
    std::vector<v1::Receipt> receipts;
    SubmitReportsResponse response;
    while (receipts.size() < count && stream_->Read(&response)) {
      receipts.insert(receipts.end(), response.receipts().begin(), response.receipts().end());
    }
    return receipts;
  }

  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  absl::Status Finish() { return rpc::FromGrpcStatus(stream_->Finish()); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<SubmitReportsRequest, SubmitReportsResponse>> stream_;
};

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
    for (int m = 0; m < 40; ++m) ASSERT_TRUE(stream.Send({CleanReport("s-1")}));
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

class StationReporterOutboxTest : public StationReporterTest {
 protected:
  // Long enough for an aggregator that is there, however busy the machine.
  explicit StationReporterOutboxTest(absl::Duration answer_within = kPatience)
      : StationReporterTest(std::in_place, {.answer_within = answer_within}) {}

  // The next aggregator serves at the same address.
  void StopAggregator() {
    address_ = aggregator_->address();
    aggregator_.reset();
  }
  void StartAggregator() { aggregator_ = std::make_unique<FakeAggregator>(address_); }

  std::vector<std::string> StationsReceived() const {
    std::vector<std::string> stations;
    for (const auto& submitted : aggregator_->received()) {
      stations.push_back(
          absl::StrCat(submitted.report().station_id(), "/", submitted.report().revision()));
    }
    return stations;
  }

  void WaitUntilEmpty() {
    const absl::Time until = absl::Now() + kPatience;
    while (ListOutbox()->summary().reports_queued() > 0 && absl::Now() < until) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    EXPECT_EQ(ListOutbox()->summary().reports_queued(), 0);
  }

  std::string address_;
};

v1::StationReport Revision(const std::string& station_id, int revision) {
  v1::StationReport report = CleanReport(station_id);
  report.set_revision(revision);
  return report;
}

TEST_F(StationReporterOutboxTest, IsUnusedWhileTheAggregatorAnswers) {
  WaitUntilServing();
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_RECORDED);
  EXPECT_EQ(Submit(CleanReport("bad-1")).status().code(), absl::StatusCode::kInvalidArgument);
  const auto listed = ListOutbox();
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_THAT(listed->reports(), SizeIs(0));
  EXPECT_TRUE(listed->summary().aggregator_reached());
}

TEST_F(StationReporterOutboxTest, KeepsReportsWhileTheAggregatorIsAwayAndSendsThemInOrder) {
  WaitUntilServing();
  StopAggregator();
  const auto receipt = Submit(Revision("s-1", 1));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(receipt->key().station_id(), "s-1");
  EXPECT_EQ(Submit(Revision("s-1", 2))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("bad-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(GetReceipt("az-2024-presidential", "s-1")->key().revision(), 2);
  EXPECT_TRUE(IsServing()) << "it takes reports all the same";
  // A validation is not kept.
  EXPECT_EQ(DetailOf(Submit(CleanReport("s-2"), /*validate_only=*/true).status()).reason,
            "AGGREGATOR_UNREACHABLE");
  StartAggregator();
  WaitUntilEmpty();
  EXPECT_THAT(StationsReceived(), ElementsAre("s-1/1", "bad-1/0", "s-1/2"));
  const auto listed = ListOutbox();
  ASSERT_THAT(listed->reports(), SizeIs(1));
  EXPECT_EQ(listed->reports(0).receipt().state(), v1::RECEIPT_STATE_REFUSED);
  EXPECT_EQ(listed->reports(0).receipt().findings(0).rule(), "VOTES_NOT_BALANCED");
  EXPECT_EQ(listed->reports(0).queued_at().seconds(), 1'707'328'800);
  EXPECT_EQ(Submit(CleanReport("s-3"))->state(), v1::RECEIPT_STATE_RECORDED);
}

class StationReporterImpatientTest : public StationReporterOutboxTest {
 protected:
  StationReporterImpatientTest() : StationReporterOutboxTest(absl::Milliseconds(300)) {}
};

TEST_F(StationReporterImpatientTest, WhatIsNotAnsweredInTimeIsKeptAndWhatFollowsComesBehind) {
  WaitUntilServing();
  aggregator_->Pause();
  EXPECT_EQ(Submit(Revision("s-1", 1))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(Revision("s-1", 2))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("s-2"))->state(), v1::RECEIPT_STATE_QUEUED);
  aggregator_->Resume();
  WaitUntilEmpty();
  std::vector<std::string> of_first;
  for (const std::string& each : StationsReceived()) {
    if (each.front() == 's' && each[2] == '1') of_first.push_back(each);
  }
  // Twice the first, which was on its way when the time was over.
  EXPECT_THAT(of_first, ElementsAre("s-1/1", "s-1/1", "s-1/2"));
}

TEST_F(StationReporterOutboxTest, ABrokenStreamPutsWhatWasOnItsWayIntoTheOutbox) {
  WaitUntilServing();
  aggregator_->Pause();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send({Revision("s-1", 1), CleanReport("s-2"), Revision("s-1", 2)}));
  ASSERT_TRUE(aggregator_->WaitForReports(3));
  aggregator_->BreakStreams();
  const std::vector<v1::Receipt> receipts = stream.Receive(3);
  ASSERT_THAT(receipts, SizeIs(3));
  for (const v1::Receipt& receipt : receipts) {
    EXPECT_EQ(receipt.state(), v1::RECEIPT_STATE_QUEUED);
  }
  EXPECT_EQ(receipts[1].key().station_id(), "s-2");
  aggregator_->Resume();
  WaitUntilEmpty();
  ASSERT_TRUE(stream.Send({CleanReport("s-4"), CleanReport("bad-5")}));
  stream.HalfClose();
  const std::vector<v1::Receipt> later = stream.Receive(2);
  ASSERT_THAT(later, SizeIs(2));
  EXPECT_EQ(later[0].state(), v1::RECEIPT_STATE_RECORDED);
  EXPECT_EQ(later[1].state(), v1::RECEIPT_STATE_REFUSED);
  EXPECT_TRUE(stream.Receive(1).empty());
  EXPECT_EQ(stream.Finish(), absl::OkStatus());
}

TEST_F(StationReporterOutboxTest, ANewReporterGoesOnWithTheFile) {
  WaitUntilServing();
  StopAggregator();
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("bad-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  StartReporter(address_);
  EXPECT_EQ(GetReceipt("az-2024-presidential", "s-1")->state(), v1::RECEIPT_STATE_QUEUED);
  StartAggregator();
  WaitUntilEmpty();
  StartReporter(address_);
  const auto listed = ListOutbox();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->reports(), SizeIs(1));
  EXPECT_EQ(listed->reports(0).receipt().key().station_id(), "bad-1");
}

TEST_F(StationReporterOutboxTest, AFullOutboxTurnsAwayAndEndsStreams) {
  outbox_.limits.reports_max = 2;
  StartReporter(aggregator_->address());
  WaitUntilServing();
  StopAggregator();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send(
      {CleanReport("s-1"), CleanReport("s-2"), CleanReport("s-3"), CleanReport("s-4")}));
  EXPECT_THAT(stream.Receive(4), SizeIs(2));
  const absl::Status status = stream.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(status).reason, "OUTBOX_FULL");
  EXPECT_EQ(DetailOf(Submit(CleanReport("s-5")).status()).reason, "OUTBOX_FULL");
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_QUEUED) << "it is there already";
}

TEST_F(StationReporterOutboxTest, ListsPageByPage) {
  WaitUntilServing();
  StopAggregator();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(Submit(CleanReport(absl::StrCat("s-", i))).ok());
  reporter::v1::ListOutboxRequest request;
  request.set_page_size(2);
  std::vector<std::string> stations;
  int pages = 0;
  do {
    const auto page = ListOutbox(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& report : page->reports()) {
      stations.push_back(report.receipt().key().station_id());
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_THAT(stations, ElementsAre("s-1", "s-2", "s-3", "s-4", "s-5"));
  EXPECT_EQ(pages, 3);
  request.set_page_token("nonsense");
  EXPECT_EQ(DetailOf(ListOutbox(request).status()).reason, "PAGE_TOKEN_INVALID");
}

TEST_F(StationReporterTest, WithoutAnOutboxThereIsNothingToList) {
  EXPECT_EQ(DetailOf(ListOutbox().status()).reason, "OUTBOX_MISSING");
}

}  // namespace
}  // namespace canvass::station_reporter
