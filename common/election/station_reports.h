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

namespace canvass::election {

// The report that counts for a station.
struct CountingReport {
  std::int64_t sequence = 0;
  bool flagged = false;
  Counts counts{};
};

// The reports of all stations for one contest and source. Nearly every station reports once, and
// that report counts. Such a station takes one row in a table: 56 bytes plus 4 for each candidate.
// Every other station has a StationHistory.
class StationReports {
 public:
  explicit StationReports(std::size_t candidates);

  void Record(std::int64_t sequence, const ReportRecorded& report);
  // REQUIRES, for the next three: the station has reported.
  void Release(std::int64_t sequence, const ReportRelease& release);
  void Annul(std::int64_t sequence, const ReportAnnulment& annulment);
  void Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement);

  bool empty() const { return table_.size() == 0 && histories_.empty(); }
  bool Has(int station_no) const { return index_.Get(station_no) != 0; }
  // Calls `visit` for each station that has reported, in order of station number.
  void ForEach(absl::FunctionRef<void(int station_no)> visit) const { index_.ForEach(visit); }

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
  // The part of a row that is not in the table of counts.
  struct RowEntry {
    std::int64_t sequence = 0;
    bool flagged = false;
  };

  // Returns the row of a station that has no history; nullopt for all other stations.
  std::optional<std::size_t> FindRow(int station_no) const;
  // Returns the station's history. If it has none, begins one with the station's row, which then
  // stays unused.
  StationHistory& HistoryOf(int station_no);
  StationHistory& BeginHistory(int station_no, Revision first);

  // Row + 1 in `table_` and `row_entries_`, or -(position + 1) in `histories_`.
  StationIndex index_;
  CountsTable table_;
  std::deque<RowEntry> row_entries_;
  std::deque<StationHistory> histories_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_REPORTS_H_
