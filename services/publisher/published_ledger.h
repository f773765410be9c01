#ifndef CANVASS_SERVICES_PUBLISHER_PUBLISHED_LEDGER_H_
#define CANVASS_SERVICES_PUBLISHER_PUBLISHED_LEDGER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/election/event.h"
#include "common/ledger/folded_ledger.h"
#include "common/ledger/merkle.h"
#include "services/publisher/result_history.h"

namespace canvass::publisher {

// An election's ledger with what a publisher derives from it while it is folded. Not thread-safe;
// const access may be shared.
class PublishedLedger {
 public:
  explicit PublishedLedger(std::string election_id) : ledger_(std::move(election_id)) {}

  const ledger::FoldedLedger& ledger() const { return ledger_; }
  const ResultHistory& history() const { return history_; }
  // Sequences of the entries that took votes out of a total, changed published poll figures, or
  // changed the definition or a status, ascending.
  const std::vector<std::int64_t>& corrections() const { return corrections_; }
  // Numbers of all stations, ordered by their ids.
  const std::vector<int>& stations_by_id() const { return stations_by_id_; }

  // Folds the next entry. DATA_LOSS unless it is the next one. REQUIRES: bytes == Encode(entry).
  absl::Status Append(std::string_view bytes, const election::Entry& entry);
  // Takes the place of an entry under embargo.
  void AppendHidden(const ledger::Hash& leaf_hash) { ledger_.AppendHidden(leaf_hash); }
  // Folds an entry whose embargo is over; nothing if it is here already. DATA_LOSS unless it is the
  // one that was hidden.
  absl::Status Disclose(std::int64_t sequence, std::string_view bytes);

  // The same ledger as it was: its first `sequence` entries, those in `hidden` with their hash
  // alone.
  std::unique_ptr<PublishedLedger> Beginning(std::int64_t sequence,
                                             const absl::flat_hash_set<std::int64_t>& hidden) const;

 private:
  // `fold_in` puts the entry into ledger_.
  absl::Status Fold(const election::Entry& entry, absl::FunctionRef<absl::Status()> fold_in);
  bool IsCorrection(const election::Entry& entry, std::int32_t counting_revision_before) const;
  void OrderNewStations();

  ledger::FoldedLedger ledger_;
  ResultHistory history_;
  std::vector<std::int64_t> corrections_;
  std::vector<int> stations_by_id_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_PUBLISHED_LEDGER_H_
