#ifndef CANVASS_COMMON_ELECTION_STANDING_H_
#define CANVASS_COMMON_ELECTION_STANDING_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/election/event.h"

// Where a station, a result or a decision stands at the end of a ledger.
namespace canvass::election {

// Where a station stands for one contest and source. HELD and MISSING only where no report of it
// counts; of an annulled report and a newer one that waits for a decision, the newer one says where
// it stands.
enum class StationState : std::uint8_t {
  kMissing = 1,
  kCounted = 2,
  kHeld = 3,
  kAnnulled = 4,
  kClosed = 5
};

// NIST SP 1500-100.
enum class ResultStatus : std::uint8_t {
  kPreElection = 1,
  kUnofficialPartial = 2,
  kUnofficialComplete = 3,
  kCertified = 4,
  kCorrection = 5,
  kRecount = 6,
};

// Everything about one station's report from one source in one contest. A station that is counted
// at another stands where that one stands; revisions of its own, if it has any, are annulled.
struct StationStanding {
  StationState state = StationState::kMissing;
  std::int32_t newest_revision = 0;  // 0: never reported
  std::int64_t newest_sequence = 0;
  std::int32_t counting_revision = 0;  // 0: none counts
  std::int64_t counting_sequence = 0;
  bool newest_is_held = false;          // and neither released nor annulled since
  std::int64_t annulment_sequence = 0;  // of the annulment in force; 0 for none
  std::int32_t annulled_revision = 0;   // the one that it named
  bool expected_again = false;          // as it said: the station is missing again
  bool flagged = false;                 // the counting report has a warning
};

// An annulment with its entry. A reinstatement supersedes it, or another annulment of the same
// revision, which says something else about it.
struct RecordedAnnulment {
  std::int64_t sequence = 0;
  ReportAnnulment annulment{};
  std::int64_t superseded_sequence = 0;  // of the entry that superseded it; 0 for none
};

// A reinstatement with its entry. A later annulment of the same revision supersedes it.
struct RecordedReinstatement {
  std::int64_t sequence = 0;
  ReportReinstatement reinstatement{};
  std::int64_t superseded_sequence = 0;  // of the entry that superseded it; 0 for none
};

// The newest certification of a contest and source.
struct Certified {
  std::int64_t sequence = 0;  // its entry
  absl::Time certified_at{};
  ResultCertification certification{};
};

// A reopening with its entry. The next certification supersedes it.
struct RecordedReopening {
  std::int64_t sequence = 0;
  ContestReopening reopening{};
  std::int64_t superseded_sequence = 0;  // of the entry that superseded it; 0 for none
};

// Poll figures of a contest, source and area with their entry.
struct PublishedPoll {
  std::int64_t sequence = 0;
  PollFigures figures{};
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STANDING_H_
