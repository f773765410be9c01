#ifndef CANVASS_SERVICES_CANVASS_BACKUP_MISSING_ENTRIES_H_
#define CANVASS_SERVICES_CANVASS_BACKUP_MISSING_ENTRIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/known_ledgers.h"
#include "services/aggregator/store/database_restore.h"

namespace canvass::cli {

// Entries at the end of an election's ledger that somebody has seen and the database does not have.
struct MissingEntries {
  std::string election_id{};
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string seen_by{};  // file

  bool operator==(const MissingEntries&) const = default;
};

// One sentence about them.
std::string Describe(const MissingEntries& missing);

// Compares the ledgers with what a publisher's file of --known_roots or a reporter's FILE-ledgers
// says of the ledger `ledger_id`. Returns what is missing, and DATA_LOSS LEDGER_DIVERGED if an
// entry is another one than the file says.
absl::StatusOr<std::vector<MissingEntries>> CompareWith(
    const process::KnownLedgers& known, const aggregator::DatabaseRestore::Ledgers& ledgers,
    const std::string& ledger_id);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_BACKUP_MISSING_ENTRIES_H_
