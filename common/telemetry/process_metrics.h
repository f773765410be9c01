#ifndef CANVASS_COMMON_TELEMETRY_PROCESS_METRICS_H_
#define CANVASS_COMMON_TELEMETRY_PROCESS_METRICS_H_

#include "common/telemetry/metric_sheet.h"

namespace canvass::telemetry {

// Adds memory, processor time, open files and the start of this process, under the names that
// Prometheus' clients have in common (process_...). What the kernel does not tell is left out.
void AddProcessMetrics(MetricSheet& sheet);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_PROCESS_METRICS_H_
