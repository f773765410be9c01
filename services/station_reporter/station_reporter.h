#ifndef CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
#define CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "services/station_reporter/aggregator_link.h"
#include "services/station_reporter/reporter_service.h"

namespace canvass::station_reporter {

// A whole station reporter: what main and the tests run. Its health: "" is SERVING while it runs,
// the service only while an active aggregator is reached.
class StationReporter {
 public:
  // Serves at once, whether the aggregator is there or not. What rpc::Server::Start says. `clock`
  // outlives the reporter.
  static absl::StatusOr<std::unique_ptr<StationReporter>> Start(
      const rpc::ServerOptions& server, const AggregatorLinkOptions& aggregator,
      const Clock& clock);

  // Stops, if Stop was not called.
  ~StationReporter();
  StationReporter(const StationReporter&) = delete;
  StationReporter& operator=(const StationReporter&) = delete;

  const std::string& address() const { return server_->address(); }

  // Says NOT_SERVING, takes no more reports, waits for receipts that are on their way, ends
  // streams, and lets go of the aggregator. Idempotent. Not from a gRPC thread.
  void Stop();

 private:
  StationReporter(const AggregatorLinkOptions& aggregator, const Clock& clock);

  AggregatorLink link_;
  ReporterService service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
