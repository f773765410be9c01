#include "services/station_reporter/station_reporter.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"

namespace canvass::station_reporter {

absl::StatusOr<std::unique_ptr<StationReporter>> StationReporter::Start(
    const rpc::ServerOptions& server, const AggregatorLinkOptions& aggregator, const Clock& clock) {
  std::unique_ptr<StationReporter> reporter(new StationReporter(aggregator, clock));
  auto started = rpc::Server::Start(server, {&reporter->service_});
  if (!started.ok()) return started.status();
  reporter->server_ = *std::move(started);
  rpc::Server& serving = *reporter->server_;
  serving.SetServing(reporter::v1::StationReporterService::service_full_name(), false);
  serving.SetServing("", true);
  reporter->link_.Start([&serving](bool ready) {
    serving.SetServing(reporter::v1::StationReporterService::service_full_name(), ready);
  });
  return reporter;
}

StationReporter::StationReporter(const AggregatorLinkOptions& aggregator, const Clock& clock)
    : link_(aggregator), service_(link_, clock) {}

StationReporter::~StationReporter() { Stop(); }

void StationReporter::Stop() {
  if (server_ != nullptr) server_->Stop([this] { service_.EndStreams(); });
  link_.Stop();
}

}  // namespace canvass::station_reporter
