#ifndef CANVASS_SERVICES_AGGREGATOR_LEDGER_BOOK_H_
#define CANVASS_SERVICES_AGGREGATOR_LEDGER_BOOK_H_

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
#include "common/ledger/folded_ledger.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/refused_reports.h"

namespace canvass::aggregator {

// One election's ledger, and which of its entries speak for which source. Not thread-safe; const
// access may be shared.
class BookedLedger {
 public:
  explicit BookedLedger(std::string election_id) : folded_(std::move(election_id)) {}

  const ledger::FoldedLedger& folded() const { return folded_; }
  const election::Count& count() const { return folded_.count(); }
  std::int64_t sequence() const { return folded_.sequence(); }
  // Sequences of the reports, decisions and poll figures of this source, rising.
  const std::vector<std::int64_t>& EntriesOfSource(int source_no) const;

  // Folds the next entry. REQUIRES: bytes == Encode(entry), leaf_hash == LeafHash(bytes).
  void Append(std::string_view bytes, const ledger::Hash& leaf_hash, election::Entry&& entry);

 private:
  ledger::FoldedLedger folded_;
  std::vector<std::vector<std::int64_t>> entries_by_source_;
};

// What is committed, of all elections, in memory: nothing is in it before it is durable.
// Thread-safe; only one thread, the writer's, may change it.
class LedgerBook {
 public:
  struct Contents {
    std::string ledger_id{};
    // Another one each time that the book is thrown away and read anew.
    int edition = 0;
    std::map<std::string, std::unique_ptr<BookedLedger>, std::less<>> ledgers{};
    RefusedReports refused{};

    // Null for an election that is not defined.
    const BookedLedger* Find(std::string_view election_id) const;
    // The same; NOT_FOUND ELECTION_UNKNOWN, INVALID_ARGUMENT ELECTION_MISSING for an empty id.
    absl::StatusOr<const BookedLedger*> Get(std::string_view election_id) const;
  };

  // `changed` is called, by the writer's thread, after every change and without the lock.
  // REQUIRES: before there are other threads.
  void OnChange(std::function<void()> changed) { changed_ = std::move(changed); }

  // What `read` makes of the contents, which stand still meanwhile: be quick, the writer waits.
  template <typename Read>
  auto Reading(Read read) const {
    const ReaderLock lock(mutex_);
    return read(static_cast<const Contents&>(contents_));
  }

  // Brings the book up to what `ledger` holds. Where that is another ledger, by its id, the book is
  // read anew. DATA_LOSS where it is the same and has lost or changed what the book holds: entries
  // that were acknowledged are never given up without somebody who decides it.
  // REQUIRES: ledger.TakeLead() succeeded.
  absl::Status CatchUp(Ledger& ledger);
  // The same while another writer leads, but for the refusals: they cost more than a follower, who
  // shows nothing to anybody, should spend again and again.
  // REQUIRES: ledger.TakeLead() said NOT_ACTIVE.
  absl::Status Follow(Ledger& ledger);
  // Adds what was committed.
  void Fold(AppendGroup group);

 private:
  void ResetUnlessOf(const Ledger& ledger);
  absl::Status ReplayTail(Ledger& ledger);
  absl::Status FoldStored(const StoredEntry& stored);
  absl::Status ReplayRefusals(Ledger& ledger);
  BookedLedger& LedgerOf(std::string_view election_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOfChange() const;

  mutable SharedMutex mutex_;
  Contents contents_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> changed_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_LEDGER_BOOK_H_
