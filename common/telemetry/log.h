#ifndef CANVASS_COMMON_TELEMETRY_LOG_H_
#define CANVASS_COMMON_TELEMETRY_LOG_H_

#include <string>

#include "absl/status/status.h"

namespace canvass::telemetry {

// Sets up spdlog's default logger: lines on stderr with time (UTC, ms), level and `service`. Call once, in main.
void StartLog(const std::string& service, const std::string& level);

// "UNAVAILABLE: text (REASON)" for log lines.
std::string Describe(const absl::Status& status);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LOG_H_
