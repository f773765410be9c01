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

// A report that counts.
struct CountingReport {
  std::int64_t sequence = 0;
  bool flagged = false;
  Counts counts{};
};

// What every station reported to one contest and source. Nearly all report once and are counted:
// they take a row each, about 40 bytes and 4 for each candidate; the others have a history.
class StationReports {
 public:
  explicit StationReports(std::size_t candidates);

  void Record(std::int64_t sequence, const ReportRecorded& report);
  // REQUIRES, of the rest: the station has reported.
  void Release(std::int64_t sequence, const ReportRelease& release);
  void Annul(std::int64_t sequence, const ReportAnnulment& annulment);
  void Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement);

  bool empty() const { return table_.size() == 0 && histories_.empty(); }
  bool Has(int station_no) const { return index_.Get(station_no) != 0; }
  // Calls `visit` for each station that reported, by number.
  void ForEach(absl::FunctionRef<void(int station_no)> visit) const { index_.ForEach(visit); }

  // By the reports alone: whether the station is closed or counted at another is not known here.
  StationStanding StandingOf(int station_no) const;
  // Absent if none counts.
  std::optional<CountingReport> FindCounting(int station_no) const;
  // Sequence of this revision's entry (0: the newest); absent if it was never recorded.
  std::optional<std::int64_t> FindRevision(int station_no, std::int32_t revision) const;
  // Null for a station that never reported, or whose first report counts and is all there is.
  const StationHistory* FindHistory(int station_no) const;

 private:
  // What a row says beside its counts.
  struct RowEntry {
    std::int64_t sequence = 0;
    bool flagged = false;
  };

  // Row of a station without a history; absent for the others.
  std::optional<std::size_t> FindRow(int station_no) const;
  // The station's history, begun with its row if it had none. The row itself is then left behind.
  StationHistory& HistoryOf(int station_no);
  StationHistory& BeginHistory(int station_no, Revision first);

  // Row + 1 of the tables, or -(position + 1) of the histories.
  StationIndex index_;
  CountsTable table_;
  std::deque<RowEntry> row_entries_;
  std::deque<StationHistory> histories_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_REPORTS_H_
