#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_SUBMITTED_REPORT_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_SUBMITTED_REPORT_H_

#include <string>

#include "common/election/actor.h"
#include "common/election/report.h"

namespace canvass::aggregator {

// A report and the caller who submitted it.
struct SubmittedReport {
  election::StationReport report{};
  std::string actor = election::kLocalActor;  // caller that the reporter names
  bool validate_only = false;                 // only check it; keep nothing
  std::string traceparent{};  // of the call that brought it, for logs; empty for none
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_SUBMITTED_REPORT_H_
