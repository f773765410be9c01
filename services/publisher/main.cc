// Serves results to the public.
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/process/known_ledgers.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/service/admin_port.h"
#include "common/service/aggregator_flag.h"
#include "common/service/program.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metric_sheet.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/publisher_metrics.h"
#include "services/publisher/publisher_service.h"
#include "services/publisher/watch/aggregator_watch.h"
#include "services/publisher/watch/result_feed.h"
#include "services/publisher/watch/root_keeper.h"

ABSL_FLAG(std::string, known_roots, "",
          "File that keeps the last root of each election, so that a restart notices a ledger that "
          "does not continue what was shown. It is created if it does not exist; its folder must "
          "exist. Remove it to accept the ledger as it is. Without this flag, every restart does.");

namespace canvass::publisher {
namespace {

absl::StatusOr<process::KnownLedgers> KnownRoots() {
  const std::string file = absl::GetFlag(FLAGS_known_roots);
  return file.empty() ? process::KnownLedgers() : process::KnownLedgers::Open(file);
}

absl::Status Run(rpc::ServerOptions options) {
  options.callers = edge::Callers::kAnybody;  // what it shows is public
  const absl::StatusOr<std::string> aggregator = service::AggregatorAddress();
  if (!aggregator.ok()) return aggregator.status();
  absl::StatusOr<process::KnownLedgers> known = KnownRoots();
  if (!known.ok()) return known.status();
  const SystemClock clock;
  const SteadyClock steady_clock;
  ResultBoard board(clock, known->all());
  RootKeeper roots(*known, board, steady_clock);
  ResultFeed feed(board);
  PublisherService service(board, feed, clock);
  const auto server = rpc::Server::Start(options, {&service});
  if (!server.ok()) return server.status();
  telemetry::LogInfo(absl::StrCat("serving on ", (*server)->address(),
                                  ", following the aggregator at ", *aggregator));
  (*server)->SetServing("", true);

  board.AddListener([&feed] { feed.Wake(); });
  board.AddListener([&board, &server] {
    (*server)->SetServing(v1::PublisherService::service_full_name(), board.Ready().ok());
  });
  const bool keeps_roots = !known->file().empty();
  if (keeps_roots) board.AddListener([&roots] { roots.KeepIfDue(); });
  AggregatorWatch watch(
      rpc::NewChannel(*aggregator,
                      {.health_service = aggregator::v1::AggregatorService::service_full_name(),
                       .service = "aggregator"}),
      board);
  const auto admin = service::StartAdminPort(
      {.add_metrics =
           [&](telemetry::MetricSheet& sheet) {
             (*server)->AddTo(sheet);
             AddBoard(board, clock.Now(), sheet);
             AddWatchers(feed.watchers(), sheet);
           },
       .ready =
           [&] {
             const absl::Status ready = board.Ready();
             if (!ready.ok()) return ready;
             return (*server)->IsServing(v1::PublisherService::service_full_name())
                        ? ready
                        : absl::UnavailableError("the publisher is stopping");
           }});
  if (!admin.ok()) return admin.status();

  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*server)->Stop([&feed] { feed.Stop(); });
  watch.Stop();
  if (keeps_roots) roots.Keep();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::publisher

int main(int argc, char** argv) {
  return canvass::service::Main(
      argc, argv,
      {.name = "publisher",
       .usage = "Serves provisional and final election results from an aggregator.\n"
                "  canvass-publisher --listen 127.0.0.1:50063 --aggregator 127.0.0.1:50062 \\\n"
                "    --known_roots /var/lib/canvass/publisher-roots",
       .default_listen = "127.0.0.1:50063"},
      canvass::publisher::Run);
}
