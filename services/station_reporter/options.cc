#include "services/station_reporter/options.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"

ABSL_FLAG(std::string, outbox, "",
          "File that keeps reports while the aggregator cannot be reached. It is created if it "
          "does not exist; its folder must exist. Without this flag, submissions fail while the "
          "aggregator cannot be reached.");
ABSL_FLAG(absl::Duration, answer_within, canvass::station_reporter::OutboxOptions().answer_within,
          "How long a report waits for the aggregator's receipt before it goes to the outbox.");
ABSL_FLAG(std::int64_t, outbox_reports_max,
          static_cast<std::int64_t>(canvass::station_reporter::OutboxLimits().reports_max),
          "Largest number of reports that the outbox keeps.");
ABSL_FLAG(std::int64_t, outbox_bytes_max,
          static_cast<std::int64_t>(canvass::station_reporter::OutboxLimits().bytes_max),
          "Largest number of bytes of reports that the outbox keeps.");

namespace canvass::station_reporter {

absl::StatusOr<OutboxOptions> OutboxOptionsOfFlags() {
  OutboxOptions outbox = {.file = absl::GetFlag(FLAGS_outbox),
                          .answer_within = absl::GetFlag(FLAGS_answer_within)};
  if (outbox.answer_within <= absl::ZeroDuration()) {
    return FieldError(reason::kFlagOutOfRange, "answer_within", "must be more than 0, e.g. 2s");
  }
  const std::int64_t reports = absl::GetFlag(FLAGS_outbox_reports_max);
  const std::int64_t bytes = absl::GetFlag(FLAGS_outbox_bytes_max);
  if (reports <= 0 || bytes <= 0) {
    return FieldError(reason::kFlagOutOfRange,
                      reports <= 0 ? "outbox_reports_max" : "outbox_bytes_max", "must be above 0");
  }
  outbox.limits.reports_max = static_cast<std::size_t>(reports);
  outbox.limits.bytes_max = static_cast<std::size_t>(bytes);
  return outbox;
}

}  // namespace canvass::station_reporter
