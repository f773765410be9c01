#ifndef CANVASS_COMMON_ELECTION_STATION_REPORTS_H_
#define CANVASS_COMMON_ELECTION_STATION_REPORTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/election/counts_table.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_history.h"
#include "common/election/station_index.h"
#include "common/election/tally.h"
#include "common/election/territory.h"

namespace canvass::election {

// The report that counts for a station.
struct CountingReport {
  std::int64_t sequence = 0;
  bool flagged = false;
  Counts counts{};
};

// The reports of all stations for one contest and source. Nearly every station reports once, and
// that report counts. Such a station takes one row: 20 bytes, and the counts in as few bytes as
// they need. Every other station has a StationHistory.
class StationReports {
 public:
  // For the stations in `area_no` or below it. `territory` must outlive this, and this must follow
  // each change of it.
  StationReports(const Territory& territory, int area_no, std::size_t candidates);

  void FollowTerritory(const Territory& territory, int area_no);

  void Record(std::int64_t sequence, const ReportRecorded& report);
  // REQUIRES, for the next three: the station has reported.
  void Release(std::int64_t sequence, const ReportRelease& release);
  void Annul(std::int64_t sequence, const ReportAnnulment& annulment);
  void Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement);

  bool empty() const { return rows_.empty() && histories_.empty(); }
  bool Has(int station_no) const { return index_.Get(station_no) != 0; }
  // Calls `visit` for each station that has reported, in no particular order.
  void ForEach(absl::FunctionRef<void(int station_no)> visit) const;

  // Returns the standing that follows from the reports alone. Whether the station is closed or
  // counted at another one is not considered.
  StationStanding StandingOf(int station_no) const;
  // Returns nullopt if no report counts.
  std::optional<CountingReport> FindCounting(int station_no) const;
  // Returns the sequence of the revision's entry; revision 0 means the newest. Returns nullopt if
  // the revision was never recorded.
  std::optional<std::int64_t> FindRevision(int station_no, std::int32_t revision) const;
  // Returns null if the station never reported, or if it has a single report that counts and no
  // decisions.
  const StationHistory* FindHistory(int station_no) const;

 private:
  // A station with a single report that counts.
  struct Row {
    std::int64_t sequence : 63 = 0;
    bool flagged : 1 = false;
    std::int32_t station_no = 0;
    CountsTable::Place counts = 0;
  };
  struct StationWithHistory {
    int station_no = 0;
    StationHistory history;
  };

  // Returns the row of a station that has no history; null for all other stations.
  const Row* FindRow(int station_no) const;
  // Returns the station's history. If it has none, begins one with the station's row, which then
  // stays unused.
  StationHistory& HistoryOf(int station_no);
  StationHistory& BeginHistory(int station_no, Revision first);

  // Position + 1 in `rows_`, or -(position + 1) in `histories_`.
  StationIndex index_;
  CountsTable counts_;
  std::deque<Row> rows_;
  std::deque<StationWithHistory> histories_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_REPORTS_H_
