#ifndef CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_
#define CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "services/aggregator/aggregator_service.h"
#include "services/aggregator/election_service.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/ledger_writer.h"
#include "services/aggregator/tally_feed.h"

namespace canvass::aggregator {

// The whole service over a ledger: alive as soon as it listens, SERVING while it leads.
class Aggregator {
 public:
  // Owns neither `ledger`, which nobody else may use, nor `clock`. Errors: those of Server::Start.
  static absl::StatusOr<std::unique_ptr<Aggregator>> Start(const rpc::ServerOptions& server,
                                                           Ledger& ledger, const Clock& clock,
                                                           LedgerWriter::Options options = {});
  ~Aggregator();
  Aggregator(const Aggregator&) = delete;
  Aggregator& operator=(const Aggregator&) = delete;

  // "host:port" that it listens on.
  const std::string& address() const { return server_->address(); }

  // Stops serving, answers what was taken, and ends. Idempotent.
  void Stop();

 private:
  Aggregator(Ledger& ledger, const Clock& clock, LedgerWriter::Options options);

  void TellOfLead(const absl::Status& lead);
  void SetServing(bool serving);
  void EndStreams(const absl::Status& status);

  LedgerBook book_;
  TallyFeed feed_;
  LedgerWriter writer_;
  AggregatorService aggregator_service_;
  ElectionService election_service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_H_
