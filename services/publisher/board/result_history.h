#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_HISTORY_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/tally.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "services/publisher/board/figures.h"
#include "services/publisher/board/point_list.h"

namespace canvass::publisher {

// The state of a ledger after one of its entries.
struct Moment {
  std::int64_t sequence = 0;
  absl::Time recorded_at;
  ledger::Hash root{};
};

// The moment of the last entry of `ledger`.
Moment MomentOf(const ledger::ElectionLedger& ledger);

// Figures at one moment.
struct HistoryPoint {
  Moment moment;
  Figures figures;
};

// Records how the results of every contest, source and area of one election develop while its
// ledger is folded. A point shows an area after the last entry of a second that changed the area.
// Every fall of a number has a point of its own, and so has the state before the fall. Every status
// and every change of poll figures has a point of its own too. The points depend only on the
// entries, not on the steps in which they came. Not thread-safe; const access may be shared.
class ResultHistory {
 public:
  // Limits on the points of one area. Points of falls, statuses and poll figures are not counted,
  // because there are no more of them than ledger entries that caused them. Beyond the limit, every
  // second point of the older half is dropped. A whole contest keeps more than an hour of changes
  // in every second. Its parts are many (some 10 000 areas, at about 50 bytes a point), and each
  // has few stations that change it.
  static constexpr std::size_t kPointsOfContestMax = 4096;
  static constexpr std::size_t kPointsOfAreaMax = 128;

  // Call Before directly before the next entry is folded into `ledger`, and After directly after
  // it. `entry` is that entry as the count takes it (election::AsCounted).
  void Before(const ledger::ElectionLedger& ledger, const election::Entry& entry);
  void After(const ledger::ElectionLedger& ledger, const election::Entry& entry);

  // Returns at most `limit` points of the area with sequences below `before_sequence`, newest
  // first. If the area has changed since its last point, the current state of the ledger is one
  // more point.
  std::vector<HistoryPoint> Newest(const ledger::ElectionLedger& ledger, int contest_no,
                                   int source_no, int area_no, std::int64_t before_sequence,
                                   std::size_t limit) const;
  // The moment after that entry. Null if no point of any area was recorded there.
  const Moment* FindMoment(std::int64_t sequence) const;

 private:
  struct CellKey {
    int contest_no = 0;
    int source_no = 0;
    int area_no = 0;
  };
  struct Cell {
    PointList points;                                                      // by index in moments_
    election::ResultStatus status = election::ResultStatus::kPreElection;  // as last seen
    bool dirty = false;  // changed since its last point
  };

  // Null if the area has no cell yet.
  const Cell* FindCell(const CellKey& key) const;
  // The reference is valid until the definition has more areas.
  Cell& CellOf(const ledger::ElectionLedger& ledger, const CellKey& key);
  void FlushAll(const ledger::ElectionLedger& ledger);
  void Flush(const ledger::ElectionLedger& ledger, const CellKey& key, Cell& cell);
  void Record(const ledger::ElectionLedger& ledger, const CellKey& key, Cell& cell,
              const Figures& figures, bool keep);
  void LookAtAll(const ledger::ElectionLedger& ledger);
  void Look(const ledger::ElectionLedger& ledger, const CellKey& key, bool keep);
  void MarkChanged(const ledger::ElectionLedger& ledger, const CellKey& key);
  std::uint32_t MomentNumber(const ledger::ElectionLedger& ledger);
  bool IsSameSecond(const PointList::Head& head, absl::Time time) const;

  // Keyed by contest and source, then indexed by area.
  absl::flat_hash_map<std::pair<int, int>, std::vector<Cell>> cells_;
  std::vector<CellKey> dirty_;
  std::vector<Moment> moments_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_HISTORY_H_
