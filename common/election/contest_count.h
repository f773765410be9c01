#ifndef CANVASS_COMMON_ELECTION_CONTEST_COUNT_H_
#define CANVASS_COMMON_ELECTION_CONTEST_COUNT_H_

#include <cassert>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_reports.h"
#include "common/election/tally.h"
#include "common/election/territory.h"

namespace canvass::election {

// Returns the progress before any report, for a contest in `area_no` and a source with this sample.
// Element i is about the area that is i positions after `area_no`, and only about the stations
// directly in that area.
std::vector<Progress> ProgressWithoutReports(const Definition& definition,
                                             const Territory& territory, int area_no,
                                             std::string_view sample_tag);

// The count of one contest from one source: its reports, the sums of all areas of the contest, and
// the decisions. Events must be legal as for Count::Apply. Not thread-safe; const access may be
// shared.
class ContestCount {
 public:
  // `definition` and `territory` must outlive this. No other function may be called before the
  // first Rebuild.
  ContestCount(const Definition& definition, const Territory& territory, int contest_no,
               int source_no);

  // Computes all sums again. Must be called after each change of the definition. `without_reports`
  // is ProgressWithoutReports of the contest's area and the source's sample.
  void Rebuild(const std::vector<Progress>& without_reports);

  void Record(std::int64_t sequence, const ReportRecorded& report);
  void Release(std::int64_t sequence, const ReportRelease& release);
  void Annul(std::int64_t sequence, const ReportAnnulment& annulment);
  void Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement);
  void Publish(std::int64_t sequence, const PollFigures& figures);
  void Certify(std::int64_t sequence, absl::Time certified_at,
               const ResultCertification& certification);
  void Reopen(std::int64_t sequence, const ContestReopening& reopening);

  // See the functions of Count with the same names.
  const Tally& TallyOfArea(int area_no) const;
  Progress ProgressOfArea(int area_no) const;
  Tally TallyOfTag(int area_no, std::string_view tag) const;
  Progress ProgressOfTag(int area_no, std::string_view tag) const;
  StationStanding StandingOf(int station_no) const;
  ResultStatus StatusOf(int area_no) const;
  const StationReports& reports() const { return reports_; }
  // Sequences of the newest revisions that are held.
  const absl::btree_set<std::int64_t>& held_sequences() const { return held_sequences_; }
  bool HasReportsOrFigures() const { return !reports_.empty() || !polls_.empty(); }
  // Number of stations that have a report that counts and a held correction of it.
  int held_corrections() const { return held_corrections_; }
  bool IsCertified() const { return certified_.has_value() && reopening() == nullptr; }
  const Certified* certified() const { return certified_ ? &*certified_ : nullptr; }
  // Returns the reopening since the newest certification, or null if there is none.
  const RecordedReopening* reopening() const;
  const std::vector<RecordedReopening>& reopenings() const { return reopenings_; }
  // Revision 0 means the newest. Returns null if the revision was never published.
  const PublishedPoll* FindPoll(int area_no, std::int32_t revision) const;
  // Sequence of the last entry that changed the figures, definitions not included; 0 if there is
  // none.
  std::int64_t last_change() const { return last_change_; }

 private:
  struct AreaSums {
    Tally tally{};
    Progress progress{};
  };

  // Calls `fold`, which may change the reports of this station only, and updates the sums by the
  // difference.
  void Change(std::int64_t sequence, int station_no, absl::FunctionRef<void()> fold);
  void MoveCounts(int station_no, const std::optional<CountingReport>& before,
                  const std::optional<CountingReport>& after);
  void MoveProgress(int station_no, StationState before, StationState after);
  // Calls `visit` with the sums of the station's area and of every area above it in the contest.
  template <typename Visit>
  void ForEachAreaOf(int station_no, const Visit& visit);
  // Calls `visit` for each station of the contest that has the tag and lies in the area or below
  // it.
  void ForEachTagged(int area_no, std::string_view tag,
                     absl::FunctionRef<void(int station_no)> visit) const;

  void AddDirectly(int station_no);
  void AddUp();

  // Position of the contest's area.
  int top() const { return territory_.PositionOf(definition_.AreaOfContest(contest_no_)); }
  // REQUIRES: `position` lies within the contest's area.
  AreaSums& SumsAt(int position) {
    assert(territory_.IsWithin(position, top()));
    return sums_[Index(position - top())];
  }
  // Returns null if the area neither lies in the contest's area nor contains it.
  const AreaSums* FindSums(int area_no) const;
  // Returns the state by the reports of the station, or of the station that it is counted at.
  StationState ReportedState(int station_no) const;
  // Whether the station is in the source's sample, even if it is closed. REQUIRES: the station lies
  // in the contest's area.
  bool IsInSample(int station_no) const;
  // Returns what the station adds to progress if `reported` is the state by its reports.
  Progress ProgressOfStation(int station_no, StationState reported) const;

  const Definition& definition_;
  const Territory& territory_;
  const int contest_no_;
  const int source_no_;
  std::vector<AreaSums> sums_;  // by position, relative to top()
  StationReports reports_;
  absl::btree_set<std::int64_t> held_sequences_;
  int held_corrections_ = 0;
  absl::flat_hash_map<int, std::vector<PublishedPoll>> polls_;  // by area_no; revision 1 first
  std::optional<Certified> certified_;
  std::vector<RecordedReopening> reopenings_;  // oldest first
  std::int64_t last_change_ = 0;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_CONTEST_COUNT_H_
