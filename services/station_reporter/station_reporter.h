#ifndef CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
#define CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "services/station_reporter/aggregator_link.h"
#include "services/station_reporter/outbox.h"
#include "services/station_reporter/outbox_courier.h"
#include "services/station_reporter/outbox_store.h"
#include "services/station_reporter/reporter_service.h"

namespace canvass::station_reporter {

struct OutboxOptions {
  // Where to keep reports; empty: nowhere, they are refused when the aggregator is away. Its folder
  // must be there.
  std::string file{};
  // How long a report waits for its receipt before it goes to the outbox: longer than a full queue
  // or another aggregator that takes over needs, shorter than callers wait.
  absl::Duration answer_within = absl::Seconds(5);
  OutboxLimits limits{};
};

// A whole station reporter: what main and the tests run. Its health: "" is SERVING while it runs,
// the service only while an active aggregator is reached or, with an outbox, from when it was
// reached first or has not been for two seconds.
class StationReporter {
 public:
  // Serves at once, whether the aggregator is there or not. What rpc::Server::Start and
  // SqliteOutboxStore::Open say. `clock` outlives the reporter.
  static absl::StatusOr<std::unique_ptr<StationReporter>> Start(
      const rpc::ServerOptions& server, const AggregatorLinkOptions& aggregator,
      const OutboxOptions& outbox, const Clock& clock);

  // Stops, if Stop was not called.
  ~StationReporter();
  StationReporter(const StationReporter&) = delete;
  StationReporter& operator=(const StationReporter&) = delete;

  const std::string& address() const { return server_->address(); }

  // Says NOT_SERVING, takes no more reports, waits for receipts that are on their way, ends
  // streams, lets go of the aggregator and then of the outbox. Idempotent. Not from a gRPC thread.
  void Stop();

 private:
  // Null for both: without an outbox.
  StationReporter(const AggregatorLinkOptions& aggregator, std::unique_ptr<OutboxStore> store,
                  std::unique_ptr<Outbox> outbox, const OutboxLimits& limits, const Clock& clock);

  const std::unique_ptr<OutboxStore> store_;
  const std::unique_ptr<Outbox> outbox_;
  AggregatorLink link_;
  const std::unique_ptr<OutboxCourier> courier_;
  ReporterService service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
