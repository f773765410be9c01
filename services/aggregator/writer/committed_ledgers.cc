#include "services/aggregator/writer/committed_ledgers.h"

#include <set>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/telemetry/log.h"

namespace canvass::aggregator {
namespace {

absl::Status Diverged(std::string_view election_id, std::int64_t sequence) {
  return MakeError(reason::kLedgerDiverged,
                   StrCat("The ledger of ", election_id, " has lost or changed entry ", sequence,
                          ", which was committed; to accept the ledger as it is, restart the "
                          "aggregator"));
}

}  // namespace

const ledger::ElectionLedger* CommittedLedgers::Contents::Find(std::string_view election_id) const {
  const auto found = ledgers.find(election_id);
  if (found == ledgers.end() || !found->second->count().defined()) return nullptr;
  return found->second.get();
}

absl::StatusOr<const ledger::ElectionLedger*> CommittedLedgers::Contents::Get(
    std::string_view election_id) const {
  if (election_id.empty()) {
    return FieldError(reason::kElectionMissing, "election_id", "is required");
  }
  const ledger::ElectionLedger* const ledger = Find(election_id);
  if (ledger != nullptr) return ledger;
  return MakeError(reason::kElectionUnknown, StrCat("There is no election ", election_id));
}

absl::Status CommittedLedgers::CatchUp(LedgerStore& store) {
  absl::Status status = Follow(store);
  if (status.ok()) status = ReplayRefusals(store);
  TellOfChange();
  return status;
}

absl::Status CommittedLedgers::Follow(LedgerStore& store) {
  ResetUnlessOf(store);
  return ReplayTail(store);
}

void CommittedLedgers::Fold(Transaction transaction) {
  {
    const WriterLock lock(mutex_);
    for (AppendedEntry& appended : transaction.entries) {
      LedgerOf(appended.election_id)
          .Append(appended.bytes, appended.leaf_hash, std::move(appended.entry));
      appended.bytes = std::string();  // frees the memory now: a register is large
    }
    for (Refusal& refusal : transaction.refusals) contents_.refused.Add(std::move(refusal));
  }
  TellOfChange();
}

void CommittedLedgers::ResetUnlessOf(const LedgerStore& store) {
  const std::string ledger_id = store.ledger_id();
  const WriterLock lock(mutex_);
  if (contents_.ledger_id == ledger_id) return;
  if (!contents_.ledger_id.empty()) {
    telemetry::LogWarning(StrCat("the database holds ledger ", ledger_id, " instead of ",
                                 contents_.ledger_id, "; reading all of it again"));
  }
  contents_ = Contents{.ledger_id = ledger_id, .edition = contents_.edition + 1};
}

// Reads the last known entry of every election again. If that entry is still there and unchanged,
// the stored ledger continues the one in memory.
absl::Status CommittedLedgers::ReplayTail(LedgerStore& store) {
  std::map<std::string, std::int64_t, std::less<>> after;
  std::set<std::string, std::less<>> unconfirmed;
  Reading([&after, &unconfirmed](const Contents& contents) {
    for (const auto& [election_id, ledger] : contents.ledgers) {
      if (ledger->sequence() == 0) continue;  // its first entry failed to load
      after[election_id] = ledger->sequence() - 1;
      unconfirmed.insert(election_id);
    }
  });
  absl::Status status = store.Replay(after, [this, &unconfirmed](const StoredEntry& stored) {
    const auto waiting = unconfirmed.find(stored.election_id);
    if (waiting != unconfirmed.end()) unconfirmed.erase(waiting);
    return FoldStored(stored);
  });
  if (!status.ok() || unconfirmed.empty()) return status;
  return Diverged(*unconfirmed.begin(), after[*unconfirmed.begin()] + 1);
}

absl::Status CommittedLedgers::FoldStored(const StoredEntry& stored) {
  const WriterLock lock(mutex_);
  ledger::ElectionLedger& ledger = LedgerOf(stored.election_id);
  if (stored.sequence <= ledger.sequence()) {
    const bool same = ledger.log().LeafHashOf(stored.sequence) == stored.leaf_hash;
    return same ? absl::OkStatus() : Diverged(stored.election_id, stored.sequence);
  }
  absl::StatusOr<election::Entry> entry = ledger::Decode(stored.bytes);
  if (!entry.ok()) return entry.status();
  if (entry->sequence != stored.sequence || entry->sequence != ledger.sequence() + 1) {
    return absl::DataLossError(
        StrCat("Entry ", stored.sequence, " of ", stored.election_id, " has sequence ",
               entry->sequence, " in its bytes and follows ", ledger.sequence(), " other entries"));
  }
  absl::Status status = ledger.Check(*entry);
  if (status.ok()) ledger.Append(stored.bytes, stored.leaf_hash, *std::move(entry));
  return status;
}

absl::Status CommittedLedgers::ReplayRefusals(LedgerStore& store) {
  RefusedReports refused;
  absl::Status status =
      store.ReplayRefusals([&refused](Refusal refusal) { refused.Add(std::move(refusal)); });
  if (!status.ok()) return status;
  const WriterLock lock(mutex_);
  contents_.refused = std::move(refused);
  return absl::OkStatus();
}

ledger::ElectionLedger& CommittedLedgers::LedgerOf(std::string_view election_id) {
  auto found = contents_.ledgers.find(election_id);
  if (found == contents_.ledgers.end()) {
    std::string id(election_id);
    auto ledger = std::make_unique<ledger::ElectionLedger>(id);
    found = contents_.ledgers.emplace(std::move(id), std::move(ledger)).first;
  }
  return *found->second;
}

void CommittedLedgers::TellOfChange() const {
  if (changed_) changed_();
}

}  // namespace canvass::aggregator
