#include "common/telemetry/log.h"

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace canvass::telemetry {
namespace {

// Never destroyed, because threads may log while the process exits. StartLog sets its name and
// level. Everything goes to stderr, because stdout is only for data.
spdlog::logger& Logger() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("canvass", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

}  // namespace

void StartLog(const std::string& service, const std::string& level) {
  Logger().set_formatter(std::make_unique<spdlog::pattern_formatter>(
      absl::StrCat("%Y-%m-%dT%H:%M:%S.%eZ %l ", service, ": %v"), spdlog::pattern_time_type::utc));
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  // from_str returns `off` for an unknown word.
  const bool known = parsed != spdlog::level::off || level == "off";
  Logger().set_level(known ? parsed : spdlog::level::info);
  if (!known) {
    LogWarning(
        absl::StrCat("unknown log level \"", level,
                     "\"; using info (levels: trace, debug, info, warning, error, critical, off)"));
  }
}

void LogDebug(std::string_view message) { Logger().debug(message); }
void LogInfo(std::string_view message) { Logger().info(message); }
void LogWarning(std::string_view message) { Logger().warn(message); }
void LogError(std::string_view message) { Logger().error(message); }

std::string Describe(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = DetailOf(status).reason;
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message(),
                      reason.empty() ? "" : absl::StrCat(" (", reason, ")"));
}

}  // namespace canvass::telemetry
