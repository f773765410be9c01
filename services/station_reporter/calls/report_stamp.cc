#include "services/station_reporter/calls/report_stamp.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/ledger/merkle.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/report_proto.h"

namespace canvass::station_reporter {

ReportStamp::ReportStamp(const Sender& sender, absl::Time received_at, bool validate_only) {
  aggregator::v1::SubmittedReport added;
  added.set_actor(sender.actor);
  *added.mutable_received_at() = rpc::ToProto(received_at);
  added.set_validate_only(validate_only);
  added.set_traceparent(sender.traceparent);
  added_ = added.SerializeAsString();
}

SubmittedQueue::SizedReport ReportStamp::Submitted(const v1::StationReport& report,
                                                   std::string_view bytes) const {
  std::string submitted;
  submitted.reserve(rpc::kFieldOverheadMax + bytes.size() + added_.size());
  rpc::AppendMessage(aggregator::v1::SubmittedReport::kReportFieldNumber, bytes, submitted);
  submitted += added_;
  const std::size_t size = submitted.size();
  // Twice its bytes, because the call keeps the message that it came in.
  return {.report = std::move(submitted),
          .bytes = size,
          .held = 2 * size + kHeldBesideBytes,
          .station = StationNumber(report)};
}

NewReport ForOutbox(const v1::StationReport& report, std::int64_t number, absl::Time received_at,
                    const Sender& sender) {
  const std::string bytes = report.SerializeAsString();
  NewReport added;
  added.queued.number = number;
  added.queued.key = {.election_id = report.election_id(),
                      .contest_id = report.contest_id(),
                      .source_id = report.source_id(),
                      .station_id = report.station_id(),
                      .revision = report.revision() == 0 ? 1 : report.revision()};
  added.queued.digest = ledger::Sha256(bytes);
  added.submitted = ReportStamp({.actor = sender.actor}, received_at, /*validate_only=*/false)
                        .Submitted(report, bytes)
                        .report;
  added.queued.bytes = added.submitted.size();
  added.queued.caller = sender.share;
  return added;
}

}  // namespace canvass::station_reporter
