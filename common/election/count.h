#ifndef CANVASS_COMMON_ELECTION_COUNT_H_
#define CANVASS_COMMON_ELECTION_COUNT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"
#include "common/election/event.h"
#include "common/election/tally.h"

namespace canvass::election {

// Where a station stands for one contest and source.
enum class StationState : std::uint8_t { kMissing = 1, kCounted = 2, kHeld = 3, kAnnulled = 4, kClosed = 5 };

// NIST SP 1500-100.
enum class ResultStatus : std::uint8_t {
  kPreElection = 1,
  kUnofficialPartial = 2,
  kUnofficialComplete = 3,
  kCertified = 4,
  kCorrection = 5,
  kRecount = 6,
};

// One recorded revision of a station's report.
struct Revision {
  std::int64_t sequence = 0;
  std::int32_t revision = 0;
  bool held = false;      // recorded as held
  bool released = false;  // and released since
  bool flagged = false;   // has a warning
  Counts counts{};
};

// Everything about one station's report from one source in one contest.
struct StationStanding {
  StationState state = StationState::kMissing;
  std::int32_t newest_revision = 0;      // 0: never reported
  std::int64_t newest_sequence = 0;
  std::int32_t counting_revision = 0;    // 0: none counts
  std::int64_t counting_sequence = 0;
  bool newest_is_held = false;
  std::int64_t annulment_sequence = 0;   // of the annulment in force; 0 for none
  std::int32_t annulled_revision = 0;    // the one that it named
  bool flagged = false;                  // the counting report has a warning
};

// The newest certification of a contest and source.
struct Certified {
  std::int64_t sequence = 0;  // its entry
  absl::Time certified_at{};
  ResultCertification certification{};
};

// The newest poll figures of a contest, source and area.
struct PublishedPoll {
  std::int64_t sequence = 0;
  PollFigures figures{};
};

// What an election's ledger adds up to: the pure fold over its events. Every tally equals the sum of the
// counting reports below its area at `sequence()`. The counting report of a station is its newest revision
// that is recorded and neither held nor annulled.
//
// Not thread-safe; const access may be shared. Memory is per station that reported, for each contest and
// source: no revision but a station's first costs more than its numbers and a few words.
class Count final : public CountedParts {
 public:
  Count();
  ~Count() override;

  // Folds the next event. REQUIRES: a legal event, i.e. one that a checker let pass against this very
  // count (ledgers hold nothing else). Sequences rise, except that entries of a source whose embargo
  // ended come late: sources do not depend on each other.
  void Apply(const Entry& entry);

  // True once a definition has been sealed.
  bool defined() const { return defined_; }
  // REQUIRES: defined().
  const Definition& definition() const { return definition_; }
  // Sequence of the last change of the definition.
  std::int64_t definition_sequence() const { return definition_sequence_; }
  // Whether parts wait for their seal.
  std::int32_t unsealed_parts() const { return static_cast<std::int32_t>(pending_.size()); }

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
  // Sequences of held newest revisions, of all contests and sources, oldest first.
  std::vector<std::int64_t> HeldReports() const;

  // PRE_ELECTION, UNOFFICIAL_PARTIAL or _COMPLETE from the area's progress; CERTIFIED, CORRECTION and
  // RECOUNT hold for every area of the contest.
  ResultStatus StatusOf(int contest_no, int source_no, int area_no) const;
  // True while reports of this contest and source are held with CONTEST_CERTIFIED.
  bool IsCertified(int contest_no, int source_no) const;
  // Null before the first certification.
  const Certified* FindCertified(int contest_no, int source_no) const;
  // Null if none were published for the area.
  const PublishedPoll* FindPoll(int contest_no, int source_no, int area_no) const;
  // Sequence of the last entry that changed this contest's figures from this source (reports, releases,
  // annulments, reinstatements; also the definition); 0 for none.
  std::int64_t LastChangeOf(int contest_no, int source_no) const;

  bool HasReportsOfContest(int contest_no) const override;
  bool HasReportsFromSource(int source_no) const override;
  bool HasReportsOfStation(int station_no) const override;

 private:
  class ContestCount;  // one contest, one source

  ContestCount* FindContestCount(int contest_no, int source_no) const;
  ContestCount& ContestCountOf(int contest_no, int source_no);
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
  std::vector<DefinitionChange> pending_;
  absl::flat_hash_map<std::pair<int, int>, std::unique_ptr<ContestCount>> contest_counts_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNT_H_
