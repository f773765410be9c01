#ifndef CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
#define CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/telemetry/metric_sheet.h"
#include "services/station_reporter/calls/reporter_service.h"
#include "services/station_reporter/link/aggregator_link.h"
#include "services/station_reporter/link/known_entries.h"
#include "services/station_reporter/outbox/outbox.h"
#include "services/station_reporter/outbox/outbox_courier.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::station_reporter {

struct OutboxOptions {
  // File that keeps reports; its folder must exist. Beside it, FILE-ledgers keeps the newest
  // entries that receipts told of. If empty, there is neither, and reports are refused while the
  // aggregator is away.
  std::string file{};
  // How long a report waits for its receipt before it goes to the outbox. Longer than a full queue
  // or a takeover by another aggregator needs, and shorter than callers wait.
  absl::Duration answer_within = absl::Seconds(5);
  OutboxLimits limits{};
};

// A complete station reporter, as main and the tests run it. The health of "" is SERVING while it
// runs. Without an outbox, the health of the service is SERVING while an active aggregator is
// reached. With an outbox, it becomes SERVING once the aggregator was reached or could not be
// reached for two seconds, and then stays SERVING.
class StationReporter {
 public:
  // Serves at once, whether or not the aggregator can be reached. Returns the errors of
  // rpc::Server::Start, SqliteOutboxStore::Open, Outbox::Open and KnownLedgers::Open. `clock` must
  // outlive the reporter.
  static absl::StatusOr<std::unique_ptr<StationReporter>> Start(
      const rpc::ServerOptions& server, const AggregatorLinkOptions& aggregator,
      const OutboxOptions& outbox, const Clock& clock);

  // Calls Stop.
  ~StationReporter();
  StationReporter(const StationReporter&) = delete;
  StationReporter& operator=(const StationReporter&) = delete;

  const std::string& address() const { return server_->address(); }

  // OK if it should get reports; else why not.
  absl::Status Ready() const;
  void AddTo(telemetry::MetricSheet& sheet) const;

  // Reports NOT_SERVING, takes no more reports, waits for receipts in flight, ends streams, and
  // stops the link to the aggregator and then the outbox. Idempotent. Must not be called from a
  // gRPC thread.
  void Stop();

 private:
  // `store` and `outbox` are null if there is no outbox.
  StationReporter(AggregatorLinkOptions aggregator, std::unique_ptr<OutboxStore> store,
                  std::unique_ptr<Outbox> outbox, std::unique_ptr<KnownEntries> known_entries,
                  const OutboxLimits& limits, const Clock& clock);

  const std::unique_ptr<OutboxStore> store_;
  const std::unique_ptr<Outbox> outbox_;
  const std::unique_ptr<OutboxCourier> courier_;
  const std::unique_ptr<KnownEntries> known_entries_;  // null without an outbox
  const Clock& clock_;
  AggregatorLink link_;
  ReporterService service_;
  std::unique_ptr<rpc::Server> server_;
  std::string outbox_file_;  // empty without an outbox
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_STATION_REPORTER_H_
