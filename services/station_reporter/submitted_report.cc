#include "services/station_reporter/submitted_report.h"

#include <cstddef>
#include <utility>

#include "absl/time/time.h"
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

}  // namespace canvass::station_reporter
