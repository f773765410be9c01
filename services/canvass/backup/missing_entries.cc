#include "services/canvass/backup/missing_entries.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/merkle.h"

namespace canvass::cli {
namespace {

// A publisher knows the ledger's id and the root, a reporter the leaf hash alone.
bool IsAsKnown(const ledger::ElectionLedger& ledger, const process::KnownLedger& known) {
  const ledger::Hash here = known.ledger_id.empty() ? ledger.log().LeafHashOf(known.sequence)
                                                    : ledger.log().RootAt(known.sequence);
  return ledger::ToHex(here) == known.hash;
}

}  // namespace

std::string Describe(const MissingEntries& missing) {
  return StrCat(missing.election_id, ": entries ", missing.first, " to ", missing.last,
                " are missing, says ", missing.seen_by);
}

absl::StatusOr<std::vector<MissingEntries>> CompareWith(
    const process::KnownLedgers& known, const aggregator::DatabaseRestore::Ledgers& ledgers,
    const std::string& ledger_id) {
  std::vector<MissingEntries> missing;
  for (const auto& [election_id, seen] : known.all()) {
    if (!seen.ledger_id.empty() && seen.ledger_id != ledger_id) {
      return MakeError(reason::kLedgerDiverged,
                       StrCat(known.file(), " is about ledger ", seen.ledger_id,
                              ", but the backup is of ", ledger_id));
    }
    const auto found = ledgers.find(election_id);
    const std::int64_t last = found == ledgers.end() ? 0 : found->second->sequence();
    if (last < seen.sequence) {
      missing.push_back({.election_id = election_id,
                         .first = last + 1,
                         .last = seen.sequence,
                         .seen_by = known.file()});
    } else if (!IsAsKnown(*found->second, seen)) {
      return MakeError(reason::kLedgerDiverged,
                       StrCat("At sequence ", seen.sequence, " of ", election_id, " ", known.file(),
                              " says ", seen.hash, ", which the restored ledger does not have"));
    }
  }
  return missing;
}

}  // namespace canvass::cli
