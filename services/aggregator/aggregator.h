#ifndef CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_
#define CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/telemetry/metric_sheet.h"
#include "services/aggregator/calls/aggregator_service.h"
#include "services/aggregator/calls/election_service.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/watch/ledger_feed.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// A name in grpc.health.v1 beside those of the services: SERVING while the aggregator leads, or has
// read all of the ledger and could take the lead at once.
inline constexpr char kReadyHealth[] = "ready";

// The whole aggregator: writer, feed and gRPC services over one ledger store. The health of the
// process is SERVING as soon as it listens, and the health of its services only while it leads.
class Aggregator {
 public:
  // `store` and `clock` must outlive the aggregator, and only the aggregator may use `store`.
  // Returns the errors of Server::Start.
  static absl::StatusOr<std::unique_ptr<Aggregator>> Start(const rpc::ServerOptions& server,
                                                           LedgerStore& store, const Clock& clock,
                                                           LedgerWriter::Options options = {});
  ~Aggregator();
  Aggregator(const Aggregator&) = delete;
  Aggregator& operator=(const Aggregator&) = delete;

  // Address that it listens on, "host:port".
  const std::string& address() const { return server_->address(); }

  // OK while it leads, so that it should get calls; else why it does not.
  absl::Status Ready() const;
  void AddTo(telemetry::MetricSheet& sheet) const;

  // Stops serving, answers the requests that were accepted, and joins all threads. Idempotent.
  void Stop();

 private:
  Aggregator(LedgerStore& store, const Clock& clock, LedgerWriter::Options options);

  void TellOfLead(const absl::Status& lead);
  void SetServing(bool serving);
  void EndStreams(const absl::Status& status);

  const LedgerStore& store_;
  CommittedLedgers committed_;
  LedgerFeed feed_;
  LedgerWriter writer_;
  AggregatorService aggregator_service_;
  ElectionService election_service_;
  std::unique_ptr<rpc::Server> server_;
  // The database does not hold what this aggregator has committed, or says something else.
  std::atomic<bool> diverged_ = false;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_
