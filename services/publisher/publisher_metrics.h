#ifndef CANVASS_SERVICES_PUBLISHER_PUBLISHER_METRICS_H_
#define CANVASS_SERVICES_PUBLISHER_PUBLISHER_METRICS_H_

#include <cstddef>

#include "absl/time/time.h"
#include "common/telemetry/metric_sheet.h"
#include "services/publisher/board/result_board.h"

// The publisher's figures as metrics. deploy/README.md says what each means.
namespace canvass::publisher {

// Adds the sequence and the age of what the board shows, for each election that is defined.
void AddBoard(const ResultBoard& board, absl::Time now, telemetry::MetricSheet& sheet);
void AddWatchers(std::size_t watchers, telemetry::MetricSheet& sheet);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_PUBLISHER_METRICS_H_
