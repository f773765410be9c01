// Takes reports from stations, clerks and imports.
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/service/admin_port.h"
#include "common/service/aggregator_flag.h"
#include "common/service/program.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metric_sheet.h"
#include "services/station_reporter/options.h"
#include "services/station_reporter/station_reporter.h"

namespace canvass::station_reporter {
namespace {

absl::Status Run(const rpc::ServerOptions& server) {
  const absl::StatusOr<std::string> aggregator = service::AggregatorAddress();
  if (!aggregator.ok()) return aggregator.status();
  const absl::StatusOr<OutboxOptions> outbox = OutboxOptionsOfFlags();
  if (!outbox.ok()) return outbox.status();
  const SystemClock clock;
  const auto reporter = StationReporter::Start(server, {.aggregator = *aggregator}, *outbox, clock);
  if (!reporter.ok()) return reporter.status();
  const auto admin = service::StartAdminPort(
      {.add_metrics = [&](telemetry::MetricSheet& sheet) { (*reporter)->AddTo(sheet); },
       .ready = [&] { return (*reporter)->Ready(); }});
  if (!admin.ok()) return admin.status();
  telemetry::LogInfo(absl::StrCat("serving on ", (*reporter)->address()));
  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*reporter)->Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::station_reporter

int main(int argc, char** argv) {
  return canvass::service::Main(
      argc, argv,
      {.name = "station-reporter",
       .usage =
           "Takes the reports of polling stations and forwards them to the aggregator.\n"
           "  canvass-station-reporter --listen 127.0.0.1:50061 --aggregator 127.0.0.1:50062 \\\n"
           "    --outbox /var/lib/canvass/outbox.sqlite",
       .default_listen = "127.0.0.1:50061"},
      canvass::station_reporter::Run);
}
