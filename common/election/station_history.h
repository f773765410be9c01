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
  bool held = false;                  // when it was recorded
  bool flagged = false;               // has a warning
  std::int64_t release_sequence = 0;  // entry that released it; 0 if none did
  Counts counts{};
};

// All revisions of one station's report in one contest from one source, and the decisions about
// them. Determines which revision counts.
class StationHistory {
 public:
  explicit StationHistory(Revision first);

  // REQUIRES: `revision` directly follows the newest one.
  void Record(Revision revision);
  // REQUIRES, for the next three: the named revision is recorded.
  void Release(std::int64_t sequence, std::int32_t revision);
  void Annul(RecordedAnnulment annulment);
  void Reinstate(RecordedReinstatement reinstatement);

  // Returns null if the revision was never recorded.
  const Revision* Find(std::int32_t revision) const;
  const Revision& newest() const { return revisions_.back(); }
  // Returns the newest revision that is neither held nor annulled; null if there is none. A held
  // revision that was released is no longer held.
  const Revision* Counting() const;
  // True while the newest revision awaits a decision: it is held and neither released nor annulled.
  bool NewestIsHeld() const;
  // Returns the annulment in force, i.e. the newest one that is not superseded; null if there is
  // none. It covers every revision that earlier annulments cover, because each annulment names the
  // revision that is the newest at that time.
  const RecordedAnnulment* annulment() const;
  // All of them, oldest first.
  const std::vector<RecordedAnnulment>& annulments() const { return annulments_; }
  const std::vector<RecordedReinstatement>& reinstatements() const { return reinstatements_; }

  // REQUIRES, for the state: the station is open and counted by itself.
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
