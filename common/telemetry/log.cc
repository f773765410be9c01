#include "common/telemetry/log.h"

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/telemetry/metric_sheet.h"

namespace canvass::telemetry {
namespace {

using Level = spdlog::level::level_enum;

// Never destroyed, because threads may log while the process exits. StartLog sets what it says of
// itself. Everything goes to stderr, because stdout is only for data.
struct Log {
  std::string service = "canvass";
  bool is_json = false;
  std::array<std::atomic<std::uint64_t>, SPDLOG_LEVEL_OFF + 1> lines{};  // by level
  spdlog::logger logger{"canvass", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Log() {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::warn);
    logger.flush_on(spdlog::level::trace);
  }
};

Log& TheLog() {
  static Log* const log = new Log();
  return *log;
}

std::string_view NameOf(Level level) {
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

void Write(Level level, std::string_view message, const LogFields& fields) {
  Log& log = TheLog();
  if (!log.logger.should_log(level)) return;
  log.lines.at(static_cast<std::size_t>(level)).fetch_add(1, std::memory_order_relaxed);
  const LogRecord record = {.time = absl::Now(),
                            .level = NameOf(level),
                            .service = log.service,
                            .message = message,
                            .fields = fields};
  log.logger.log(level, log.is_json ? JsonLine(record) : TextLine(record));
}

// Returns whether `level` is a level.
bool SetLevel(const std::string& level) {
  const Level parsed = spdlog::level::from_str(level);
  // from_str returns `off` for an unknown word.
  const bool known = parsed != spdlog::level::off || level == "off";
  TheLog().logger.set_level(known ? parsed : spdlog::level::info);
  return known;
}

// Returns whether `format` is a format.
bool SetFormat(const std::string& format) {
  TheLog().is_json = format == "json" || (format != "text" && isatty(STDERR_FILENO) == 0);
  return format == "json" || format == "text" || format == "auto";
}

}  // namespace

void StartLog(const std::string& service, const std::string& level, const std::string& format) {
  TheLog().service = service;
  const bool knows_format = SetFormat(format);
  const bool knows_level = SetLevel(level);
  if (!knows_format) {
    LogWarning(
        StrCat("unknown log format \"", format, "\"; using auto (formats: auto, text, json)"));
  }
  if (!knows_level) {
    LogWarning(
        StrCat("unknown log level \"", level,
               "\"; using info (levels: trace, debug, info, warning, error, critical, off)"));
  }
}

void LogDebug(std::string_view message, const LogFields& fields) {
  Write(spdlog::level::debug, message, fields);
}
void LogInfo(std::string_view message, const LogFields& fields) {
  Write(spdlog::level::info, message, fields);
}
void LogWarning(std::string_view message, const LogFields& fields) {
  Write(spdlog::level::warn, message, fields);
}
void LogError(std::string_view message, const LogFields& fields) {
  Write(spdlog::level::err, message, fields);
}

bool LogsDebug() { return TheLog().logger.should_log(spdlog::level::debug); }

void AddLogMetrics(MetricSheet& sheet) {
  for (const Level level : {spdlog::level::info, spdlog::level::warn, spdlog::level::err}) {
    sheet.AddCounter("canvass_log_lines_total", "Lines that were logged, by level.",
                     static_cast<double>(TheLog().lines.at(static_cast<std::size_t>(level)).load()),
                     {{"level", std::string(NameOf(level))}});
  }
}

std::string Describe(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = DetailOf(status).reason;
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message(),
                      reason.empty() ? "" : absl::StrCat(" (", reason, ")"));
}

}  // namespace canvass::telemetry
