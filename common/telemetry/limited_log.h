#ifndef CANVASS_COMMON_TELEMETRY_LIMITED_LOG_H_
#define CANVASS_COMMON_TELEMETRY_LIMITED_LOG_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/rate_limit.h"
#include "common/telemetry/log_line.h"

namespace canvass::telemetry {

// Lines of one kind, of which callers can cause as many as they like: at most one a second, and
// kBurst at once, so that a flood fills no disk (a day of it is 30 MB). Thread-safe.
class LimitedLog {
 public:
  static constexpr double kPerSecond = 1;
  static constexpr double kBurst = 100;

  // Takes a line's place. Returns nullopt if there is none; else how many lines found none since
  // the last one that did. `now` is by a steady clock.
  std::optional<std::uint64_t> Take(absl::Duration now);

  // Logs the line at level info if there is place for it, with the fields that `fields` returns,
  // and with `left_out` if some found none before.
  void Info(std::string_view message, absl::FunctionRef<LogFields()> fields);

 private:
  Mutex mutex_;
  RateLimit limit_ ABSL_GUARDED_BY(mutex_){kPerSecond, kBurst};
  std::uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_LIMITED_LOG_H_
