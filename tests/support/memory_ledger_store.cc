#include "tests/support/memory_ledger_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "services/aggregator/writer/refused_reports.h"
#include "tests/support/manual_clock.h"

namespace canvass::testing {
namespace {

using aggregator::AppendedEntry;
using aggregator::Refusal;
using aggregator::SealedItem;
using aggregator::StoredEntry;
using aggregator::Transaction;

absl::Status Lost() { return absl::UnavailableError("the connection to the store broke"); }

absl::Status NotActive() { return MakeError(reason::kNotActive, "another writer leads"); }

// Whether one more failure was asked for.
bool TakeOne(int& failures) {
  if (failures == 0) return false;
  if (failures > 0) --failures;
  return true;
}

}  // namespace

std::vector<MemoryDatabase::Stored> MemoryDatabase::EntriesOf(std::string_view election_id) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(election_id);
  return found == entries_.end() ? std::vector<Stored>() : found->second;
}

int MemoryDatabase::commits() const {
  const MutexLock lock(mutex_);
  return commits_;
}

void MemoryDatabase::BreakSession() {
  const MutexLock lock(mutex_);
  leader_ = nullptr;
}

void MemoryDatabase::Lose(std::string_view election_id, std::int64_t last_sequence) {
  const MutexLock lock(mutex_);
  Truncate(election_id, last_sequence);
}

void MemoryDatabase::Delete(std::string_view election_id, std::int64_t last_sequence) {
  const MutexLock lock(mutex_);
  entries_[std::string(election_id)].resize(Index(last_sequence));
}

void MemoryDatabase::Insert(std::string_view election_id, const Stored& entry) {
  const MutexLock lock(mutex_);
  entries_[std::string(election_id)].push_back(entry);
}

void MemoryDatabase::Restore(std::string_view election_id, std::int64_t last_sequence) {
  const MutexLock lock(mutex_);
  Truncate(election_id, last_sequence);
  ++ledger_number_;
}

std::vector<aggregator::SealedItem> MemoryDatabase::sealed() const {
  const MutexLock lock(mutex_);
  return sealed_;
}

void MemoryDatabase::ChangeSealed(std::int64_t sequence, const aggregator::SealedItem& item) {
  const MutexLock lock(mutex_);
  for (aggregator::SealedItem& stored : sealed_) {
    if (stored.sequence == sequence) stored = item;
  }
}

void MemoryDatabase::SetClock(const Clock& clock) {
  const MutexLock lock(mutex_);
  clock_ = &clock;
}

std::string MemoryDatabase::Damage(std::string_view election_id, std::int64_t sequence) {
  const MutexLock lock(mutex_);
  return std::exchange(entries_[std::string(election_id)][Index(sequence - 1)].bytes, "damaged");
}

void MemoryDatabase::Mend(std::string_view election_id, std::int64_t sequence,
                          const std::string& bytes) {
  const MutexLock lock(mutex_);
  entries_[std::string(election_id)][Index(sequence - 1)].bytes = bytes;
}

void MemoryDatabase::DifferInAudits(bool differs) {
  const MutexLock lock(mutex_);
  differs_in_audits_ = differs;
}

void MemoryDatabase::Truncate(std::string_view election_id, std::int64_t last_sequence) {
  entries_[std::string(election_id)].resize(Index(last_sequence));
  leader_ = nullptr;
}

MemoryLedgerStore::~MemoryLedgerStore() { Resign(); }

void MemoryLedgerStore::Resign() {
  const MutexLock lock(store_.mutex_);
  if (store_.leader_ == this) store_.leader_ = nullptr;
}

absl::Status MemoryLedgerStore::TakeLead() {
  const MutexLock lock(store_.mutex_);
  const MutexLock own_lock(mutex_);
  following_ = false;
  if (TakeOne(failures_to_lead_)) return Lost();
  if (store_.leader_ != nullptr && store_.leader_ != this) {
    following_ = true;
    return NotActive();
  }
  store_.leader_ = this;
  NoteEnds();
  return absl::OkStatus();
}

void MemoryLedgerStore::NoteEnds() {
  ends_.clear();
  for (const auto& [election_id, entries] : store_.entries_) {
    if (!entries.empty()) ends_[election_id] = {entries.size(), entries.back().leaf_hash};
  }
}

absl::Status MemoryLedgerStore::CheckEnds() const {
  for (const auto& [election_id, end] : ends_) {
    const auto stored = store_.entries_.find(election_id);
    if (stored != store_.entries_.end() && stored->second.size() == end.first &&
        stored->second.back().leaf_hash == end.second) {
      continue;
    }
    return MakeError(reason::kLedgerTampered, absl::StrCat(election_id, " ends differently"));
  }
  return absl::OkStatus();
}

std::string MemoryLedgerStore::ledger_id() const {
  const MutexLock lock(store_.mutex_);
  return absl::StrCat("memory-", store_.ledger_number_);
}

absl::Status MemoryLedgerStore::Replay(
    const aggregator::Sequences& after,
    const std::function<absl::Status(const StoredEntry&)>& visit) {
  std::map<std::string, std::vector<MemoryDatabase::Stored>, std::less<>> entries;
  if (!CanRead()) return Lost();
  {
    const MutexLock lock(store_.mutex_);
    entries = store_.entries_;
  }
  for (const auto& [election_id, sequence] : after) {
    if (static_cast<std::int64_t>(entries[election_id].size()) < sequence) {
      return MakeError(reason::kLedgerDiverged,
                       absl::StrCat(election_id, " has lost entry ", sequence));
    }
  }
  for (const auto& [election_id, stored] : entries) {
    const auto start = after.find(election_id);
    std::int64_t sequence = start == after.end() ? 0 : start->second;
    while (sequence < static_cast<std::int64_t>(stored.size())) {
      const MemoryDatabase::Stored& entry = stored[Index(sequence++)];
      const absl::Status status = visit({.election_id = election_id,
                                         .sequence = sequence,
                                         .bytes = entry.bytes,
                                         .leaf_hash = entry.leaf_hash});
      if (!status.ok()) return status;
      if (on_replayed_) on_replayed_();
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryLedgerStore::Audit(std::string_view ledger_id, const aggregator::Sequences& upto,
                                      const aggregator::AuditVisitor& visitor) {
  if (this->ledger_id() != ledger_id) return MakeError(reason::kLedgerDiverged, "another ledger");
  {
    const MutexLock lock(mutex_);
    if (!audits_fail_.ok()) return audits_fail_;
  }
  for (const auto& [election_id, last] : upto) {
    const std::vector<MemoryDatabase::Stored> stored = store_.EntriesOf(election_id);
    for (std::int64_t sequence = 1; sequence <= last; ++sequence) {
      if (sequence > static_cast<std::int64_t>(stored.size())) {
        return MakeError(reason::kRowDiffers, absl::StrCat("entry ", sequence, " is missing"));
      }
      const MemoryDatabase::Stored& entry = stored[Index(sequence - 1)];
      const absl::Status checked = visitor.check_entry({.election_id = election_id,
                                                        .sequence = sequence,
                                                        .bytes = entry.bytes,
                                                        .leaf_hash = entry.leaf_hash});
      if (!checked.ok()) {
        return MakeError(reason::kRowDiffers,
                         absl::StrCat("entry ", sequence, " is not ", checked.message()));
      }
      if (absl::Status status = visitor.rest(); !status.ok()) return status;
    }
  }
  const MutexLock lock(store_.mutex_);
  if (!store_.differs_in_audits_) return absl::OkStatus();
  return MakeError(reason::kRowDiffers, "a column says something else");
}

absl::Status MemoryLedgerStore::ReplaySealed(const std::function<void(SealedItem)>& visit) {
  if (!CanRead()) return Lost();
  for (SealedItem& item : store_.sealed()) visit(std::move(item));
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> MemoryLedgerStore::Now() {
  const MutexLock lock(store_.mutex_);
  if (store_.leader_ != this) return Lost();
  return store_.clock_ == nullptr ? ManualClock().Now() : store_.clock_->Now();
}

absl::Status MemoryLedgerStore::ReplayRefusals(const std::function<void(Refusal)>& visit) {
  std::vector<Refusal> refusals;
  if (!CanRead()) return Lost();
  {
    const MutexLock lock(store_.mutex_);
    refusals = store_.refusals_;
  }
  for (Refusal& refusal : refusals) visit(std::move(refusal));
  return absl::OkStatus();
}

bool MemoryLedgerStore::CanRead() const {
  const MutexLock lock(store_.mutex_);
  const MutexLock own_lock(mutex_);
  return store_.leader_ == this || following_;
}

absl::Status MemoryLedgerStore::Append(const Transaction& transaction) {
  bool fails_after_commit = false;
  {
    const MutexLock lock(mutex_);
    ++waiting_;
    changed_.NotifyAll();
    while (held_) changed_.Wait(mutex_);
    --waiting_;
    if (TakeOne(failures_before_commit_)) return Lost();
    if (is_poison_ &&
        std::any_of(transaction.entries.begin(), transaction.entries.end(), std::ref(is_poison_))) {
      return absl::InternalError("the store cannot take an entry of the transaction");
    }
    fails_after_commit = TakeOne(failures_after_commit_);
  }
  const absl::Status status = Commit(transaction);
  return status.ok() && fails_after_commit ? Lost() : status;
}

absl::Status MemoryLedgerStore::Commit(const Transaction& transaction) {
  const MutexLock lock(store_.mutex_);
  if (store_.leader_ != this) return absl::AbortedError("this writer does not lead any more");
  if (store_.clock_ != nullptr && transaction.clock.has_value() &&
      absl::AbsDuration(store_.clock_->Now() - *transaction.clock) > kClockDifferenceMax) {
    return MakeError(reason::kClockImplausible, "the clocks differ");
  }
  if (absl::Status ends = CheckEnds(); !ends.ok()) return ends;
  std::map<std::string, std::int64_t> next;
  for (const AppendedEntry& entry : transaction.entries) {
    std::int64_t& sequence = next[entry.election_id];
    if (sequence == 0) {
      sequence = static_cast<std::int64_t>(store_.entries_[entry.election_id].size());
    }
    if (entry.entry.sequence != ++sequence) {
      return absl::AbortedError(StrCat("entry ", entry.entry.sequence, " of ", entry.election_id,
                                       " is not the next one, ", sequence));
    }
  }
  for (const AppendedEntry& entry : transaction.entries) {
    store_.entries_[entry.election_id].push_back(
        {.bytes = entry.bytes, .leaf_hash = entry.leaf_hash});
  }
  store_.sealed_.insert(store_.sealed_.end(), transaction.sealed.begin(), transaction.sealed.end());
  store_.refusals_.insert(store_.refusals_.end(), transaction.refusals.begin(),
                          transaction.refusals.end());
  aggregator::DropOld(store_.refusals_);
  NoteEnds();
  ++store_.commits_;
  return absl::OkStatus();
}

absl::Status MemoryLedgerStore::Heartbeat() {
  const MutexLock lock(store_.mutex_);
  if (store_.leader_ == this) return CheckEnds();
  const MutexLock own_lock(mutex_);
  return following_ ? NotActive() : Lost();
}

void MemoryLedgerStore::FailAppendsBeforeCommit(int count) {
  const MutexLock lock(mutex_);
  failures_before_commit_ = count;
}

void MemoryLedgerStore::FailAppendsAfterCommit(int count) {
  const MutexLock lock(mutex_);
  failures_after_commit_ = count;
}

void MemoryLedgerStore::FailAppendsOf(std::function<bool(const AppendedEntry&)> is_poison) {
  const MutexLock lock(mutex_);
  is_poison_ = std::move(is_poison);
}

void MemoryLedgerStore::FailTakeLead(int count) {
  const MutexLock lock(mutex_);
  failures_to_lead_ = count;
}

void MemoryLedgerStore::OnReplayed(std::function<void()> call) { on_replayed_ = std::move(call); }

void MemoryLedgerStore::FailAudits(absl::Status status) {
  const MutexLock lock(mutex_);
  audits_fail_ = std::move(status);
}

void MemoryLedgerStore::HoldAppends() {
  const MutexLock lock(mutex_);
  held_ = true;
}

void MemoryLedgerStore::ReleaseAppends() {
  const MutexLock lock(mutex_);
  held_ = false;
  changed_.NotifyAll();
}

void MemoryLedgerStore::AwaitHeldAppend() {
  const MutexLock lock(mutex_);
  while (!held_ || waiting_ == 0) changed_.Wait(mutex_);
}

}  // namespace canvass::testing
