#include "services/station_reporter/reporter_service.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"
#include "services/station_reporter/get_receipt_call.h"
#include "services/station_reporter/report_shape.h"
#include "services/station_reporter/submit_report_call.h"
#include "services/station_reporter/submitted_report.h"

namespace canvass::station_reporter {
namespace {

absl::Status ShuttingDown() {
  return MakeError(
      absl::StatusCode::kUnavailable,
      "This reporter is shutting down. Reports without a receipt were not taken: send them "
      "again, here or to another reporter.",
      {.reason = "SHUTTING_DOWN", .retry_after_ms = 1'000});
}

}  // namespace

void ReporterService::EndStreams() {
  std::vector<std::shared_ptr<SubmitReportsCall>> streams;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [number, stream] : streams_) {
      if (auto alive = stream.lock()) streams.push_back(std::move(alive));
    }
  }
  for (const auto& stream : streams) stream->End(ShuttingDown());
}

absl::Status ReporterService::CheckOpen() {
  const MutexLock lock(mutex_);
  return stopping_ ? ShuttingDown() : absl::OkStatus();
}

grpc::ServerUnaryReactor* ReporterService::SubmitReport(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  const std::shared_ptr<SubmitReportCall> call = SubmitReportCall::Start(response);
  reporter::v1::SubmitReportRequest submission;
  absl::Status status = CheckOpen();
  if (status.ok()) status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::ParseMessage(*request, submission);
  const std::size_t bytes = submission.report().ByteSizeLong();
  if (status.ok()) status = CheckShape(submission.report(), bytes);
  if (status.ok()) {
    if (submission.validate_only()) call->SetValidateOnly();
    std::vector<SubmittedQueue::SizedReport> reports;
    reports.push_back(Submitted(std::move(*submission.mutable_report()), bytes, clock_.Now(),
                                submission.validate_only()));
    status = link_.Submit(std::move(reports), call);
  }
  if (!status.ok()) call->FinishWith(status);
  return call.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ReporterService::SubmitReports(
    grpc::CallbackServerContext* /*context*/) {
  const MutexLock lock(mutex_);
  const std::int64_t number = ++streams_started_;
  const std::shared_ptr<SubmitReportsCall> call =
      SubmitReportsCall::Start(link_, clock_, [this, number] {
        const MutexLock lock_on_done(mutex_);
        streams_.erase(number);
      });
  streams_[number] = call;
  if (stopping_) call->End(ShuttingDown());
  return call.get();
}

grpc::ServerUnaryReactor* ReporterService::GetReceipt(
    grpc::CallbackServerContext* context, const reporter::v1::GetReceiptRequest* request,
    reporter::v1::GetReceiptResponse* response) {
  absl::Status status = rpc::CheckDeadline(*context);
  if (status.ok() && request->key().election_id().empty()) {
    status = FieldError("FIELD_MISSING", "key.election_id", "is required, and empty");
  }
  if (!status.ok()) return rpc::Finish(context, status);
  return new GetReceiptCall(link_, rpc::TimeLeft(*context), *request, response);
}

}  // namespace canvass::station_reporter
