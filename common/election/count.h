#ifndef CANVASS_COMMON_ELECTION_COUNT_H_
#define CANVASS_COMMON_ELECTION_COUNT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
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

// The count of one election: a pure fold over the events of its ledger. Every tally equals the sum
// of the counting reports in its area and below. The counting report of a station is its newest
// revision that is neither held nor annulled.
//
// Not thread-safe; const access may be shared. Memory grows with the stations that have reported,
// for each contest and source. A first report that counts costs its numbers and a few words. Only
// stations with further revisions or decisions cost more. Folding a report takes time proportional
// to the depth of its area.
class Count final : public CountedParts {
 public:
  Count();
  ~Count() override;

  // Folds the next event. What a seal hides counts from its opening on. REQUIRES: the event is
  // legal, i.e. a check accepted it against this count; ledgers contain no other events.
  void Apply(const Entry& entry);
  // The same, but moves what it keeps out of `entry`: a definition may be a country's register.
  void Apply(Entry&& entry);

  // Returns a count with the same definition in which nothing has been reported or decided.
  std::unique_ptr<Count> WithoutReports() const;

  // True once a definition has been sealed.
  bool defined() const { return defined_; }
  // Empty until defined().
  const Definition& definition() const { return definition_; }
  // Sequence of the last change of the definition.
  std::int64_t definition_sequence() const { return definition_sequence_; }
  // Whether what was decided with the entry `sequence` needed two operators. What was sealed before
  // the policy asked for them may be opened after it.
  bool NeedsTwoOperators(std::int64_t sequence) const {
    return two_operators_since_ > 0 && sequence > two_operators_since_;
  }
  // DefinitionChange entries that are not sealed yet.
  const std::vector<DefinitionChange>& unsealed() const { return pending_; }
  std::int32_t unsealed_parts() const { return static_cast<std::int32_t>(pending_.size()); }

  // The seals of a source that are neither opened nor withdrawn, by sequence.
  using Seals = std::map<std::int64_t, EmbargoSeal>;
  const Seals& SealsOf(int source_no) const;
  // Numbers of the sources that have such seals.
  std::vector<int> SealedSources() const;
  // The seal with this sequence; null if it is opened, withdrawn, or is no seal.
  const EmbargoSeal* FindSeal(std::int64_t sequence) const;
  // The withdrawal of the seal with this sequence; null if there is none.
  const RecordedWithdrawal* FindWithdrawal(std::int64_t seal_sequence) const;

  // REQUIRES, for everything below but the overrides of CountedParts: defined(), and all numbers
  // are those of parts of the definition.

  // Totals of an area; all zero if nothing is counted.
  const Tally& TallyOfArea(int contest_no, int source_no, int area_no) const;
  Progress ProgressOfArea(int contest_no, int source_no, int area_no) const;
  // The same for the stations that have `tag` and lie in the area or below it. Visits every station
  // there.
  Tally TallyOfTag(int contest_no, int source_no, int area_no, std::string_view tag) const;
  Progress ProgressOfTag(int contest_no, int source_no, int area_no, std::string_view tag) const;

  StationStanding StandingOf(const StationKey& key) const;
  // Numbers of the counting report; nullopt if none counts.
  std::optional<Counts> CountingCounts(const StationKey& key) const;
  // Sequence of the revision's entry; revision 0 means the newest. nullopt if it was never
  // recorded.
  std::optional<std::int64_t> FindRevision(const StationKey& key, std::int32_t revision) const;
  // Sequence of the entry that released the revision; 0 if none did.
  std::int64_t FindRelease(const StationKey& key, std::int32_t revision) const;
  // The annulment in force; null if there is none.
  const RecordedAnnulment* FindAnnulment(const StationKey& key) const;
  // All revisions and decisions of the station. Null if it never reported, or if it has a single
  // report that counts and no decisions.
  const StationHistory* FindHistory(const StationKey& key) const;
  // Sequences of the newest revisions that are held, in all contests and from all sources, oldest
  // first.
  std::vector<std::int64_t> HeldReports() const;
  // Number of stations that have a report that counts and a held correction of it.
  int HeldCorrections(int contest_no, int source_no) const;

  // Status of an area. PRE_ELECTION, UNOFFICIAL_PARTIAL and UNOFFICIAL_COMPLETE follow from the
  // progress of the area. CERTIFIED, CORRECTION and RECOUNT apply to every area of the contest.
  ResultStatus StatusOf(int contest_no, int source_no, int area_no) const;
  // True while the newest certification stands, so that further reports break CONTEST_CERTIFIED.
  bool IsCertified(int contest_no, int source_no) const;
  // The newest certification; null if there is none.
  const Certified* FindCertified(int contest_no, int source_no) const;
  // The reopening since the newest certification; null if there is none.
  const RecordedReopening* FindReopening(int contest_no, int source_no) const;
  // All reopenings, oldest first.
  const std::vector<RecordedReopening>& ReopeningsOf(int contest_no, int source_no) const;
  // The newest proposal to annul a report of the station; null if there is none, or if the newest
  // one took effect.
  const Proposed<ReportAnnulment>* FindAnnulmentProposal(const StationKey& key) const;
  // The same for the certification of a result.
  const Proposed<ResultCertification>* FindCertificationProposal(int contest_no,
                                                                 int source_no) const;
  // The newest poll figures of the area; null if none were published.
  const PublishedPoll* FindPoll(int contest_no, int source_no, int area_no) const;
  // One revision of the poll figures; revision 0 means the newest. Null if it was never published.
  const PublishedPoll* FindPollRevision(int contest_no, int source_no, int area_no,
                                        std::int32_t revision) const;
  // Sequence of the last entry that changed this contest's figures from this source: a report,
  // release, annulment, reinstatement, poll figures or the definition. 0 if there is none.
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
  void ApplyEvent(const Entry& entry, const EmbargoSeal& seal);
  void ApplyEvent(const Entry& entry, const SealOpening& opening);
  void ApplyEvent(const Entry& entry, const SealWithdrawal& withdrawal);
  void ApplyEvent(const Entry& entry, const AnnulmentProposal& proposal);
  void ApplyEvent(const Entry& entry, const CertificationProposal& proposal);
  void Propose(std::int64_t sequence, const std::string& actor, const AnnulmentProposal& proposal);
  void RemoveSeal(int source_no, std::int64_t sequence);

  bool defined_ = false;
  std::int64_t definition_sequence_ = 0;
  std::int64_t two_operators_since_ = 0;  // 0: one decides
  Definition definition_;
  Territory territory_;
  std::vector<DefinitionChange> pending_;
  absl::flat_hash_map<std::pair<int, int>, std::unique_ptr<ContestCount>> contest_counts_;
  std::map<int, Seals> seals_;                            // by source; none is empty
  std::map<std::int64_t, RecordedWithdrawal> withdrawn_;  // by the sequence of the seal
  absl::flat_hash_map<StationKey, Proposed<ReportAnnulment>> annulment_proposals_;
  // By contest and source.
  absl::flat_hash_map<std::pair<int, int>, Proposed<ResultCertification>> certification_proposals_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNT_H_
