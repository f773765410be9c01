#include "services/publisher/options.h"

#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50063",
          "Address to serve on, host:port; port 0: any free one.");
ABSL_FLAG(std::string, aggregator, "127.0.0.1:50062",
          "Address of the aggregator, host:port; several by comma.");
ABSL_FLAG(std::string, address_file, "", "File that gets the address that is served on.");
ABSL_FLAG(std::string, log_level, "info", "trace, debug, info, warning, error, critical or off.");

namespace canvass::publisher {

absl::StatusOr<Options> ParseOptions(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Serves the results of elections, final and provisional, as an aggregator counts them.\n"
      "  canvass-publisher --listen 127.0.0.1:50063 --aggregator 127.0.0.1:50062");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("Unexpected argument \"", arguments[1], "\"; see --help."),
                     {.reason = "ARGUMENT_UNEXPECTED"});
  }
  return Options{.listen = absl::GetFlag(FLAGS_listen),
                 .aggregator = absl::GetFlag(FLAGS_aggregator),
                 .address_file = absl::GetFlag(FLAGS_address_file),
                 .log_level = absl::GetFlag(FLAGS_log_level)};
}

}  // namespace canvass::publisher
