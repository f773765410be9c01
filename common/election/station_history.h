#ifndef CANVASS_COMMON_ELECTION_STATION_HISTORY_H_
#define CANVASS_COMMON_ELECTION_STATION_HISTORY_H_

#include <cstdint>
#include <vector>

#include "common/election/standing.h"
#include "common/election/tally.h"

namespace canvass::election {

// One recorded revision of a station's report.
struct Revision {
  std::int64_t sequence = 0;
  std::int32_t revision = 0;
  bool held = false;                  // recorded as held
  bool flagged = false;               // has a warning
  std::int64_t release_sequence = 0;  // of the entry that released it; 0 for none
  Counts counts{};
};

// Every revision of one station's report from one source in one contest, and what was decided about
// them. Here is said which of them counts.
class StationHistory {
 public:
  explicit StationHistory(Revision first);

  // REQUIRES: the revision after the newest.
  void Record(Revision revision);
  // REQUIRES, of these three: the revision that is named is recorded.
  void Release(std::int64_t sequence, std::int32_t revision);
  void Annul(RecordedAnnulment annulment);
  void Reinstate(RecordedReinstatement reinstatement);

  // Null if it was never recorded.
  const Revision* Find(std::int32_t revision) const;
  const Revision& newest() const { return revisions_.back(); }
  // The newest that is neither held nor annulled; null for none.
  const Revision* Counting() const;
  // True while the newest revision waits for a decision: held, and neither released nor annulled.
  bool NewestIsHeld() const;
  // In force: the newest that nothing superseded; null for none. It covers what those before it
  // cover, since each names the revision that is then the newest.
  const RecordedAnnulment* annulment() const;
  // Every one, oldest first.
  const std::vector<RecordedAnnulment>& annulments() const { return annulments_; }
  const std::vector<RecordedReinstatement>& reinstatements() const { return reinstatements_; }

  // REQUIRES, of its state: the station is open and counted at itself.
  StationStanding Standing() const;

 private:
  bool IsAnnulled(const Revision& revision) const;
  StationState State() const;

  std::vector<Revision> revisions_;  // 1, 2, 3, ...
  std::vector<RecordedAnnulment> annulments_;
  std::vector<RecordedReinstatement> reinstatements_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_HISTORY_H_
