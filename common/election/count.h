#ifndef CANVASS_COMMON_ELECTION_COUNT_H_
#define CANVASS_COMMON_ELECTION_COUNT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/tally.h"
#include "common/election/territory.h"

namespace canvass::election {

class ContestCount;
class StationHistory;
class StationReports;

// What an election's ledger adds up to: the pure fold over its events. Every tally equals the sum
// of the counting reports below its area. The counting report of a station is its newest revision
// that is recorded and neither held nor annulled.
//
// Not thread-safe; const access may be shared. Memory is per station that reported, for each
// contest and source: a first report that counts costs its numbers and a few words; only stations
// with further revisions or decisions cost more. A report is folded in the time that its area is
// deep.
class Count final : public CountedParts {
 public:
  Count();
  ~Count() override;

  // Folds the next event. REQUIRES: a legal event, i.e. one that a checker let pass against this
  // very count (ledgers hold nothing else). Sequences rise, except that entries of a source whose
  // embargo ended come late: sources do not depend on each other.
  void Apply(const Entry& entry);
  // The same, and takes over what it keeps: a definition may be a country's register.
  void Apply(Entry&& entry);

  // True once a definition has been sealed.
  bool defined() const { return defined_; }
  // REQUIRES: defined().
  const Definition& definition() const { return definition_; }
  // Sequence of the last change of the definition.
  std::int64_t definition_sequence() const { return definition_sequence_; }
  // Parts that wait for their seal.
  const std::vector<DefinitionChange>& unsealed() const { return pending_; }
  std::int32_t unsealed_parts() const { return static_cast<std::int32_t>(pending_.size()); }

  // REQUIRES, of all below but the last three: defined(), and numbers of parts of the definition.

  // An area's totals; all zero where nothing is counted.
  const Tally& TallyOfArea(int contest_no, int source_no, int area_no) const;
  Progress ProgressOfArea(int contest_no, int source_no, int area_no) const;
  // The same over the stations with `tag` at or below the area; walks them.
  Tally TallyOfTag(int contest_no, int source_no, int area_no, std::string_view tag) const;
  Progress ProgressOfTag(int contest_no, int source_no, int area_no, std::string_view tag) const;

  StationStanding StandingOf(const StationKey& key) const;
  // Numbers of the counting report. Absent if none counts.
  std::optional<Counts> CountingCounts(const StationKey& key) const;
  // Sequence of this revision's entry (0: the newest); absent if it was never recorded.
  std::optional<std::int64_t> FindRevision(const StationKey& key, std::int32_t revision) const;
  // Sequence of the entry that released this revision; 0 if none did.
  std::int64_t FindRelease(const StationKey& key, std::int32_t revision) const;
  // The annulment in force; null for none.
  const RecordedAnnulment* FindAnnulment(const StationKey& key) const;
  // Every revision and decision; null for a station that never reported, or whose first report
  // counts and is all there is.
  const StationHistory* FindHistory(const StationKey& key) const;
  // Sequences of held newest revisions, of all contests and sources, oldest first.
  std::vector<std::int64_t> HeldReports() const;
  // Number of stations with a report that counts and a held correction of it.
  int HeldCorrections(int contest_no, int source_no) const;

  // PRE_ELECTION, UNOFFICIAL_PARTIAL or _COMPLETE from the area's progress; CERTIFIED, CORRECTION
  // and RECOUNT hold for every area of the contest.
  ResultStatus StatusOf(int contest_no, int source_no, int area_no) const;
  // True while reports of this contest and source are held with CONTEST_CERTIFIED.
  bool IsCertified(int contest_no, int source_no) const;
  // Null before the first certification.
  const Certified* FindCertified(int contest_no, int source_no) const;
  // The reopening since that certification; null while it stands.
  const RecordedReopening* FindReopening(int contest_no, int source_no) const;
  // Every one, oldest first.
  const std::vector<RecordedReopening>& ReopeningsOf(int contest_no, int source_no) const;
  // The newest figures. Null if none were published for the area.
  const PublishedPoll* FindPoll(int contest_no, int source_no, int area_no) const;
  // One revision of them (0: the newest). Null if it was never published.
  const PublishedPoll* FindPollRevision(int contest_no, int source_no, int area_no,
                                        std::int32_t revision) const;
  // Sequence of the last entry that changed this contest's figures from this source (reports,
  // releases, annulments, reinstatements, poll figures; also the definition); 0 for none.
  std::int64_t LastChangeOf(int contest_no, int source_no) const;

  bool HasReportsOfContest(int contest_no) const override;
  bool HasReportsFromSource(int source_no) const override;
  bool HasReportsOfStation(int station_no) const override;
  bool HasCountingOrHeldReportOf(int station_no) const override;

 private:
  ContestCount& ContestCountOf(int contest_no, int source_no);
  const ContestCount& ContestCountOf(int contest_no, int source_no) const;
  ContestCount& ContestCountOf(const StationKey& key);
  const StationReports& ReportsOf(const StationKey& key) const;
  void RebuildContestCounts();
  void ApplyEvent(const Entry& entry, const DefinitionChange& change);
  void ApplyEvent(const Entry& entry, const DefinitionSeal& seal);
  void ApplyEvent(const Entry& entry, const ReportRecorded& report);
  void ApplyEvent(const Entry& entry, const ReportRelease& release);
  void ApplyEvent(const Entry& entry, const ReportAnnulment& annulment);
  void ApplyEvent(const Entry& entry, const ReportReinstatement& reinstatement);
  void ApplyEvent(const Entry& entry, const PollFigures& figures);
  void ApplyEvent(const Entry& entry, const ResultCertification& certification);
  void ApplyEvent(const Entry& entry, const ContestReopening& reopening);

  bool defined_ = false;
  std::int64_t definition_sequence_ = 0;
  Definition definition_;
  Territory territory_;
  std::vector<DefinitionChange> pending_;
  absl::flat_hash_map<std::pair<int, int>, std::unique_ptr<ContestCount>> contest_counts_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNT_H_
