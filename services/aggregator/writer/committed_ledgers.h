#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_COMMITTED_LEDGERS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_COMMITTED_LEDGERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/ledger/election_ledger.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/recent_traces.h"
#include "services/aggregator/writer/refused_reports.h"
#include "services/aggregator/writer/sealed_contents.h"

namespace canvass::aggregator {

// The committed ledgers of all elections, in memory. An entry is added only after it is durable.
// Thread-safe, but only one thread, the writer's, may modify it.
class CommittedLedgers {
 public:
  struct Contents {
    std::string ledger_id{};
    // Changes each time the contents are dropped and read again, because the store holds another
    // ledger.
    int edition = 0;
    std::map<std::string, std::unique_ptr<ledger::ElectionLedger>, std::less<>> ledgers{};
    RefusedReports refused{};
    RecentTraces traces{};
    // What closed seals hide, by election. Complete only while this aggregator leads. Only the
    // writer's thread may look at it.
    std::map<std::string, SealedContents, std::less<>> sealed{};

    // Returns null if the election is not defined.
    const ledger::ElectionLedger* Find(std::string_view election_id) const;
    // The same, but returns NOT_FOUND ELECTION_UNKNOWN if the election is not defined, and
    // INVALID_ARGUMENT ELECTION_MISSING if the id is empty.
    absl::StatusOr<const ledger::ElectionLedger*> Get(std::string_view election_id) const;
    // What the seals of the source hide; null if none is closed.
    const SealedContents* FindSealed(const ledger::ElectionLedger& ledger, int source_no) const;
  };

  // Sets a callback that the writer's thread calls after every CatchUp and Fold, without holding
  // the lock. REQUIRES: no other thread uses this yet.
  void OnChange(std::function<void()> changed) { changed_ = std::move(changed); }

  // Returns what `read` returns for the contents. They cannot change meanwhile, so `read` must be
  // quick: the writer waits.
  template <typename Read>
  auto Reading(Read read) const {
    const ReaderLock lock(mutex_);
    return read(contents_);
  }

  // Time of the newest entry of all elections; InfinitePast if there is none.
  absl::Time LastRecorded() const;

  // Reads what `store` holds and this does not, and the last entry of each election that is held
  // here, so that a takeover takes no longer if the ledger is long; everything, if what was read
  // before was wrong. If the store holds a ledger with another id, drops the contents first.
  // Returns DATA_LOSS LEDGER_DIVERGED if the store holds the same ledger but has lost or changed an
  // entry that is held here. Acknowledged entries are never given up unless an operator decides it.
  // Other errors are those of the store and of damaged entries. REQUIRES: store.TakeLead() returned
  // OK.
  absl::Status CatchUp(LedgerStore& store);
  // The same, without refusals and what seals hide. It is for a writer that does not lead: it asks
  // again and again, and shows refusals to nobody. REQUIRES: store.TakeLead() returned OK or
  // NOT_ACTIVE.
  absl::Status Follow(LedgerStore& store);
  // Adds what the store has committed.
  void Fold(Transaction transaction);

  // Compares everything in the store with what is held here, and calls `rest` as AuditVisitor says.
  // Returns the errors of LedgerStore::Audit, and LEDGER_DIVERGED also if the contents are dropped
  // meanwhile. Any thread may call it, but only one at a time.
  absl::Status Compare(LedgerStore& store, const std::function<absl::Status()>& rest) const;
  // Number of entries of all elections.
  std::int64_t entries() const;

 private:
  void ResetUnlessOf(const LedgerStore& store);
  // OK if the entry is held here, or the contents have another edition.
  absl::Status CheckHeld(const StoredEntry& stored, int edition) const;
  // Reads what this does not hold, or everything if `whole`.
  absl::Status Replay(LedgerStore& store, bool whole);
  absl::Status FoldStored(const StoredEntry& stored);
  absl::Status ReplayRefusals(LedgerStore& store);
  absl::Status ReplaySealed(LedgerStore& store);
  void FoldEntry(AppendedEntry& appended) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ledger::ElectionLedger& LedgerOf(std::string_view election_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOfChange() const;

  mutable SharedMutex mutex_;
  Contents contents_ ABSL_GUARDED_BY(mutex_);
  // Last sequences of all elections where a transaction ended. A ledger may hold more while the
  // rest of a transaction is read: the beginning of a definition.
  Sequences complete_ ABSL_GUARDED_BY(mutex_);
  // The store did not hold what it should when it was last read. Used by the writer's thread alone.
  bool is_wrong_ = false;
  std::function<void()> changed_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_COMMITTED_LEDGERS_H_
