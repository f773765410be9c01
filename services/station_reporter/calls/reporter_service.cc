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
#include "common/base/text.h"
#include "common/edge/peer_name.h"
#include "common/election/entitlement_check.h"
#include "common/identity/policy.h"
#include "common/rpc/call_origin.h"
#include "common/rpc/caller.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "services/station_reporter/calls/get_receipt_call.h"
#include "services/station_reporter/calls/outbox_calls.h"
#include "services/station_reporter/calls/report_shape.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/calls/submit_report_call.h"

namespace canvass::station_reporter {
namespace {

// Each connection without a certificate has a share of its own: it is all that tells such callers
// apart. REQUIRES: the caller may make the call.
Sender SenderOf(const grpc::CallbackServerContext& context) {
  const std::string connection = context.peer();
  const edge::PeerName name = edge::ReadPeerName(connection);
  return {.actor = identity::ActorOf(name.peer),
          .share = absl::HashOf(name.peer.actor ? name.owner : connection),
          .traceparent = rpc::TraceparentOf(context)};
}

// A receipt of a source under embargo says that there is a report.
absl::Status CheckMayAsk(const std::string& actor, const v1::ReportKey& key) {
  if (election::MayAskFor(actor, key.station_id(), key.source_id())) return absl::OkStatus();
  return MakeError(
      reason::kActorNotEntitled,
      StrCat(actor,
             " may not ask for this receipt: a station asks for its own, a poll "
             "or observer for those of its source"),
      {.violations = {{"key", "is of somebody else"}}, .metadata = {{"identity", actor}}});
}

absl::Status ShuttingDown() {
  return MakeError(
      reason::kShuttingDown,
      "This reporter is shutting down. Reports without a receipt were not accepted. Send them "
      "again, to this reporter or to another one.",
      {.retry_after_ms = 1'000});
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
  absl::Status status = rpc::CheckCaller(*context, identity::Call::kSubmitReport);
  if (status.ok()) status = CheckOpen();
  if (status.ok()) status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::ParseMessage(*request, parsed_request);
  std::string report;
  if (status.ok()) report = parsed_request.report().SerializeAsString();
  if (status.ok()) status = CheckShape(parsed_request.report(), report.size());
  if (status.ok()) {
    if (telemetry::LogsDebug()) call->SetOrigin(rpc::OriginOf(*context));
    Forward(*call, parsed_request, report, SenderOf(*context));
  } else {
    call->FinishWith(status);
  }
  return call.get();
}

void ReporterService::Forward(SubmitReportCall& call,
                              const reporter::v1::SubmitReportRequest& parsed_request,
                              const std::string& bytes, const Sender& sender) {
  const std::int64_t epoch = link_.epoch();
  const absl::Time received_at = clock_.Now();
  const bool may_queue = courier_ != nullptr && !parsed_request.validate_only();
  if (parsed_request.validate_only()) call.SetValidateOnly();
  if (may_queue) call.SetOutbox(*courier_, courier_->TakeNumbers(1), received_at, sender);
  const v1::StationReport& report = parsed_request.report();
  if (may_queue && courier_->Holds(report.election_id(), report.station_id())) {
    call.Queue();
    return;
  }
  std::vector<SubmittedQueue::SizedReport> reports;
  reports.push_back(
      ReportStamp(sender, received_at, parsed_request.validate_only()).Submitted(report, bytes));
  const absl::Status status = link_.Submit(std::move(reports), call.shared_from_this(),
                                           {.epoch = epoch, .caller = sender.share});
  if (!status.ok()) call.Fail(0, 1, status);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ReporterService::SubmitReports(
    grpc::CallbackServerContext* context) {
  const absl::Status permitted = rpc::CheckCaller(*context, identity::Call::kSubmitReports);
  const MutexLock lock(mutex_);
  const std::int64_t number = ++streams_started_;
  const std::shared_ptr<SubmitReportsCall> call =
      SubmitReportsCall::Start(link_, courier_, clock_, *context,
                               permitted.ok() ? SenderOf(*context) : Sender(), [this, number] {
                                 const MutexLock lock_on_done(mutex_);
                                 streams_.erase(number);
                               });
  streams_[number] = call;
  if (!permitted.ok()) call->End(permitted);
  if (stopping_) call->End(ShuttingDown());
  return call.get();
}

grpc::ServerUnaryReactor* ReporterService::GetReceipt(
    grpc::CallbackServerContext* context, const reporter::v1::GetReceiptRequest* request,
    reporter::v1::GetReceiptResponse* response) {
  absl::Status status = rpc::CheckCaller(*context, identity::Call::kReporterGetReceipt);
  if (status.ok()) status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::CheckSize(*request);
  if (status.ok()) status = CheckMayAsk(identity::ActorOf(rpc::PeerOf(*context)), request->key());
  if (status.ok() && request->key().election_id().empty()) {
    status = FieldError(reason::kFieldMissing, "key.election_id", "is required");
  }
  if (!status.ok()) return rpc::Finish(context, status);
  return new GetReceiptCall(link_, outbox_, rpc::TimeLeft(*context), *request, response);
}

grpc::ServerUnaryReactor* ReporterService::ListOutbox(
    grpc::CallbackServerContext* context, const reporter::v1::ListOutboxRequest* request,
    reporter::v1::ListOutboxResponse* response) {
  const absl::Status permitted = rpc::CheckCaller(*context, identity::Call::kListOutbox);
  if (!permitted.ok()) return rpc::Finish(context, permitted);
  return lists_.Reply(context, *request, *response,
                      [=, this] { return List(*request, *response); });
}

absl::Status ReporterService::List(const reporter::v1::ListOutboxRequest& request,
                                   reporter::v1::ListOutboxResponse& response) const {
  if (outbox_ == nullptr) {
    return MakeError(reason::kOutboxMissing, "This reporter was started without an outbox.");
  }
  const absl::Status status = station_reporter::ListOutbox(*outbox_, request, response);
  if (status.ok()) response.mutable_summary()->set_aggregator_reached(courier_->reachable());
  return status;
}

}  // namespace canvass::station_reporter
