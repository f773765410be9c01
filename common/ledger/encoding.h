#ifndef CANVASS_COMMON_LEDGER_ENCODING_H_
#define CANVASS_COMMON_LEDGER_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/election/event.h"

// The exact bytes of a ledger entry, which are stored and hashed, and later signed and published.
// encoding.cc has the grammar. Every entry has exactly one encoding, and Decode refuses all others.
namespace canvass::ledger {

std::string Encode(const election::Entry& entry);

// Returns DATA_LOSS with the offset if Encode cannot have written `bytes`.
absl::StatusOr<election::Entry> Decode(std::string_view bytes);

// Returns the encoded content of a report. Two submissions of a revision are the same if and only
// if their content is. It includes everything that the submitter gives (numbers in ballot order,
// reason, counted_at, documents) and nothing that a server adds.
std::string EncodeContent(const election::ReportRecorded& report);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_ENCODING_H_
