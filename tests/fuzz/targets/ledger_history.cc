// Entries that follow those of a counted election, as a database or another machine may give them:
// whole entries that need not belong here.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

std::unique_ptr<ledger::ElectionLedger> NewLedger() {
  static const auto* const kEntries = new std::vector<std::string>(EntriesOfCountedElection());
  auto ledger = std::make_unique<ledger::ElectionLedger>(kElectionId);
  for (const std::string& entry : *kEntries) {
    Require(ledger->Append(entry).ok(), "the counted election is legal");
  }
  return ledger;
}

// The ledger that the last input left, if it appended nothing.
std::unique_ptr<ledger::ElectionLedger>& Ledger() {
  static auto* const kLedger = new std::unique_ptr<ledger::ElectionLedger>(NewLedger());
  return *kLedger;
}

// Steps of kind 0 are entries. Of another kind: the sequence and the time are made to fit.
void RunLedgerHistory(std::string_view bytes) {
  std::unique_ptr<ledger::ElectionLedger>& ledger = Ledger();
  bool changed = false;
  for (const Step& step : SplitSession(bytes)) {
    std::string entry = step.bytes;
    absl::StatusOr<election::Entry> decoded = ledger::Decode(entry);
    if (decoded.ok() && step.kind % 2 == 1) {
      decoded->sequence = ledger->sequence() + 1;
      decoded->recorded_at = std::max(decoded->recorded_at, ledger->recorded_at());
      entry = ledger::Encode(*decoded);
    }
    const std::int64_t sequence = ledger->sequence();
    const ledger::Hash root = ledger->log().Root();
    const absl::Status appended = ledger->Append(entry);
    if (appended.ok()) {
      changed = true;
      Require(ledger->sequence() == sequence + 1, "one entry is appended");
      Require(ledger->log().Get(sequence + 1) == entry, "the bytes of an entry are kept");
    } else {
      Require(absl::IsDataLoss(appended), "an entry that does not belong here is DATA_LOSS");
      Require(ledger->sequence() == sequence && ledger->log().Root() == root,
              "an entry that is refused leaves the ledger as it was");
    }
  }
  if (!changed) return;
  RequireSameAsReference(*ledger);
  ledger = NewLedger();
}

// The last entries of the counted election once more, which fit with another sequence, or not.
std::vector<std::string> LedgerHistorySeeds() {
  std::vector<std::string> seeds;
  std::vector<Step> all;
  for (const std::string& entry : EntriesOfCountedElection()) {
    seeds.push_back(JoinSession({{.kind = 1, .bytes = entry}}));
    if (all.size() < kStepsMax) all.push_back({.kind = 1, .bytes = entry});
  }
  seeds.push_back(JoinSession(all));
  return seeds;
}

const Registration kLedgerHistory({.name = "ledger_history",
                                   .run = RunLedgerHistory,
                                   .seeds = LedgerHistorySeeds,
                                   .steps = {nullptr, nullptr}});

}  // namespace
}  // namespace canvass::fuzz
