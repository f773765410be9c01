#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/station_reporter/outbox_store.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// How a report is submitted whose caller nobody authenticated: somebody on this machine.
inline constexpr char kLocalActor[] = "local";

// What a reporter adds to the reports that it takes together.
class SubmissionStamp {
 public:
  SubmissionStamp(absl::Time received_at, bool validate_only);

  // `report`: bytes of a canvass.v1.StationReport.
  SubmittedQueue::SizedReport Submitted(std::string_view report) const;

 private:
  std::string added_;  // a SubmittedReport without a report
};

// The same for the outbox. `number`: see QueuedReport.
NewReport ForOutbox(const v1::StationReport& report, std::int64_t number, absl::Time received_at);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_REPORT_H_
