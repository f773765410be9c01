#include "services/canvass/clients/reporter_client.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <deque>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/rpc/channel.h"
#include "fmt/format.h"
#include "services/canvass/clients/unary_call.h"

namespace canvass::cli {
namespace {

using reporter::v1::StationReporterService;
using reporter::v1::SubmitReportsRequest;
using reporter::v1::SubmitReportsResponse;
using Stream = grpc::ClientReaderWriter<SubmitReportsRequest, SubmitReportsResponse>;

// Passes receipts from the thread that reads the stream to the thread that sends reports.
// Thread-safe.
class ReceiptQueue {
 public:
  void Push(const SubmitReportsResponse& response) {
    const MutexLock lock(mutex_);
    receipts_.insert(receipts_.end(), response.receipts().begin(), response.receipts().end());
    changed_.NotifyAll();
  }
  void Close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.NotifyAll();
  }
  // Returns the receipts that have arrived. Waits up to `patience` for the first receipt or the end
  // of the stream. Sets `closed` if the stream has ended and no receipt is left.
  std::deque<v1::Receipt> Take(absl::Duration patience, bool& closed) {
    const MutexLock lock(mutex_);
    const absl::Duration until = SteadyNow() + patience;
    while (receipts_.empty() && !closed_ && SteadyNow() < until) {
      changed_.WaitFor(mutex_,
                       absl::ToChronoMilliseconds(until - SteadyNow() + absl::Milliseconds(1)));
    }
    closed = closed_ && receipts_.empty();
    return std::exchange(receipts_, {});
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<v1::Receipt> receipts_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// One stream. It sends all reports from the first one without a receipt and collects their
// receipts.
class Attempt {
 public:
  Attempt(StationReporterService::Stub& stub, const Submission& submission,
          const RetryLimits& limits, std::size_t acknowledged)
      : submission_(submission), limits_(limits), sent_(acknowledged), acknowledged_(acknowledged) {
    rpc::SetDeadline(context_, limits.stream_max);
    stream_ = stub.SubmitReports(&context_);
  }

  // Blocks until the stream has ended. Returns OK if every report has a receipt.
  absl::Status Run(const Endpoint& endpoint) {
    std::thread reader([this] {
      SubmitReportsResponse response;
      while (stream_->Read(&response)) receipts_.Push(response);
      receipts_.Close();
    });
    while (!ended_ && error_.ok() && sent_ < submission_.count) SendNext();
    if (error_.ok()) stream_->WritesDone();
    while (!ended_ && error_.ok()) TakeReceipts(true);
    if (!error_.ok()) context_.TryCancel();
    reader.join();
    TakeReceipts(false);
    const grpc::Status status = stream_->Finish();
    if (!error_.ok()) return error_;
    if (acknowledged_ == submission_.count) return absl::OkStatus();
    if (!status.ok()) return CallError(EndpointOfStream(endpoint), status);
    return absl::UnavailableError(
        "The reporter ended the stream before every report had its receipt");
  }

  std::size_t acknowledged() const { return acknowledged_; }

 private:
  Endpoint EndpointOfStream(Endpoint endpoint) const {
    endpoint.timeout = limits_.stream_max;
    return endpoint;
  }

  void SendNext() {
    if (sent_ - acknowledged_ >= ReporterClient::kReportsInFlight) {
      TakeReceipts(true);
      return;
    }
    const SubmitReportsRequest request = NextMessage();
    sent_ += static_cast<std::size_t>(request.reports_size());
    // Write fails on a broken stream. The cause is known once the reader thread has ended.
    if (!stream_->Write(request)) ended_ = true;
    TakeReceipts(false);
  }

  // Returns a message with as many of the next reports as fit, but at least one.
  SubmitReportsRequest NextMessage() const {
    SubmitReportsRequest request;
    const std::size_t end = std::min(submission_.count, sent_ + ReporterClient::kReportsPerMessage);
    std::size_t bytes = 0;
    for (std::size_t next = sent_; next < end; ++next) {
      v1::StationReport report = submission_.report_at(next);
      bytes += report.ByteSizeLong();
      if (request.reports_size() > 0 && bytes > ReporterClient::kMessageBytes) break;
      *request.add_reports() = std::move(report);
    }
    return request;
  }

  void TakeReceipts(bool wait) {
    bool closed = false;
    const std::deque<v1::Receipt> receipts =
        receipts_.Take(wait ? limits_.silence_max : absl::ZeroDuration(), closed);
    for (const v1::Receipt& receipt : receipts) TakeReceipt(receipt);
    if (closed) ended_ = true;
    if (!wait || closed || !receipts.empty()) return;
    if (acknowledged_ == submission_.count) {  // only the end of the stream is missing
      ended_ = true;
      context_.TryCancel();
      return;
    }
    error_ = absl::UnavailableError(fmt::format("The reporter sent no receipt for {}",
                                                absl::FormatDuration(limits_.silence_max)));
  }

  void TakeReceipt(const v1::Receipt& receipt) {
    if (!error_.ok()) return;
    if (acknowledged_ == sent_) {
      error_ = absl::InternalError("The reporter sent more receipts than it received reports");
      return;
    }
    submission_.on_receipt(acknowledged_++, receipt);
  }

  const Submission& submission_;
  const RetryLimits& limits_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  ReceiptQueue receipts_;
  std::size_t sent_;
  std::size_t acknowledged_;
  bool ended_ = false;
  absl::Status error_;
};

// Decides whether and when a failed attempt is repeated.
class Patience {
 public:
  Patience(const RetryLimits& limits, const OnRetry& on_retry)
      : limits_(limits), on_retry_(on_retry) {
    Renew();
  }

  // A receipt has come.
  void Renew() {
    wait_ = limits_.first_wait;
    give_up_at_ = SteadyNow() + limits_.give_up_after;
  }

  // Waits for the time of the next attempt. Returns false if there is none.
  bool WaitAfter(const absl::Status& status) {
    if (!MayRetry(status) || SteadyNow() + wait_ > give_up_at_) return false;
    wait_ = std::max(wait_, absl::Milliseconds(DetailOf(status).retry_after_ms));
    if (on_retry_) on_retry_(status, wait_);
    absl::SleepFor(wait_);
    wait_ = std::min(wait_ * 2, limits_.longest_wait);
    return true;
  }

 private:
  const RetryLimits& limits_;
  const OnRetry& on_retry_;
  absl::Duration wait_;
  absl::Duration give_up_at_;
};

}  // namespace

// A full service gives a time to wait, an unreachable service may be back soon, and a stopping
// service cancels its unfinished streams.
bool MayRetry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status) ||
         (absl::IsResourceExhausted(status) && DetailOf(status).retry_after_ms > 0);
}

struct ReporterClient::Connection {
  explicit Connection(const CommonOptions& options)
      : stub(StationReporterService::NewStub(rpc::NewChannel(
            options.reporter, {.service = "reporter", .tls = options.reporter_tls}))) {}

  std::unique_ptr<StationReporterService::Stub> stub;
};

ReporterClient::ReporterClient(const CommonOptions& options)
    : endpoint_{.service = "station reporter",
                .address = options.reporter,
                .timeout = options.timeout},
      connection_(std::make_unique<Connection>(options)) {}

ReporterClient::~ReporterClient() = default;

absl::Status ReporterClient::SubmitReports(const Submission& submission,
                                           const RetryLimits& limits) const {
  std::size_t acknowledged = 0;
  Patience patience(limits, submission.on_retry);
  while (acknowledged < submission.count) {
    Attempt attempt(*connection_->stub, submission, limits, acknowledged);
    const absl::Status status = attempt.Run(endpoint_);
    if (attempt.acknowledged() > acknowledged) patience.Renew();
    acknowledged = attempt.acknowledged();
    if (status.ok()) return status;
    if (!patience.WaitAfter(status)) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Receipt> ReporterClient::SubmitReport(const v1::StationReport& report,
                                                         const RetryLimits& limits,
                                                         const OnRetry& on_retry) const {
  reporter::v1::SubmitReportRequest request;
  *request.mutable_report() = report;
  Patience patience(limits, on_retry);
  for (;;) {
    const auto answer =
        Call(endpoint_, *connection_->stub, &StationReporterService::Stub::SubmitReport, request);
    if (answer.ok()) return answer->receipt();
    if (!patience.WaitAfter(answer.status())) return answer.status();
  }
}

absl::StatusOr<v1::Receipt> ReporterClient::ValidateReport(const v1::StationReport& report) const {
  reporter::v1::SubmitReportRequest request;
  *request.mutable_report() = report;
  request.set_validate_only(true);
  const auto answer =
      Call(endpoint_, *connection_->stub, &StationReporterService::Stub::SubmitReport, request);
  if (!answer.ok()) return answer.status();
  return answer->receipt();
}

}  // namespace canvass::cli
