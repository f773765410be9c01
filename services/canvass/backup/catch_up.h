#ifndef CANVASS_SERVICES_CANVASS_BACKUP_CATCH_UP_H_
#define CANVASS_SERVICES_CANVASS_BACKUP_CATCH_UP_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/aggregator/store/database_restore.h"
#include "services/canvass/clients/publisher_client.h"

namespace canvass::cli {

// What a publisher knows of ledgers and this program does not, entry by entry with its exact bytes.
// A publisher is believed as far as its entries continue the ledgers and have its own root. Not
// thread-safe.
class CatchUp {
 public:
  using Ledgers = aggregator::DatabaseRestore::Ledgers;

  // Adds to `ledgers`, which belong to the ledger `ledger_id` and must outlive this.
  CatchUp(Ledgers& ledgers, std::string_view ledger_id)
      : ledgers_(ledgers), ledger_id_(ledger_id) {}

  // Adds the entries that the publisher has and `ledgers` do not, and compares roots. Returns
  // DATA_LOSS LEDGER_DIVERGED if the publisher shows another ledger, SEQUENCE_MISSING or
  // ENTRY_HASH_DIFFERS if what it sends does not fit together, or the errors of its calls. The
  // ledgers are of no use after an error. `name` is what errors call the publisher.
  absl::Status TakeFrom(const PublisherClient& publisher, std::string_view name);

  // Number of entries that were added, by election.
  const std::map<std::string, std::int64_t>& added() const { return added_; }

 private:
  absl::Status TakeElection(const PublisherClient& publisher, const std::string& election_id);
  absl::Status TakePage(const publisher::v1::ListChangesResponse& page,
                        ledger::ElectionLedger& ledger);
  absl::Status CheckMoment(const v1::AsOf& as_of, const ledger::ElectionLedger& ledger) const;

  Ledgers& ledgers_;
  const std::string ledger_id_;
  std::map<std::string, std::int64_t> added_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_BACKUP_CATCH_UP_H_
