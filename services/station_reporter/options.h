#ifndef CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_
#define CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_

#include "absl/status/statusor.h"
#include "services/station_reporter/station_reporter.h"

namespace canvass::station_reporter {

// Returns the outbox options of the command line, or INVALID_ARGUMENT FLAG_OUT_OF_RANGE. Call it
// after the flags were parsed.
absl::StatusOr<OutboxOptions> OutboxOptionsOfFlags();

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_
