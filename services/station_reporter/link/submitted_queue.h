#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/hash/hash.h"
#include "canvass/v1/report.pb.h"
#include "common/election/report.h"
#include "services/station_reporter/link/report_queue.h"

namespace canvass::station_reporter {

// The queue of a reporter. A report is the bytes of a canvass.aggregator.v1.SubmittedReport, and a
// receipt the bytes of a canvass.v1.Receipt, because most of them are passed on unparsed.
using SubmittedQueue = ReportQueue<std::string, std::string>;

// Memory that a report holds while it waits, besides its bytes: its place in the queue and in its
// call, its receipt, and what the allocator adds.
inline constexpr std::size_t kHeldBesideBytes = 256;

// Returns the number of the report's station in its election, contest and source, for
// SubmittedQueue::SizedReport.
inline std::uint64_t StationNumber(const v1::StationReport& report) {
  return absl::HashOf(report.election_id(), report.contest_id(), report.source_id(),
                      report.station_id());
}
inline std::uint64_t StationNumber(const election::ReportKey& key) {
  return absl::HashOf(key.election_id, key.contest_id, key.source_id, key.station_id);
}

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_
