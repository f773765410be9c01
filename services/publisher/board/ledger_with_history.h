#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_LEDGER_WITH_HISTORY_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_LEDGER_WITH_HISTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "services/publisher/board/result_history.h"

namespace canvass::publisher {

// An election's ledger with what a publisher derives from it while folding it. Not thread-safe;
// const access may be shared.
class LedgerWithHistory {
 public:
  explicit LedgerWithHistory(std::string election_id) : ledger_(std::move(election_id)) {}

  const ledger::ElectionLedger& ledger() const { return ledger_; }
  const ResultHistory& history() const { return history_; }
  // Sequences, ascending, of the entries that replaced, annulled or reinstated a report, changed
  // published poll figures, withdrew a seal, or changed the definition or the status of a contest.
  const std::vector<std::int64_t>& corrections() const { return corrections_; }
  // Numbers of all stations, ordered by id.
  const std::vector<int>& stations_by_id() const { return stations_by_id_; }

  // Folds the next entry. Returns DATA_LOSS if the entry is not the next one or the count cannot
  // fold it. REQUIRES: bytes == Encode(entry).
  absl::Status Append(std::string_view bytes, const election::Entry& entry);

  // Returns this ledger as it stood after its first `sequence` entries.
  std::unique_ptr<LedgerWithHistory> AsOf(std::int64_t sequence) const;

 private:
  void Fold(std::string_view bytes, const election::Entry& entry, const election::Entry& counted);
  bool IsCorrection(const election::Entry& entry, std::int32_t counting_revision_before) const;
  void OrderNewStations();

  ledger::ElectionLedger ledger_;
  ResultHistory history_;
  std::vector<std::int64_t> corrections_;
  std::vector<int> stations_by_id_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_LEDGER_WITH_HISTORY_H_
