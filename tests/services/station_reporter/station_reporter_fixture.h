#ifndef CANVASS_TESTS_SERVICES_STATION_REPORTER_STATION_REPORTER_FIXTURE_H_
#define CANVASS_TESTS_SERVICES_STATION_REPORTER_STATION_REPORTER_FIXTURE_H_

#include <grpcpp/client_context.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "services/station_reporter/station_reporter.h"
#include "tests/services/station_reporter/fake_aggregator.h"
#include "tests/support/temporary_folder.h"

// A reporter that forwards to a FakeAggregator, and its clients.
namespace canvass::station_reporter {

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'707'328'800); }
};

inline constexpr absl::Duration kPatience = absl::Seconds(20);

inline v1::StationReport CleanReport(const std::string& station_id) {
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
  using Request = reporter::v1::SubmitReportsRequest;
  using Response = reporter::v1::SubmitReportsResponse;

  explicit ClientStream(reporter::v1::StationReporterService::Stub& stub) {
    rpc::SetDeadline(context_, kPatience);
    stream_ = stub.SubmitReports(&context_);
  }

  bool Send(const std::vector<v1::StationReport>& reports) {
    Request request;
    for (const v1::StationReport& report : reports) *request.add_reports() = report;
    return stream_->Write(request);
  }

  // Receipts until there are `count`, or the stream ends.
  std::vector<v1::Receipt> Receive(std::size_t count) {
    std::vector<v1::Receipt> receipts;
    Response response;
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
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_TESTS_SERVICES_STATION_REPORTER_STATION_REPORTER_FIXTURE_H_
