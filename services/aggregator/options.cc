#include "services/aggregator/options.h"

#include <cstdlib>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50062",
          "Address to serve on, host:port; port 0: any free one.");
ABSL_FLAG(std::string, database, "",
          "The ledger's PostgreSQL, as libpq's keywords or URI, without a pooler between; "
          "CANVASS_DATABASE of the environment if left out.");
ABSL_FLAG(std::string, address_file, "", "File that gets the address that is served on.");
ABSL_FLAG(std::string, log_level, "info", "trace, debug, info, warning, error, critical or off.");

namespace canvass::aggregator {

absl::StatusOr<Options> ParseOptions(int argc, char** argv) {
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "services/aggregator/options.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  absl::SetProgramUsageMessage(
      "Keeps the ledger and counts; one is active, others stand by.\n"
      "  canvass-aggregator --listen 127.0.0.1:50062 "
      "--database \"host=/run/canvass dbname=canvass user=canvass_aggregator\"");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("Unexpected argument \"", arguments[1], "\"; see --help."),
                     {.reason = "ARGUMENT_UNEXPECTED"});
  }
  Options options = {.listen = absl::GetFlag(FLAGS_listen),
                     .database = absl::GetFlag(FLAGS_database),
                     .address_file = absl::GetFlag(FLAGS_address_file),
                     .log_level = absl::GetFlag(FLAGS_log_level)};
  const char* const from_environment = std::getenv("CANVASS_DATABASE");
  if (options.database.empty() && from_environment != nullptr) options.database = from_environment;
  if (options.database.empty()) {
    return FieldError("FLAG_EMPTY", "database",
                      "is required, here or as CANVASS_DATABASE in the environment");
  }
  return options;
}

}  // namespace canvass::aggregator
