#ifndef CANVASS_TESTS_FAULTS_FAULT_H_
#define CANVASS_TESTS_FAULTS_FAULT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/stage.h"

namespace canvass::faults {

enum class FaultKind : std::uint8_t {
  kKillActive,
  kKillStandby,
  kKillReporter,
  kKillPublisher,
  kKillBackend,
  kKillPostgres,    // SIGKILL of the server's first process
  kCrashPostgres,   // immediate shutdown, as when the machine is switched off
  kKillEverything,  // services and server within a moment
  kStopActive,      // SIGSTOP, later SIGCONT
  kStopStandby,
  kStopReporter,
  kStopPublisher,
  kStopPostgres,
  kTwoLeaders,  // the active one is stopped until the standby leads, then goes on
  kTwoWriters,  // the same, and its session lives on: only the fence is left
  kEndBackend,  // the server ends the session of the active one
  kCommitRequestLost,
  kCommitAnswerLost,
  kCommitBroken,
  kCommitSlow,
  kBreakConnection,
  kStallConnection,  // nothing passes for a while, then all of it
  kPostgresDiskFull,
  kLogDiskFull,  // the same, and the server needs a new segment of its log: it panics
  kOutboxDiskFull,
  kClockOfActive,  // the system's clock is set, and set back
  kClockOfStandby,
  kClockOfReporter,
  kClockOfPublisher,
  kFloodActive,  // calls that are begun and reset, as fast as they are taken
  kFloodReporter,
  kFloodPublisher,
  kCount,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kCount);
std::string_view NameOf(FaultKind kind);

// One fault of a seed.
struct Fault {
  FaultKind kind = FaultKind::kKillActive;
  absl::Duration before{};  // pause since the fault before was repaired
  absl::Duration lasts{};   // until it is repaired
  bool overlaps = false;    // the next one happens while this one lasts
  absl::Duration jump{};    // of a clock
};

// The faults of a seed, in order. Those that fill a disk only where `may_fill_disks`.
std::vector<Fault> PlanFaults(std::uint64_t seed, bool may_fill_disks);

// What a fault did.
struct FaultReport {
  int kills = 0;         // processes that SIGKILL ended
  bool happened = true;  // false e.g. where no commit came to be cut
  absl::Time at{};       // when
  bool killed_active = false;
};

// Passes the time while a fault lasts.
using Meanwhile = std::function<void()>;

// Lets a fault happen, calls `meanwhile`, and repairs it: what was killed is started again.
FaultReport Commit(const Fault& fault, Stage& stage, const Meanwhile& meanwhile);

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_FAULT_H_
