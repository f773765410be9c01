#ifndef CANVASS_COMMON_TELEMETRY_LOG_H_
#define CANVASS_COMMON_TELEMETRY_LOG_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

// The one door to the log: spdlog stays behind it. All functions are thread-safe.
namespace canvass::telemetry {

// Lines on stderr with time (UTC, ms), level and `service`. `level`: trace, debug, info, warning,
// error, critical or off; anything else is info, with a warning. Call once, in main, before there
// are threads; until then only warnings and errors are shown.
void StartLog(const std::string& service, const std::string& level);

void LogDebug(std::string_view message);
void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

// "UNAVAILABLE: text (REASON)" for log lines.
std::string Describe(const absl::Status& status);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LOG_H_
