#include "services/station_reporter/calls/reporter_service.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/page.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"
#include "services/station_reporter/calls/get_receipt_call.h"
#include "services/station_reporter/calls/report_shape.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/calls/submit_report_call.h"

namespace canvass::station_reporter {
namespace {

// A page ends after the report that brings it to this size: a refusal may have a hundred findings.
constexpr std::size_t kPageBytesMax = std::size_t{4} << 20U;

// Returns a number for the connection that the call came on. Until callers are authenticated, a
// connection is all that tells them apart.
std::uint64_t CallerOf(const grpc::CallbackServerContext& context) {
  return absl::HashOf(context.peer());
}

absl::Status ShuttingDown() {
  return MakeError(
      reason::kShuttingDown,
      "This reporter is shutting down. Reports without a receipt were not accepted. Send them "
      "again, to this reporter or to another one.",
      {.retry_after_ms = 1'000});
}

reporter::v1::OutboxReport ToProto(OutboxItem item) {
  reporter::v1::OutboxReport report;
  *report.mutable_receipt() = std::move(item.receipt);
  *report.mutable_queued_at() = rpc::ToProto(item.queued_at);
  if (item.refused_at) *report.mutable_refused_at() = rpc::ToProto(*item.refused_at);
  return report;
}

reporter::v1::OutboxSummary ToProto(const OutboxSummary& summary) {
  reporter::v1::OutboxSummary out;
  out.set_reports_queued(static_cast<std::int64_t>(summary.queued));
  out.set_bytes_queued(static_cast<std::int64_t>(summary.queued_bytes));
  if (summary.oldest_queued_at) {
    *out.mutable_oldest_queued_at() = rpc::ToProto(*summary.oldest_queued_at);
  }
  out.set_reports_refused(static_cast<std::int64_t>(summary.refused));
  out.set_reports_damaged(static_cast<std::int64_t>(summary.damaged));
  return out;
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
  const std::shared_ptr<SubmitReportCall> call = SubmitReportCall::Start(request, response);
  reporter::v1::SubmitReportRequest parsed_request;
  absl::Status status = CheckOpen();
  if (status.ok()) status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::ParseMessage(*request, parsed_request);
  std::string report;
  if (status.ok()) report = parsed_request.report().SerializeAsString();
  if (status.ok()) status = CheckShape(parsed_request.report(), report.size());
  if (status.ok()) {
    Forward(*call, parsed_request, report, CallerOf(*context));
  } else {
    call->FinishWith(status);
  }
  return call.get();
}

void ReporterService::Forward(SubmitReportCall& call,
                              const reporter::v1::SubmitReportRequest& parsed_request,
                              const std::string& bytes, std::uint64_t caller) {
  const std::int64_t epoch = link_.epoch();
  const absl::Time received_at = clock_.Now();
  const bool may_queue = courier_ != nullptr && !parsed_request.validate_only();
  if (parsed_request.validate_only()) call.SetValidateOnly();
  if (may_queue) call.SetOutbox(*courier_, courier_->TakeNumbers(1), received_at, caller);
  const v1::StationReport& report = parsed_request.report();
  if (may_queue && courier_->Holds(report.election_id(), report.station_id())) {
    call.Queue();
    return;
  }
  std::vector<SubmittedQueue::SizedReport> reports;
  reports.push_back(
      ReportStamp(received_at, parsed_request.validate_only()).Submitted(report, bytes));
  const absl::Status status =
      link_.Submit(std::move(reports), call.shared_from_this(), {.epoch = epoch, .caller = caller});
  if (!status.ok()) call.Fail(0, 1, status);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ReporterService::SubmitReports(
    grpc::CallbackServerContext* context) {
  const MutexLock lock(mutex_);
  const std::int64_t number = ++streams_started_;
  const std::shared_ptr<SubmitReportsCall> call = SubmitReportsCall::Start(
      link_, courier_, clock_, *context, CallerOf(*context), [this, number] {
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
  if (status.ok()) status = rpc::CheckSize(*request);
  if (status.ok() && request->key().election_id().empty()) {
    status = FieldError(reason::kFieldMissing, "key.election_id", "is required");
  }
  if (!status.ok()) return rpc::Finish(context, status);
  return new GetReceiptCall(link_, outbox_, rpc::TimeLeft(*context), *request, response);
}

grpc::ServerUnaryReactor* ReporterService::ListOutbox(
    grpc::CallbackServerContext* context, const reporter::v1::ListOutboxRequest* request,
    reporter::v1::ListOutboxResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return List(*request, *response); });
}

absl::Status ReporterService::List(const reporter::v1::ListOutboxRequest& request,
                                   reporter::v1::ListOutboxResponse& response) const {
  if (outbox_ == nullptr) {
    return MakeError(reason::kOutboxMissing, "This reporter was started without an outbox.");
  }
  const std::uint64_t filter = rpc::FilterHash(
      {request.election_id(), request.station_id(), v1::ReceiptState_Name(request.state())});
  const absl::StatusOr<rpc::PageRequest> page =
      rpc::PageRequest::Read(request.page_size(), request.page_token(), filter);
  if (!page.ok()) return page.status();
  // The position of a page is the number of the last report before it.
  const absl::StatusOr<std::int64_t> after =
      page->Start(0, {.lowest = 1, .highest = rpc::kPositionMax});
  if (!after.ok()) return after.status();
  const auto count = static_cast<std::size_t>(page->size());
  // Fetches one item more than requested, to know whether there is another page.
  std::vector<OutboxItem> items = outbox_->List({.election_id = request.election_id(),
                                                 .station_id = request.station_id(),
                                                 .state = request.state()},
                                                *after, count + 1);
  std::size_t bytes = 0;
  std::int64_t last = 0;
  for (OutboxItem& item : items) {
    if (response.reports_size() == page->size() || bytes >= kPageBytesMax) {
      response.set_next_page_token(page->TokenAt(last));
      break;
    }
    last = item.number;
    *response.add_reports() = ToProto(std::move(item));
    bytes += response.reports(response.reports_size() - 1).ByteSizeLong();
  }
  *response.mutable_summary() = ToProto(outbox_->Summary());
  response.mutable_summary()->set_aggregator_reached(courier_->reachable());
  return absl::OkStatus();
}

}  // namespace canvass::station_reporter
