#include "common/telemetry/limited_log.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/telemetry/log.h"

namespace canvass::telemetry {

std::optional<std::uint64_t> LimitedLog::Take(absl::Duration now) {
  const MutexLock lock(mutex_);
  if (limit_.Take(now) > absl::ZeroDuration()) {
    ++left_out_;
    return std::nullopt;
  }
  return std::exchange(left_out_, 0);
}

void LimitedLog::Info(std::string_view message, absl::FunctionRef<LogFields()> make_fields) {
  const std::optional<std::uint64_t> left_out = Take(SteadyNow());
  if (!left_out) return;
  LogFields fields = make_fields();
  if (*left_out > 0) fields.push_back({"left_out", absl::StrCat(*left_out)});
  LogInfo(message, fields);
}

}  // namespace canvass::telemetry
