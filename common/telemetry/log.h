#ifndef CANVASS_COMMON_TELEMETRY_LOG_H_
#define CANVASS_COMMON_TELEMETRY_LOG_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

// Writes the log. No other code uses spdlog. All functions are thread-safe.
namespace canvass::telemetry {

// Starts the log: lines on stderr with time (UTC, ms), level and `service`. `level` is trace,
// debug, info, warning, error, critical or off. Any other value logs a warning and uses info. Call
// it once, in main, before any thread starts. Until then only warnings and errors are logged.
void StartLog(const std::string& service, const std::string& level);

void LogDebug(std::string_view message);
void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

// Returns "UNAVAILABLE: text (REASON)" for log lines.
std::string Describe(const absl::Status& status);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LOG_H_
