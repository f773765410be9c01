#ifndef CANVASS_COMMON_ELECTION_STANDING_H_
#define CANVASS_COMMON_ELECTION_STANDING_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/election/event.h"

// How a station, a result or a decision stands at the end of a ledger.
namespace canvass::election {

// State of a station for one contest and source. In every state but kCounted, no report of the
// station counts. If a report was annulled and a newer one awaits a decision, the state is kHeld.
enum class StationState : std::uint8_t {
  kMissing = 1,
  kCounted = 2,
  kHeld = 3,
  kAnnulled = 4,
  kClosed = 5
};

// The result statuses of NIST SP 1500-100.
enum class ResultStatus : std::uint8_t {
  kPreElection = 1,
  kUnofficialPartial = 2,
  kUnofficialComplete = 3,
  kCertified = 4,
  kCorrection = 5,
  kRecount = 6,
};

// How the report of one station stands in one contest from one source. A station that is counted at
// another one has the state of that one; all revisions of its own are annulled.
struct StationStanding {
  StationState state = StationState::kMissing;
  std::int32_t newest_revision = 0;  // 0 if it never reported
  std::int64_t newest_sequence = 0;
  std::int32_t counting_revision = 0;  // 0 if none counts
  std::int64_t counting_sequence = 0;
  bool newest_is_held = false;          // held, and neither released nor annulled since
  std::int64_t annulment_sequence = 0;  // of the annulment in force; 0 if there is none
  std::int32_t annulled_revision = 0;   // named by the annulment in force
  bool expected_again = false;          // by that annulment, the station is missing again
  bool flagged = false;                 // the counting report has a warning
};

// An annulment and the sequence of its entry. A reinstatement or another annulment of the same
// revision supersedes it.
struct RecordedAnnulment {
  std::int64_t sequence = 0;
  ReportAnnulment annulment{};
  std::int64_t superseded_sequence = 0;  // entry that superseded it; 0 if none did
};

// A reinstatement and the sequence of its entry. A later annulment of the same revision supersedes
// it.
struct RecordedReinstatement {
  std::int64_t sequence = 0;
  ReportReinstatement reinstatement{};
  std::int64_t superseded_sequence = 0;  // entry that superseded it; 0 if none did
};

// A decision that one operator proposed and nobody has confirmed, and the sequence of its entry.
template <typename Decision>
struct Proposed {
  std::int64_t sequence = 0;
  std::string actor{};  // who proposed it
  Decision decision{};
};

// The newest certification of a contest and source.
struct Certified {
  std::int64_t sequence = 0;  // of its entry
  absl::Time certified_at{};
  ResultCertification certification{};
};

// A reopening and the sequence of its entry. The next certification supersedes it.
struct RecordedReopening {
  std::int64_t sequence = 0;
  ContestReopening reopening{};
  std::int64_t superseded_sequence = 0;  // entry that superseded it; 0 if none did
};

// Poll figures of a contest, source and area, and the sequence of their entry.
struct PublishedPoll {
  std::int64_t sequence = 0;
  PollFigures figures{};
};

// A withdrawal of a seal and the sequence of its entry.
struct RecordedWithdrawal {
  std::int64_t sequence = 0;
  SealWithdrawal withdrawal{};
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STANDING_H_
