#ifndef CANVASS_TESTS_SUPPORT_MEMORY_LEDGER_STORE_H_
#define CANVASS_TESTS_SUPPORT_MEMORY_LEDGER_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::testing {

class MemoryLedgerStore;

// What a database keeps, in memory. It must outlive its stores. Thread-safe.
class MemoryDatabase {
 public:
  // One committed entry.
  struct Stored {
    std::string bytes{};
    ledger::Hash leaf_hash{};
  };

  // Committed entries of the election.
  std::vector<Stored> EntriesOf(std::string_view election_id) const;
  // Committed groups.
  int commits() const;

  // The leader's session breaks: it can append no more, and another store can take the lead.
  void BreakSession();
  // As a failover to a standby that was behind does: the session breaks, and the entries after
  // `last_sequence` are gone.
  void Lose(std::string_view election_id, std::int64_t last_sequence);
  // As the owner of a database can: the entries after `last_sequence` are gone, and nothing else
  // happens.
  void Delete(std::string_view election_id, std::int64_t last_sequence);
  // Likewise: there is one more entry.
  void Insert(std::string_view election_id, const Stored& entry);
  // As a restore of a backup does: the same as Lose, and the ledger has
  // another id.
  void Restore(std::string_view election_id, std::int64_t last_sequence);
  // What the seals hide, of open ones too.
  std::vector<aggregator::SealedItem> sealed() const;
  // Changes what a seal hides.
  void ChangeSealed(std::int64_t sequence, const aggregator::SealedItem& item);
  // Sets the clock of the database, which must outlive it. Without one, time stands still where a
  // ManualClock starts, and appends are not compared with it.
  void SetClock(const Clock& clock);
  // Its bytes are no entry any more. Returns those that it had.
  std::string Damage(std::string_view election_id, std::int64_t sequence);
  // Its bytes are these again.
  void Mend(std::string_view election_id, std::int64_t sequence, const std::string& bytes);
  // Whether what is repeated of the entries for SQL readers is something else.
  void DifferInAudits(bool differs);

 private:
  friend class MemoryLedgerStore;

  void Truncate(std::string_view election_id, std::int64_t last_sequence)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::vector<Stored>, std::less<>> entries_ ABSL_GUARDED_BY(mutex_);
  std::vector<aggregator::SealedItem> sealed_ ABSL_GUARDED_BY(mutex_);
  std::vector<aggregator::Refusal> refusals_ ABSL_GUARDED_BY(mutex_);
  const Clock* clock_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int commits_ ABSL_GUARDED_BY(mutex_) = 0;
  bool differs_in_audits_ ABSL_GUARDED_BY(mutex_) = false;
  int ledger_number_ ABSL_GUARDED_BY(mutex_) = 1;
  const MemoryLedgerStore* leader_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// A LedgerStore over a MemoryDatabase, with faults on demand. The methods of LedgerStore are for
// one thread, the others are thread-safe.
class MemoryLedgerStore final : public aggregator::LedgerStore {
 public:
  explicit MemoryLedgerStore(MemoryDatabase& store) : store_(store) {}
  ~MemoryLedgerStore() override;

  absl::Status TakeLead() override;
  void Resign() override;
  std::string ledger_id() const override;
  absl::Status Replay(
      const aggregator::Sequences& after,
      const std::function<absl::Status(const aggregator::StoredEntry&)>& visit) override;
  absl::Status Audit(std::string_view ledger_id, const aggregator::Sequences& upto,
                     const aggregator::AuditVisitor& visitor) override;
  absl::Status ReplaySealed(const std::function<void(aggregator::SealedItem)>& visit) override;
  absl::Status ReplayRefusals(const std::function<void(aggregator::Refusal)>& visit) override;
  absl::Status Append(const aggregator::Transaction& transaction) override;
  absl::StatusOr<absl::Time> Now() override;
  absl::Status Heartbeat() override;

  // The next appends fail, before or after they have committed.
  void FailAppendsBeforeCommit(int count);
  void FailAppendsAfterCommit(int count);
  // Appends fail as long as `is_poison` is true of one of their entries.
  void FailAppendsOf(std::function<bool(const aggregator::AppendedEntry&)> is_poison);
  // The next attempts to take the lead fail; a negative count: all of them.
  void FailTakeLead(int count);
  // `call` is called after each entry that a replay has visited.
  void OnReplayed(std::function<void()> call);
  // Audits return this; OK: they do what they should.
  void FailAudits(absl::Status status);

  // Appends wait from now on, until ReleaseAppends.
  void HoldAppends();
  void ReleaseAppends();
  // Until an append waits.
  void AwaitHeldAppend();

 private:
  absl::Status Commit(const aggregator::Transaction& transaction);
  bool CanRead() const;
  // Whether an election ends where this store left it.
  absl::Status CheckEnds() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(store_.mutex_);
  void NoteEnds() ABSL_EXCLUSIVE_LOCKS_REQUIRED(store_.mutex_);

  MemoryDatabase& store_;
  // Number of entries and last leaf hash of each election.
  std::map<std::string, std::pair<std::size_t, ledger::Hash>, std::less<>> ends_;

  mutable Mutex mutex_;
  CondVar changed_;
  int failures_before_commit_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_after_commit_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_to_lead_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status audits_fail_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_replayed_;  // used by who replays
  std::function<bool(const aggregator::AppendedEntry&)> is_poison_ ABSL_GUARDED_BY(mutex_);
  bool following_ ABSL_GUARDED_BY(mutex_) = false;  // another led, last time
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_MEMORY_LEDGER_STORE_H_
