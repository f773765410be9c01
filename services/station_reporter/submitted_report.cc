#include "services/station_reporter/submitted_report.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/ledger/merkle.h"
#include "common/rpc/report_proto.h"

namespace canvass::station_reporter {
namespace {

// What actor, time and the message around a report take on the wire, rounded up.
constexpr std::size_t kAddedBytes = 64;

}  // namespace

SubmittedQueue::SizedReport Submitted(v1::StationReport report, std::size_t bytes,
                                      absl::Time received_at, bool validate_only) {
  SubmittedQueue::SizedReport submitted;
  submitted.bytes = bytes + kAddedBytes;
  *submitted.report.mutable_report() = std::move(report);
  submitted.report.set_actor(kLocalActor);
  *submitted.report.mutable_received_at() = rpc::ToProto(received_at);
  submitted.report.set_validate_only(validate_only);
  return submitted;
}

NewReport ForOutbox(v1::StationReport report, std::int64_t number, absl::Time received_at) {
  const std::string bytes = report.SerializeAsString();
  NewReport added;
  added.queued.number = number;
  added.queued.key = {.election_id = report.election_id(),
                      .contest_id = report.contest_id(),
                      .source_id = report.source_id(),
                      .station_id = report.station_id(),
                      .revision = report.revision() == 0 ? 1 : report.revision()};
  added.queued.digest = ledger::Sha256(bytes);
  added.submitted = Submitted(std::move(report), bytes.size(), received_at, /*validate_only=*/false)
                        .report.SerializeAsString();
  added.queued.bytes = added.submitted.size();
  return added;
}

}  // namespace canvass::station_reporter
