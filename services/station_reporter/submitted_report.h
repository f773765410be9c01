#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/station_reporter/outbox_store.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// How a report is submitted whose caller nobody authenticated: somebody on this machine.
inline constexpr char kLocalActor[] = "local";

// A report with what a reporter adds to it. `bytes`: its size on the wire.
SubmittedQueue::SizedReport Submitted(v1::StationReport report, std::size_t bytes,
                                      absl::Time received_at, bool validate_only);

// The same for the outbox. `number`: see QueuedReport.
NewReport ForOutbox(v1::StationReport report, std::int64_t number, absl::Time received_at);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_
