#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ENTRY_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ENTRY_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"
#include "common/postgres/copy.h"
#include "common/postgres/copy_table.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// The table of all entries.
const postgres::CopyTable& EntryTable();

// Adds the row of canvass.entries for an entry.
void PutEntry(postgres::CopyEncoder& rows, int election_no, const AppendedEntry& appended);

// A row of canvass.entries, as far as others do not follow from it. The views are valid as long as
// the row.
struct EntryRow {
  std::int64_t sequence = 0;
  std::string_view bytes{};
  std::string_view leaf_hash{};
};

// Returns the statement that copies the rows of ReadStoredEntry for which the condition holds, by
// sequence.
std::string CopyStoredEntries(std::string_view condition);
// Reads a row of sequence, entry and leaf_hash. Returns DATA_LOSS if it is not the entry with this
// sequence, or if it is damaged.
absl::StatusOr<StoredEntry> ReadStoredEntry(std::string_view election_id, std::int64_t sequence,
                                            std::string_view row_bytes);

// Reads rows of canvass.entries. Not thread-safe.
class EntryRowReader {
 public:
  // Returns DATA_LOSS if it is no row of the table.
  absl::StatusOr<EntryRow> Read(std::string_view row);

 private:
  std::vector<postgres::CopyField> fields_;
};

// Compares the columns of rows of canvass.entries with what the bytes of their entries say. Not
// thread-safe.
class EntryRowCheck {
 public:
  explicit EntryRowCheck(int election_no) : election_no_(election_no) {}

  // Compares all columns of the row of `stored` with `entry`, which its bytes say, and adds those
  // that differ. REQUIRES: stored.leaf_hash is that of the bytes, whatever the row says.
  void Compare(const StoredEntry& stored, std::string_view row, const election::Entry& entry,
               RowDifferences& differences);

 private:
  const int election_no_;
  postgres::CopyEncoder recorded_;
};

// An entry and the number of its election. Not owned.
struct NumberedEntry {
  int election_no = 0;
  const AppendedEntry* appended = nullptr;
};

// Returns a COPY stream that encodes the rows of `entries` while they are sent. The entries must
// outlive the stream.
postgres::CopyStream EntryStream(std::vector<NumberedEntry> entries);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ENTRY_ROWS_H_
