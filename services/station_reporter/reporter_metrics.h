#ifndef CANVASS_SERVICES_STATION_REPORTER_REPORTER_METRICS_H_
#define CANVASS_SERVICES_STATION_REPORTER_REPORTER_METRICS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/telemetry/metric_sheet.h"
#include "services/station_reporter/link/submitted_queue.h"
#include "services/station_reporter/outbox/outbox.h"

// The reporter's figures as metrics. deploy/README.md says what each means.
namespace canvass::station_reporter {

void AddLink(bool reached, const SubmittedQueue::Size& waiting, telemetry::MetricSheet& sheet);
// `queued` is how many reports were answered with QUEUED.
void AddOutbox(const OutboxSummary& outbox, std::uint64_t queued, absl::Time now,
               telemetry::MetricSheet& sheet);
// Adds what is free on the disk of the outbox.
void AddDiskOf(const std::string& file, telemetry::MetricSheet& sheet);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_REPORTER_METRICS_H_
