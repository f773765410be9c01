// Keeps the ledger, counts, and hands the count on.
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "services/aggregator/aggregator.h"
#include "services/aggregator/options.h"
#include "services/aggregator/postgres_ledger.h"

namespace canvass::aggregator {
namespace {

absl::Status Run(const Options& options) {
  const SystemClock clock;
  PostgresLedger ledger({.connection = options.database, .application_name = "canvass-aggregator"});
  const auto aggregator = Aggregator::Start(
      {.listen_address = options.listen, .address_file = options.address_file}, ledger, clock);
  if (!aggregator.ok()) return aggregator.status();
  telemetry::LogInfo(absl::StrCat("listening on ", (*aggregator)->address()));
  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*aggregator)->Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::aggregator

int main(int argc, char** argv) {
  canvass::rpc::BlockStopSignals();
  const auto options = canvass::aggregator::ParseOptions(argc, argv);
  canvass::telemetry::StartLog("aggregator", options.ok() ? options->log_level : "info");
  const absl::Status status = options.ok() ? canvass::aggregator::Run(*options) : options.status();
  if (status.ok()) return EXIT_SUCCESS;
  canvass::telemetry::LogError(canvass::telemetry::Describe(status));
  return EXIT_FAILURE;
}
