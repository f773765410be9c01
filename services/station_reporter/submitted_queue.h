#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_

#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "services/station_reporter/report_queue.h"

namespace canvass::station_reporter {

// The queue of a reporter.
using SubmittedQueue = ReportQueue<aggregator::v1::SubmittedReport, v1::Receipt>;

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMITTED_QUEUE_H_
