#ifndef CANVASS_COMMON_LEDGER_ENCODING_H_
#define CANVASS_COMMON_LEDGER_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/election/event.h"

// The exact bytes of a ledger entry: what is stored, hashed, and later signed and published. The
// grammar stands in encoding.cc. One entry has one encoding: Decode refuses every other spelling of
// it.
namespace canvass::ledger {

std::string Encode(const election::Entry& entry);

// DATA_LOSS, naming the offset, for bytes that Encode did not write.
absl::StatusOr<election::Entry> Decode(std::string_view bytes);

// The content of a report: two submissions are the same exactly if this is. Everything that a
// submitter says (numbers in ballot order, reason, counted_at, documents), nothing that a server
// adds.
std::string EncodeContent(const election::ReportRecorded& report);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_ENCODING_H_
