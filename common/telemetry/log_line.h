#ifndef CANVASS_COMMON_TELEMETRY_LOG_LINE_H_
#define CANVASS_COMMON_TELEMETRY_LOG_LINE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace canvass::telemetry {

// What a line says beside its message, for those who search the log, e.g. {"rule",
// "COUNT_MISSING"}. A field without a value is left out.
struct LogField {
  std::string_view name{};
  std::string value{};
};
using LogFields = std::vector<LogField>;

// One line of the log.
struct LogRecord {
  absl::Time time{};
  std::string_view level{};
  std::string_view service{};
  std::string_view message{};
  const LogFields& fields;
};

// Both forms are one line without its end. Messages and values may be anybody's: characters that
// control a terminal, or that hide or reorder text, are replaced (WithoutFaults).

// "2026-11-03T20:15:00.123Z info reporter: text station=n-1 actor=\"a b\""
std::string TextLine(const LogRecord& record);
// {"time":"2026-11-03T20:15:00.123Z","level":"info","service":"reporter","message":"text",...}
std::string JsonLine(const LogRecord& record);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LOG_LINE_H_
