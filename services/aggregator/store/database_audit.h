#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_AUDIT_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_AUDIT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// What an audit of an election's tables found.
struct AuditedDatabase {
  std::int64_t sequence = 0;  // last entry
  RowDifferences differences{};
  // Contents of seals that were compared with their commitments; absent if the role may not read
  // them.
  std::optional<std::int64_t> sealed_contents{};
};

// Reads all that a database holds of an election's ledger, at one moment, and compares everything
// with the bytes of the entries: sequences, leaf hashes, the columns of every table, and, if the
// role of `connection` may read them, what seals hide. The role canvass_reader suffices. Calls
// `visit` with the entries from the first one on, up to the first that is missing or does not
// belong there, with the leaf hash that is stored.
//
// Returns NOT_FOUND ELECTION_UNKNOWN if there is no such election, and the errors of PostgreSQL.
absl::StatusOr<AuditedDatabase> AuditDatabase(const std::string& connection,
                                              const std::string& election_id,
                                              const std::function<void(const StoredEntry&)>& visit);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_AUDIT_H_
