#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ENTRY_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ENTRY_ROWS_H_

#include <vector>

#include "common/postgres/copy.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// COPY statement that takes the rows of PutEntry.
inline constexpr const char* kCopyEntries =
    "COPY canvass.entries (sequence, recorded_at, election_no, contest_no, source_no, station_no, "
    "area_no, revision, registered_voters, ballots_issued, ballots_cast, blank_votes, "
    "invalid_votes, asked, refused, undecided, kind, held, expected_again, actor, votes, findings, "
    "reason, entry, leaf_hash, seal_sequence) FROM STDIN (FORMAT binary);";

// Adds the row of canvass.entries for an entry.
void PutEntry(postgres::CopyEncoder& rows, int election_no, const AppendedEntry& appended);

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
