#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_STAMP_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_STAMP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/election/actor.h"
#include "services/station_reporter/link/submitted_queue.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::station_reporter {

// Who submits a report.
struct Sender {
  std::string actor = election::kLocalActor;  // whom the entry names
  std::uint64_t share = kNobody;              // whose share of the queue and the outbox it takes
  std::string traceparent{};                  // of the call; empty if it has none
};

// The fields that a reporter adds to reports that it received together.
class ReportStamp {
 public:
  ReportStamp(const Sender& sender, absl::Time received_at, bool validate_only);

  // Returns a SubmittedReport. `bytes` is the serialized `report`.
  SubmittedQueue::SizedReport Submitted(const v1::StationReport& report,
                                        std::string_view bytes) const;

 private:
  std::string added_;  // bytes of a SubmittedReport without its report
};

// Returns the report as the outbox keeps it, without the trace of its call. For `number` see
// QueuedReport.
NewReport ForOutbox(const v1::StationReport& report, std::int64_t number, absl::Time received_at,
                    const Sender& sender = {});

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_STAMP_H_
