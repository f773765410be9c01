#include "services/canvass/clients/reporter_client.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using reporter::v1::SubmitReportsRequest;
using reporter::v1::SubmitReportsResponse;
using Stream = grpc::ServerReaderWriter<SubmitReportsResponse, SubmitReportsRequest>;
using ::testing::HasSubstr;

// A reporter whose stream number n (from 0) is answered by the test.
class ScriptedReporter final : public reporter::v1::StationReporterService::Service {
 public:
  using Script = std::function<grpc::Status(int stream_no, Stream& stream)>;

  explicit ScriptedReporter(Script script) : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(rpc::kMessageBytesMax);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedReporter() override { server_->Shutdown(std::chrono::system_clock::now()); }
  ScriptedReporter(const ScriptedReporter&) = delete;
  ScriptedReporter& operator=(const ScriptedReporter&) = delete;

  grpc::Status SubmitReports(grpc::ServerContext* /*context*/, Stream* stream) override {
    return script_(streams_++, *stream);
  }

  CommonOptions options() const { return {.reporter = "127.0.0.1:" + std::to_string(port_)}; }
  int streams() const { return streams_; }

 private:
  Script script_;
  int port_ = 0;
  std::atomic<int> streams_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// A receipt for each report of a message, in order.
SubmitReportsResponse ReceiptsFor(const SubmitReportsRequest& request) {
  SubmitReportsResponse response;
  for (const v1::StationReport& report : request.reports()) {
    v1::Receipt& receipt = *response.add_receipts();
    receipt.mutable_key()->set_station_id(report.station_id());
    receipt.set_state(v1::RECEIPT_STATE_RECORDED);
  }
  return response;
}

// Answers up to `messages` messages, and then ends the stream.
grpc::Status Answer(Stream& stream, int messages) {
  SubmitReportsRequest request;
  for (int i = 0; i < messages && stream.Read(&request); ++i) stream.Write(ReceiptsFor(request));
  return grpc::Status::OK;
}

constexpr int kAll = 1'000'000;

const RetryLimits kQuick = {.give_up_after = absl::Seconds(20),
                            .silence_max = absl::Seconds(20),
                            .first_wait = absl::Milliseconds(1),
                            .longest_wait = absl::Milliseconds(10)};

// `count` reports of the stations "0", "1", ...; the receipts' stations in the order in which they
// came.
Submission ReportsOf(std::size_t count, std::vector<std::string>& receipts) {
  return {.count = count,
          .report_at =
              [](std::size_t index) {
                v1::StationReport report;
                report.set_station_id(std::to_string(index));
                return report;
              },
          .on_receipt =
              [&receipts](std::size_t index, const v1::Receipt& receipt) {
                EXPECT_EQ(receipt.key().station_id(), std::to_string(index));
                receipts.push_back(receipt.key().station_id());
              }};
}

TEST(ReporterClientTest, GivesEveryReportItsReceiptInOrder) {
  ScriptedReporter reporter([](int, Stream& stream) { return Answer(stream, kAll); });
  std::vector<std::string> receipts;
  const absl::Status status =
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(20'001, receipts), kQuick);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(receipts.size(), 20'001U);
  EXPECT_EQ(reporter.streams(), 1);
}

TEST(ReporterClientTest, CutsMessagesOfLongReportsByTheirBytes) {
  ScriptedReporter reporter([](int, Stream& stream) { return Answer(stream, kAll); });
  std::vector<std::string> receipts;
  Submission submission = ReportsOf(30, receipts);
  submission.report_at = [short_report = submission.report_at](std::size_t index) {
    v1::StationReport report = short_report(index);
    report.set_reason(std::string(1U << 20U, 'x'));  // 30 MiB of reports; a message has 8
    return report;
  };
  const absl::Status status = ReporterClient(reporter.options()).SubmitReports(submission, kQuick);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(receipts.size(), 30U);
  EXPECT_EQ(reporter.streams(), 1);
}

TEST(ReporterClientTest, LeavesAStreamThatIsNotEndedAfterTheLastReceipt) {
  std::atomic<bool> done = false;
  ScriptedReporter reporter([&done](int, Stream& stream) {
    const grpc::Status status = Answer(stream, 1);
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (!done && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
    return status;
  });
  RetryLimits limits = kQuick;
  limits.silence_max = absl::Seconds(1);
  std::vector<std::string> receipts;
  const absl::Time began = absl::Now();
  const std::clock_t processor_began = std::clock();
  const absl::Status status =
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(10, receipts), limits);
  const absl::Duration processor =
      absl::Seconds(1) * static_cast<double>(std::clock() - processor_began) / CLOCKS_PER_SEC;
  done = true;
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(receipts.size(), 10U);
  EXPECT_EQ(reporter.streams(), 1);
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
  EXPECT_LT(processor, absl::Milliseconds(500)) << "waits without spinning";
}

TEST(ReporterClientTest, SendsAgainWhatHasNoReceiptWhenTheConnectionBreaks) {
  ScriptedReporter reporter([](int stream_no, Stream& stream) {
    if (stream_no == 3) return Answer(stream, kAll);
    Answer(stream, 2);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
  });
  std::vector<std::string> receipts;
  int retries = 0;
  Submission submission = ReportsOf(5'000, receipts);
  submission.on_retry = [&retries](const absl::Status&, absl::Duration) { ++retries; };
  const absl::Status status = ReporterClient(reporter.options()).SubmitReports(submission, kQuick);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(receipts.size(), 5'000U);
  EXPECT_EQ(retries, 3);
}

TEST(ReporterClientTest, TakesAStreamThatEndsEarlyForABrokenOne) {
  ScriptedReporter reporter(
      [](int stream_no, Stream& stream) { return Answer(stream, stream_no == 0 ? 1 : kAll); });
  std::vector<std::string> receipts;
  EXPECT_TRUE(
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(3'000, receipts), kQuick).ok());
  EXPECT_EQ(receipts.size(), 3'000U);
}

TEST(ReporterClientTest, CancelsAStreamThatSaysNothing) {
  std::vector<std::string> receipts;
  std::atomic<bool> answered = false;
  ScriptedReporter reporter([&answered](int stream_no, Stream& stream) {
    if (stream_no > 0) {
      const grpc::Status status = Answer(stream, kAll);
      answered = true;
      return status;
    }
    SubmitReportsRequest request;
    while (stream.Read(&request)) {
    }
    while (!answered) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::OK;
  });
  RetryLimits limits = kQuick;
  limits.silence_max = absl::Milliseconds(300);
  EXPECT_TRUE(
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(10, receipts), limits).ok());
  EXPECT_EQ(receipts.size(), 10U);
}

TEST(ReporterClientTest, DoesNotRetryWhatWaitingDoesNotCure) {
  ScriptedReporter reporter(
      [](int, Stream&) { return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no"); });
  std::vector<std::string> receipts;
  const absl::Status status =
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(10, receipts), kQuick);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_EQ(reporter.streams(), 1);
}

TEST(ReporterClientTest, RefusesReceiptsThatNobodyAskedFor) {
  ScriptedReporter reporter([](int, Stream& stream) {
    SubmitReportsRequest request;
    stream.Read(&request);
    stream.Write(ReceiptsFor(request));
    stream.Write(ReceiptsFor(request));
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  });
  std::vector<std::string> receipts;
  const absl::Status status =
      ReporterClient(reporter.options()).SubmitReports(ReportsOf(10, receipts), kQuick);
  // Either it came in time to be seen, or after the last report had its receipt.
  EXPECT_TRUE(status.ok() || absl::IsInternal(status)) << status;
  EXPECT_EQ(receipts.size(), 10U);
}

TEST(ReporterClientTest, GivesUpWhenNobodyAnswers) {
  RetryLimits limits = kQuick;
  limits.give_up_after = absl::Milliseconds(50);
  std::vector<std::string> receipts;
  const absl::Status status =
      ReporterClient({.reporter = "127.0.0.1:1"}).SubmitReports(ReportsOf(10, receipts), limits);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("The station reporter at 127.0.0.1:1 cannot be reached"));
}

}  // namespace
}  // namespace canvass::cli
