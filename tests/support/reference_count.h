#ifndef CANVASS_TESTS_SUPPORT_REFERENCE_COUNT_H_
#define CANVASS_TESTS_SUPPORT_REFERENCE_COUNT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/tally.h"

namespace canvass::testing {

// What a ledger adds up to, by the definitions in common/README.md and as slowly as they read:
// every question is answered from the list of all entries. The oracle of election::Count; shares no
// code with it.
class ReferenceCount {
 public:
  // `entries` outlive this.
  explicit ReferenceCount(const std::vector<election::Entry>& entries);

  // The parts as they are after the last entry, each kind in the order of definition.
  const std::vector<election::Contest>& contests() const { return contests_; }
  const std::vector<election::Source>& sources() const { return sources_; }
  const std::vector<election::Area>& areas() const { return areas_; }
  const std::vector<election::Station>& stations() const { return stations_; }

  // Of the stations below the area; with a tag, of those that carry it. "" for all.
  election::Tally TallyOf(int contest_no, int source_no, int area_no, const std::string& tag) const;
  election::Progress ProgressOf(int contest_no, int source_no, int area_no,
                                const std::string& tag) const;
  election::ResultStatus StatusOf(int contest_no, int source_no, int area_no) const;
  election::StationState StateOf(const election::StationKey& key) const;
  // The entry that counts; null for none.
  const election::Entry* CountingReportOf(const election::StationKey& key) const;
  // Sequences of the reports that wait for a decision.
  std::vector<std::int64_t> HeldReports() const;
  // Number of stations that wait for a decision although a report of theirs counts.
  int HeldCorrections(int contest_no, int source_no) const;
  // Sequence of the last entry that changed the figures.
  std::int64_t LastChangeOf(int contest_no, int source_no) const;

 private:
  void Define(const election::DefinitionChange& change);
  int AreaNo(const std::string& area_id) const;
  int StationNo(const std::string& station_id) const;
  bool IsAtOrBelow(int area_no, int ancestor_no) const;
  bool LiesBelow(int station_no, int area_no) const;
  bool HasTag(int station_no, const std::string& tag) const;
  bool IsClosed(int station_no) const;
  int CountedAt(int station_no) const;
  // Whether the source is asked for the station in this contest, open or not. Of a sample, by the
  // tags of the station that reports for it.
  bool IsAskedFor(int contest_no, int source_no, int station_no) const;
  std::vector<const election::Entry*> ReportsOf(const election::StationKey& key) const;
  // The newest annulment that no reinstatement of its revision took back; null for none.
  const election::ReportAnnulment* AnnulmentOf(const election::StationKey& key) const;
  bool IsAnnulled(const election::ReportRecorded& report) const;
  bool IsReleased(const election::ReportRecorded& report) const;
  bool IsWaiting(const election::ReportRecorded& report) const;

  const std::vector<election::Entry>& entries_;
  std::vector<election::Contest> contests_;
  std::vector<election::Source> sources_;
  std::vector<election::Area> areas_;
  std::vector<election::Station> stations_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_REFERENCE_COUNT_H_
