#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_

#include <string>

#include "services/station_reporter/report_queue.h"

namespace canvass::station_reporter {

// The queue of a reporter. Of a report it has the bytes of canvass.aggregator.v1.SubmittedReport,
// of a receipt those of canvass.v1.Receipt: most go through as they come.
using SubmittedQueue = ReportQueue<std::string, std::string>;

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_
