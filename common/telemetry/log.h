#ifndef CANVASS_COMMON_TELEMETRY_LOG_H_
#define CANVASS_COMMON_TELEMETRY_LOG_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/telemetry/log_line.h"

// Writes the log. No other code uses spdlog. All functions are thread-safe.
namespace canvass::telemetry {

class MetricSheet;

// Starts the log: lines on stderr with time (UTC, ms), level and `service`. `level` is trace,
// debug, info, warning, error, critical or off. `format` is text (TextLine), json (JsonLine), or
// auto: text on a terminal, else json. Any other value logs a warning and uses info, or auto. Call
// it once, in main, before any thread starts. Until then only warnings and errors are logged.
void StartLog(const std::string& service, const std::string& level,
              const std::string& format = "text");

void LogDebug(std::string_view message, const LogFields& fields = {});
void LogInfo(std::string_view message, const LogFields& fields = {});
void LogWarning(std::string_view message, const LogFields& fields = {});
void LogError(std::string_view message, const LogFields& fields = {});

// Whether LogDebug writes anything, for callers whose fields cost something to make.
bool LogsDebug();

// Adds how many lines were logged, by level.
void AddLogMetrics(MetricSheet& sheet);

// Returns "UNAVAILABLE: text (REASON)" for log lines.
std::string Describe(const absl::Status& status);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LOG_H_
