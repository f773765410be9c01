// Writes the ledger, counts the votes, and serves both.
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/service/admin_port.h"
#include "common/service/program.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metric_sheet.h"
#include "services/aggregator/aggregator.h"
#include "services/aggregator/options.h"
#include "services/aggregator/store/postgres_ledger_store.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {
namespace {

absl::Status Run(const rpc::ServerOptions& server) {
  const absl::StatusOr<std::string> database = DatabaseOption();
  if (!database.ok()) return database.status();
  const SystemClock clock;
  PostgresLedgerStore store({.connection = *database, .application_name = "canvass-aggregator"});
  LedgerWriter::Options options;
  if (AcceptFutureEntriesOption()) {
    telemetry::LogWarning("entries whose time is still to come are accepted as they are");
    options.clock_behind_max = absl::InfiniteDuration();
  }
  const auto aggregator = Aggregator::Start(server, store, clock, options);
  if (!aggregator.ok()) return aggregator.status();
  const auto admin = service::StartAdminPort(
      {.add_metrics = [&](telemetry::MetricSheet& sheet) { (*aggregator)->AddTo(sheet); },
       .ready = [&] { return (*aggregator)->Ready(); }});
  if (!admin.ok()) return admin.status();
  telemetry::LogInfo(absl::StrCat("listening on ", (*aggregator)->address()));
  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*aggregator)->Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::aggregator

int main(int argc, char** argv) {
  return canvass::service::Main(
      argc, argv,
      {.name = "aggregator",
       .usage = "Writes the ledger and counts the votes. One aggregator is active; the others "
                "stand by.\n"
                "  canvass-aggregator --listen 127.0.0.1:50062 "
                "--database \"host=/run/canvass dbname=canvass user=canvass_aggregator\"",
       .default_listen = "127.0.0.1:50062"},
      canvass::aggregator::Run);
}
