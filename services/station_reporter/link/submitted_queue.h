#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_

#include <string>

#include "services/station_reporter/link/report_queue.h"

namespace canvass::station_reporter {

// The queue of a reporter. A report is the bytes of a canvass.aggregator.v1.SubmittedReport, and a
// receipt the bytes of a canvass.v1.Receipt, because most of them are passed on unparsed.
using SubmittedQueue = ReportQueue<std::string, std::string>;

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_SUBMITTED_QUEUE_H_
