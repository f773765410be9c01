#ifndef CANVASS_SERVICES_PUBLISHER_RESULT_HISTORY_H_
#define CANVASS_SERVICES_PUBLISHER_RESULT_HISTORY_H_

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
#include "common/ledger/folded_ledger.h"
#include "common/ledger/merkle.h"

namespace canvass::publisher {

// A ledger's state after one of its entries.
struct Moment {
  std::int64_t sequence = 0;
  absl::Time recorded_at;
  ledger::Hash root{};
};

// The moment that the ledger stands at.
Moment MomentOf(const ledger::FoldedLedger& ledger);

// Everything that a result is made of but the definition.
struct Figures {
  election::Tally tally;
  election::Progress progress;
  election::ResultStatus status = election::ResultStatus::kPreElection;
  std::int64_t certification_sequence = 0;  // entry of the newest certification; 0 for none
  std::int64_t poll_sequence = 0;           // entry of the newest poll figures; 0 for none

  bool operator==(const Figures&) const = default;
};

// Figures of an area as they stand.
Figures FiguresOf(const election::Count& count, int contest_no, int source_no, int area_no);

// Whether a total or the number of counted stations is smaller than before.
bool IsFall(const Figures& before, const Figures& after);

// Figures as they stood.
struct HistoryPoint {
  Moment moment;
  Figures figures;
};

// How the results of every contest, source and area of one election developed, recorded while its
// ledger is folded. A point stands for the last entry of a second that changed the area; every fall
// of a number with the point before it, every status and every change of poll figures has a point
// of its own. The points depend on the entries alone, not on the steps in which they came. Not
// thread-safe; const access may be shared.
class ResultHistory {
 public:
  // Points of one area that are kept, those of falls, statuses and polls not counted (there are no
  // more of them than of ledger entries that caused them). Beyond it every second one of the older
  // half is dropped. A whole contest keeps more than an hour of changes in every second; the parts
  // of it are many (some 10 000 areas of about 120 bytes a point), and each has few stations to
  // change it.
  static constexpr std::size_t kPointsOfContestMax = 4096;
  static constexpr std::size_t kPointsOfAreaMax = 128;

  // Call it directly before `entry`, the next one, is folded into `ledger`, and After directly
  // after it.
  void Before(const ledger::FoldedLedger& ledger, const election::Entry& entry);
  void After(const ledger::FoldedLedger& ledger, const election::Entry& entry);

  // At most `limit` points of the area with sequences below `before_sequence`, newest first. What
  // changed since the last whole second is one more point: the ledger as it stands.
  std::vector<HistoryPoint> Newest(const ledger::FoldedLedger& ledger, int contest_no,
                                   int source_no, int area_no, std::int64_t before_sequence,
                                   std::size_t limit) const;
  // The moment after that entry. Null unless a point of some area belongs to it.
  const Moment* FindMoment(std::int64_t sequence) const;

 private:
  struct CellKey {
    int contest_no = 0;
    int source_no = 0;
    int area_no = 0;
  };
  struct Point {
    std::uint32_t moment = 0;  // index in moments_
    bool kept = false;         // never thinned out, never replaced
    std::string figures;       // packed: an eighth of the room
  };
  struct Cell {
    std::vector<Point> points;                                             // oldest first
    std::size_t thinnable = 0;                                             // of them, not kept
    election::ResultStatus status = election::ResultStatus::kPreElection;  // as last seen
    bool dirty = false;  // changed since its last point
  };

  // Null where nothing was ever looked at.
  const Cell* FindCell(const CellKey& key) const;
  // Stays where it is until the definition has more areas.
  Cell& CellOf(const ledger::FoldedLedger& ledger, const CellKey& key);
  void FlushAll(const ledger::FoldedLedger& ledger);
  void Flush(const ledger::FoldedLedger& ledger, const CellKey& key, Cell& cell);
  void Record(const ledger::FoldedLedger& ledger, const CellKey& key, Cell& cell,
              const Figures& figures, bool keep);
  void LookAtAll(const ledger::FoldedLedger& ledger);
  void Look(const ledger::FoldedLedger& ledger, const CellKey& key, bool keep);
  void MarkChanged(const ledger::FoldedLedger& ledger, const CellKey& key);
  std::uint32_t MomentNumber(const ledger::FoldedLedger& ledger);
  bool IsSameSecond(const Point& point, absl::Time time) const;
  static void ThinOut(Cell& cell, std::size_t points_max);

  // By contest and source, then by area.
  absl::flat_hash_map<std::pair<int, int>, std::vector<Cell>> cells_;
  std::vector<CellKey> dirty_;
  std::vector<Moment> moments_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_RESULT_HISTORY_H_
