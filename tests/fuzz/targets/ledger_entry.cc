// The bytes of one ledger entry, and of what a seal hides.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/encoding.h"
#include "common/ledger/seal.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

void RunLedgerEntry(std::string_view bytes) {
  const absl::StatusOr<election::Entry> entry = ledger::Decode(bytes);
  Require(entry.ok() || absl::IsDataLoss(entry.status()), "bytes that are no entry are DATA_LOSS");
  if (entry.ok()) Require(ledger::Encode(*entry) == bytes, "an entry has one spelling");
  const absl::StatusOr<election::SealedContent> sealed = ledger::DecodeSealed(bytes);
  if (sealed.ok()) {
    Require(ledger::EncodeSealed(*sealed) == bytes, "a sealed content has one spelling");
  }
}

// One of each kind, and what they seal.
std::vector<std::string> LedgerEntrySeeds() {
  std::vector<std::string> seeds = EntriesOfCountedElection();
  for (std::size_t i = 0, entries = seeds.size(); i < entries; ++i) {
    const auto entry = ledger::Decode(seeds[i]);
    const auto* const opening =
        entry.ok() ? std::get_if<election::SealOpening>(&entry->event) : nullptr;
    if (opening != nullptr) seeds.push_back(ledger::EncodeSealed(opening->content));
  }
  return seeds;
}

const Registration kLedgerEntry({.name = "ledger_entry",
                                 .run = RunLedgerEntry,
                                 .seeds = LedgerEntrySeeds});

}  // namespace
}  // namespace canvass::fuzz
