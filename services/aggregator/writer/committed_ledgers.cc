#include "services/aggregator/writer/committed_ledgers.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/seal.h"
#include "common/telemetry/log.h"

namespace canvass::aggregator {
namespace {

// What follows a content that is not known may build on it.
void ForgetAfterGaps(const ledger::ElectionLedger& ledger, SealedContents& sealed) {
  for (const int source_no : ledger.count().SealedSources()) {
    for (const auto& [sequence, seal] : ledger.count().SealsOf(source_no)) {
      if (sealed.Find(sequence) != nullptr) continue;
      telemetry::LogError(
          StrCat("the content of seal ", sequence, " of ", ledger.election_id(),
                 " is not known; it and the later seals of its source stay closed"));
      sealed.Forget(source_no, sequence);
      break;
    }
  }
}

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

const SealedContents* CommittedLedgers::Contents::FindSealed(const ledger::ElectionLedger& ledger,
                                                             int source_no) const {
  if (ledger.count().SealsOf(source_no).empty()) return nullptr;
  const auto found = sealed.find(ledger.election_id());
  return found == sealed.end() ? nullptr : &found->second;
}

absl::Time CommittedLedgers::LastRecorded() const {
  const ReaderLock lock(mutex_);
  absl::Time last = absl::InfinitePast();
  for (const auto& [election_id, ledger] : contents_.ledgers) {
    last = std::max(last, ledger->recorded_at());
  }
  return last;
}

absl::Status CommittedLedgers::CatchUp(LedgerStore& store) {
  absl::Status status = Follow(store);
  if (status.ok()) status = ReplaySealed(store);
  if (status.ok()) status = ReplayRefusals(store);
  TellOfChange();
  return status;
}

absl::Status CommittedLedgers::Follow(LedgerStore& store) {
  ResetUnlessOf(store);
  return Replay(store, /*whole=*/is_wrong_);
}

void CommittedLedgers::Fold(Transaction transaction) {
  {
    const WriterLock lock(mutex_);
    for (AppendedEntry& appended : transaction.entries) {
      FoldEntry(appended);
      complete_.insert_or_assign(appended.election_id, appended.entry.sequence);
    }
    for (SealedItem& item : transaction.sealed) {
      contents_.sealed[item.election_id].Add(
          item.sequence, {.nonce = item.nonce, .content = std::move(item.content)});
    }
    for (Refusal& refusal : transaction.refusals) contents_.refused.Add(std::move(refusal));
  }
  TellOfChange();
}

std::int64_t CommittedLedgers::entries() const {
  const ReaderLock lock(mutex_);
  std::int64_t entries = 0;
  for (const auto& [election_id, ledger] : contents_.ledgers) entries += ledger->sequence();
  return entries;
}

absl::Status CommittedLedgers::Compare(LedgerStore& store,
                                       const std::function<absl::Status()>& rest) const {
  std::string ledger_id;
  int edition = 0;
  Sequences upto;
  {
    const ReaderLock lock(mutex_);
    ledger_id = contents_.ledger_id;
    edition = contents_.edition;
    upto = complete_;
  }
  const auto is_dropped = [this, edition] {
    return Reading([edition](const Contents& contents) { return contents.edition != edition; });
  };
  const absl::Status dropped =
      MakeError(reason::kLedgerDiverged, StrCat("The ledger ", ledger_id, " was dropped"));
  const absl::Status audited = store.Audit(
      ledger_id, upto,
      {.check_entry = [this,
                       edition](const StoredEntry& stored) { return CheckHeld(stored, edition); },
       .rest = [&] { return is_dropped() ? dropped : rest(); }});
  return is_dropped() ? dropped : audited;
}

absl::Status CommittedLedgers::CheckHeld(const StoredEntry& stored, int edition) const {
  const ReaderLock lock(mutex_);
  if (contents_.edition != edition) return absl::OkStatus();
  const auto found = contents_.ledgers.find(stored.election_id);
  const bool same = found != contents_.ledgers.end() &&
                    stored.sequence <= found->second->sequence() &&
                    found->second->log().Get(stored.sequence) == stored.bytes;
  return same ? absl::OkStatus() : absl::DataLossError("the entry that was committed");
}

void CommittedLedgers::FoldEntry(AppendedEntry& appended) {
  const auto sealed = contents_.sealed.find(appended.election_id);
  ledger::ElectionLedger& ledger = LedgerOf(appended.election_id);
  if (!appended.trace_id.empty()) {
    contents_.traces.Add(appended.election_id, appended.entry.sequence,
                         std::move(appended.trace_id));
  }
  // Moves only what a definition consists of.
  ledger.Append(appended.bytes, appended.leaf_hash, std::move(appended.entry));
  if (sealed != contents_.sealed.end()) {
    sealed->second.NoteFolded(appended.entry.event);  // NOLINT(bugprone-use-after-move)
    if (sealed->second.empty()) contents_.sealed.erase(sealed);
  }
  appended.bytes = std::string();  // frees the memory now: a register is large
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
  complete_.clear();
  is_wrong_ = false;
}

// Even the tail begins with the last known entry of every election. If that entry is still there
// and unchanged, the stored ledger continues the one in memory.
absl::Status CommittedLedgers::Replay(LedgerStore& store, bool whole) {
  Sequences after;
  Sequences unconfirmed;  // last known
  Reading([&after, &unconfirmed, whole](const Contents& contents) {
    for (const auto& [election_id, ledger] : contents.ledgers) {
      if (ledger->sequence() == 0) continue;  // its first entry failed to load
      if (!whole) after[election_id] = ledger->sequence() - 1;
      unconfirmed[election_id] = ledger->sequence();
    }
  });
  absl::Status status = store.Replay(after, [this, &unconfirmed](const StoredEntry& stored) {
    const auto waiting = unconfirmed.find(stored.election_id);
    if (waiting != unconfirmed.end() && waiting->second == stored.sequence) {
      unconfirmed.erase(waiting);
    }
    return FoldStored(stored);
  });
  if (status.ok() && !unconfirmed.empty()) {
    status = Diverged(unconfirmed.begin()->first, unconfirmed.begin()->second);
  }
  if (absl::IsDataLoss(status)) is_wrong_ = true;
  if (!status.ok()) return status;
  if (whole) is_wrong_ = false;
  const WriterLock lock(mutex_);
  for (const auto& [election_id, ledger] : contents_.ledgers) {
    complete_.insert_or_assign(election_id, ledger->sequence());
  }
  return status;
}

absl::Status CommittedLedgers::FoldStored(const StoredEntry& stored) {
  const WriterLock lock(mutex_);
  ledger::ElectionLedger& ledger = LedgerOf(stored.election_id);
  if (stored.sequence <= ledger.sequence()) {
    const bool same = ledger.log().Get(stored.sequence) == stored.bytes;
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

// What is not the content of its seal is left out, so that the seal stays closed.
absl::Status CommittedLedgers::ReplaySealed(LedgerStore& store) {
  std::vector<SealedItem> items;
  absl::Status status =
      store.ReplaySealed([&items](SealedItem item) { items.push_back(std::move(item)); });
  if (!status.ok()) return status;
  const WriterLock lock(mutex_);
  contents_.sealed.clear();
  for (SealedItem& item : items) {
    const ledger::ElectionLedger* const ledger = contents_.Find(item.election_id);
    const election::EmbargoSeal* const seal =
        ledger == nullptr ? nullptr : ledger->count().FindSeal(item.sequence);
    if (seal == nullptr) continue;
    if (ledger::CommitmentTo(item.nonce, item.content) != seal->commitment) {
      telemetry::LogError(StrCat("the content of seal ", item.sequence, " of ", item.election_id,
                                 " was changed in the database; the seal stays closed"));
      continue;
    }
    contents_.sealed[item.election_id].Add(
        item.sequence, {.nonce = item.nonce, .content = std::move(item.content)});
  }
  for (auto& [election_id, sealed] : contents_.sealed) {
    ForgetAfterGaps(*contents_.Find(election_id), sealed);
  }
  return absl::OkStatus();
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
