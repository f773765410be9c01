#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_SEALED_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_SEALED_ROWS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/election/event.h"
#include "common/postgres/copy.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// COPY statement that takes the rows of PutSealed.
inline constexpr const char* kCopySealed =
    "COPY canvass.sealed_contents (election_no, sequence, nonce, content) FROM STDIN (FORMAT "
    "binary);";

// Statements that copy the rows of ReadSealed: of the seals that are neither opened nor withdrawn.
inline constexpr const char* kCopySealedOut =
    "BEGIN; SET LOCAL statement_timeout = 0; COPY (SELECT e.election_id, s.sequence, s.nonce, "
    "s.content "
    "FROM canvass.sealed_contents s JOIN canvass.elections e USING (election_no) "
    "WHERE NOT EXISTS (SELECT FROM canvass.entries x WHERE x.election_no = s.election_no "
    "AND x.seal_sequence = s.sequence)) TO STDOUT (FORMAT binary); COMMIT";

// A content as its row has it: its bytes, 0x80, and zeros up to 1 024 bytes, or twice, four times
// ... as many (ISO/IEC 7816-4). Whoever may connect to the server sees how far tables and log grow,
// so all usual contents have one size.
std::string PadContent(const election::SealedContent& content);
// Returns DATA_LOSS if PadContent cannot have written `padded`.
absl::StatusOr<election::SealedContent> ReadPadded(std::string_view padded);

// Adds the row of canvass.sealed_contents for what a seal hides.
void PutSealed(postgres::CopyEncoder& rows, int election_no, const SealedItem& item);

// Reads a row. Returns DATA_LOSS if it holds no content of a seal.
absl::StatusOr<SealedItem> ReadSealed(std::string_view bytes);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_SEALED_ROWS_H_
