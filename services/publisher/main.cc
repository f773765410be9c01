// Serves results to the public.
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "services/publisher/aggregator_watch.h"
#include "services/publisher/options.h"
#include "services/publisher/publisher_service.h"
#include "services/publisher/result_board.h"
#include "services/publisher/result_feed.h"

namespace canvass::publisher {
namespace {

absl::Status Run(const Options& options) {
  const SystemClock clock;
  ResultBoard board(clock);
  ResultFeed feed(board);
  PublisherService service(board, feed, clock);
  const auto server = rpc::Server::Start(
      {.listen_address = options.listen, .address_file = options.address_file}, {&service});
  if (!server.ok()) return server.status();
  telemetry::LogInfo(absl::StrCat("serving on ", (*server)->address(), ", from the aggregator at ",
                                  options.aggregator));
  (*server)->SetServing("", true);

  board.AddListener([&feed] { feed.Wake(); });
  board.AddListener([&board, &server] {
    (*server)->SetServing(v1::PublisherService::service_full_name(),
                          board.IsReady() && !board.IsDiverged());
  });
  AggregatorWatch watch(
      rpc::NewChannel(options.aggregator, aggregator::v1::AggregatorService::service_full_name()),
      board);

  rpc::WaitForStopSignal();
  telemetry::LogInfo("stopping");
  (*server)->Stop([&feed] { feed.Stop(); });
  watch.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace canvass::publisher

int main(int argc, char** argv) {
  canvass::rpc::BlockStopSignals();
  const auto options = canvass::publisher::ParseOptions(argc, argv);
  canvass::telemetry::StartLog("publisher", options.ok() ? options->log_level : "info");
  const absl::Status status = options.ok() ? canvass::publisher::Run(*options) : options.status();
  if (status.ok()) return EXIT_SUCCESS;
  canvass::telemetry::LogError(canvass::telemetry::Describe(status));
  return EXIT_FAILURE;
}
