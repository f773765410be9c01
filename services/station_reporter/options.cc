#include "services/station_reporter/options.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50061",
          "Address to serve on, host:port; port 0: any free one.");
ABSL_FLAG(std::string, aggregator, "127.0.0.1:50062",
          "Address of the aggregator, host:port; several by comma.");
ABSL_FLAG(std::string, outbox, "",
          "File that keeps reports while the aggregator is away, made if there is none; its folder "
          "must be there. Without it such reports are refused.");
ABSL_FLAG(absl::Duration, answer_within, canvass::station_reporter::OutboxOptions().answer_within,
          "How long a report waits for the aggregator's receipt before it goes to the outbox.");
ABSL_FLAG(std::int64_t, outbox_reports_max,
          static_cast<std::int64_t>(canvass::station_reporter::OutboxLimits().reports_max),
          "Reports that the outbox keeps at most.");
ABSL_FLAG(std::int64_t, outbox_bytes_max,
          static_cast<std::int64_t>(canvass::station_reporter::OutboxLimits().bytes_max),
          "Bytes of reports that the outbox keeps at most.");
ABSL_FLAG(std::string, address_file, "", "File that gets the address that is served on.");
ABSL_FLAG(std::string, log_level, "info", "trace, debug, info, warning, error, critical or off.");

namespace canvass::station_reporter {

absl::StatusOr<Options> ParseOptions(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Takes the reports of polling stations and hands them on to the aggregator.\n"
      "  canvass-station-reporter --listen 127.0.0.1:50061 --aggregator 127.0.0.1:50062 \\\n"
      "    --outbox /var/lib/canvass/outbox.sqlite");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("Unexpected argument \"", arguments[1], "\"; see --help."),
                     {.reason = "ARGUMENT_UNEXPECTED"});
  }
  Options options = {.listen = absl::GetFlag(FLAGS_listen),
                     .aggregator = absl::GetFlag(FLAGS_aggregator),
                     .outbox = {.file = absl::GetFlag(FLAGS_outbox),
                                .answer_within = absl::GetFlag(FLAGS_answer_within)},
                     .address_file = absl::GetFlag(FLAGS_address_file),
                     .log_level = absl::GetFlag(FLAGS_log_level)};
  if (options.aggregator.empty()) {
    return FieldError("FLAG_EMPTY", "aggregator", "is required, e.g. 127.0.0.1:50062");
  }
  if (options.outbox.answer_within <= absl::ZeroDuration()) {
    return FieldError("FLAG_OUT_OF_RANGE", "answer_within", "must be more than 0, e.g. 2s");
  }
  const std::int64_t reports = absl::GetFlag(FLAGS_outbox_reports_max);
  const std::int64_t bytes = absl::GetFlag(FLAGS_outbox_bytes_max);
  if (reports <= 0 || bytes <= 0) {
    return FieldError("FLAG_OUT_OF_RANGE", reports <= 0 ? "outbox_reports_max" : "outbox_bytes_max",
                      "must be above 0");
  }
  options.outbox.limits.reports_max = static_cast<std::size_t>(reports);
  options.outbox.limits.bytes_max = static_cast<std::size_t>(bytes);
  return options;
}

}  // namespace canvass::station_reporter
