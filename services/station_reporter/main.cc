// Takes reports from stations, clerks and imports.
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "services/station_reporter/options.h"
#include "services/station_reporter/station_reporter.h"

namespace canvass::station_reporter {
namespace {

absl::Status Run(const Options& options) {
  const SystemClock clock;
  const auto reporter = StationReporter::Start(
      {.listen_address = options.listen, .address_file = options.address_file},
      {.aggregator = options.aggregator}, options.outbox, clock);
  if (!reporter.ok()) return reporter.status();
  telemetry::LogInfo(absl::StrCat("serving on ", (*reporter)->address()));
  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*reporter)->Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::station_reporter

int main(int argc, char** argv) {
  canvass::rpc::BlockStopSignals();
  const auto options = canvass::station_reporter::ParseOptions(argc, argv);
  canvass::telemetry::StartLog("station-reporter", options.ok() ? options->log_level : "info");
  const absl::Status status =
      options.ok() ? canvass::station_reporter::Run(*options) : options.status();
  if (status.ok()) return EXIT_SUCCESS;
  canvass::telemetry::LogError(canvass::telemetry::Describe(status));
  return EXIT_FAILURE;
}
