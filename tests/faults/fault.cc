#include "tests/faults/fault.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/postgres/session.h"
#include "tests/edge/attacker.h"

namespace canvass::faults {
namespace {

constexpr int kFaultsPerSeed = 8;
constexpr int kOneOverlapsIn = 4;
constexpr int kFaultPauseMsMax = 150;
constexpr int kLastsMsMin = 20;
constexpr int kLastsMsMax = 350;
// Some last longer than those who are attacked, or who wait for them, have patience.
constexpr int kOneIsLongIn = 20;
constexpr absl::Duration kLongMin = absl::Seconds(6);
// More than a day: deadlines that are accepted are less.
constexpr int kJumpSecondsMax = 100'000;
// Until a standby leads, with the active one stopped.
constexpr absl::Duration kTakeoverPatience = absl::Seconds(5);
// How long a leader whose session is gone goes on believing in it.
constexpr absl::Duration kBelievesFor = absl::Milliseconds(400);
// So that a server whose log is at its end meets a disk without room for more.
constexpr int kLogSwitches = 2;

struct KindOfFault {
  FaultKind kind;
  std::string_view name;
  int weight;  // how often, relative to the others
};

constexpr std::array<KindOfFault, kFaultKinds> kKinds{{
    {FaultKind::kKillActive, "kill -9 of the active aggregator", 18},
    {FaultKind::kKillStandby, "kill -9 of the standby", 8},
    {FaultKind::kKillReporter, "kill -9 of the reporter", 12},
    {FaultKind::kKillPublisher, "kill -9 of the publisher", 10},
    {FaultKind::kKillBackend, "kill -9 of a PostgreSQL backend", 7},
    {FaultKind::kKillPostgres, "kill -9 of PostgreSQL", 3},
    {FaultKind::kCrashPostgres, "crash of PostgreSQL", 2},
    {FaultKind::kKillEverything, "kill -9 of everything", 3},
    {FaultKind::kStopActive, "SIGSTOP of the active aggregator", 4},
    {FaultKind::kStopStandby, "SIGSTOP of the standby", 2},
    {FaultKind::kStopReporter, "SIGSTOP of the reporter", 3},
    {FaultKind::kStopPublisher, "SIGSTOP of the publisher", 3},
    {FaultKind::kStopPostgres, "SIGSTOP of PostgreSQL", 3},
    {FaultKind::kTwoLeaders, "two aggregators that believe they lead", 5},
    {FaultKind::kTwoWriters, "two aggregators that lead and reach PostgreSQL", 5},
    {FaultKind::kEndBackend, "session ended by PostgreSQL", 3},
    {FaultKind::kCommitRequestLost, "COMMIT lost on the way there", 5},
    {FaultKind::kCommitAnswerLost, "COMMIT lost on the way back", 6},
    {FaultKind::kCommitBroken, "connection cut both ways during COMMIT", 5},
    {FaultKind::kCommitSlow, "COMMIT held up", 3},
    {FaultKind::kBreakConnection, "connection to PostgreSQL broken", 3},
    {FaultKind::kStallConnection, "connection to PostgreSQL stalled", 3},
    {FaultKind::kPostgresDiskFull, "disk full under PostgreSQL", 3},
    {FaultKind::kLogDiskFull, "disk full under PostgreSQL's log", 1},
    {FaultKind::kOutboxDiskFull, "disk full under the outbox", 2},
    {FaultKind::kClockOfActive, "clock of the active aggregator jumps", 4},
    {FaultKind::kClockOfStandby, "clock of the standby jumps", 2},
    {FaultKind::kClockOfReporter, "clock of the reporter jumps", 3},
    {FaultKind::kClockOfPublisher, "clock of the publisher jumps", 3},
    {FaultKind::kFloodActive, "flood of calls at the active aggregator", 3},
    {FaultKind::kFloodReporter, "flood of calls at the reporter", 3},
    {FaultKind::kFloodPublisher, "flood of calls at the publisher", 3},
}};

const KindOfFault& Describe(FaultKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool MayBeLong(FaultKind kind) {
  switch (kind) {
    case FaultKind::kStopActive:
    case FaultKind::kStopStandby:
    case FaultKind::kStopReporter:
    case FaultKind::kStopPublisher:
    case FaultKind::kStopPostgres:
    case FaultKind::kCommitSlow:
    case FaultKind::kStallConnection:
    case FaultKind::kClockOfActive:
    case FaultKind::kClockOfStandby:
    case FaultKind::kClockOfReporter:
    case FaultKind::kClockOfPublisher:
    case FaultKind::kFloodActive:
    case FaultKind::kFloodReporter:
    case FaultKind::kFloodPublisher:
      return true;
    default:
      return false;
  }
}

bool FillsADisk(FaultKind kind) {
  return kind == FaultKind::kPostgresDiskFull || kind == FaultKind::kLogDiskFull ||
         kind == FaultKind::kOutboxDiskFull;
}

FaultReport Kill(const Meanwhile& meanwhile, Stage& stage, std::initializer_list<Part> parts) {
  FaultReport report{.at = absl::Now()};
  for (const Part part : parts) {
    if (stage.SignalPart(part, SIGKILL)) ++report.kills;
  }
  report.happened = report.kills > 0;
  meanwhile();
  for (const Part part : parts) stage.StartPart(part);
  return report;
}

FaultReport StopAndContinue(const Meanwhile& meanwhile, Stage& stage, Part part) {
  const FaultReport report{.at = absl::Now()};
  stage.SignalPart(part, SIGSTOP);
  meanwhile();
  stage.SignalPart(part, SIGCONT);
  return report;
}

FaultReport JumpClock(const Fault& fault, const Meanwhile& meanwhile, Stage& stage, Part part) {
  const FaultReport report{.at = absl::Now()};
  stage.SetClock(part, fault.jump);
  meanwhile();
  stage.SetClock(part, absl::ZeroDuration());
  return report;
}

FaultReport Flood(const Meanwhile& meanwhile, const Stage& stage, const std::string& address) {
  constexpr int kConnections = 4;
  constexpr int kCallsAtOnce = 200;
  const FaultReport report{.at = absl::Now()};
  std::atomic<bool> over = false;
  std::thread flood([&] {
    std::deque<edge::Attacker> attackers;
    const identity::TlsFiles* const tls = stage.identities() == nullptr
                                              ? nullptr
                                              : &stage.identities()->FilesOf(Identities::kOperator);
    for (int i = 0; i < kConnections; ++i) {
      attackers.emplace_back(address, true, edge::Attacker::kAnyAmount, tls);
    }
    for (std::uint32_t stream = 1; !over;) {
      std::string bytes;
      for (int i = 0; i < kCallsAtOnce; ++i, stream += 2) {
        bytes += edge::Attacker::CallHeaders(stream, "/grpc.health.v1.Health/Check") +
                 edge::Attacker::Reset(stream);
      }
      for (edge::Attacker& attacker : attackers) {
        attacker.Write(bytes);  // false: it is slowed down, or the service is away
        attacker.Drain();
      }
    }
  });
  meanwhile();
  over = true;
  flood.join();
  return report;
}

FaultReport StopPostgres(const Meanwhile& meanwhile, Stage& stage) {
  const FaultReport report{.at = absl::Now()};
  stage.SignalPostgres(SIGSTOP);
  meanwhile();
  stage.SignalPostgres(SIGCONT);
  return report;
}

FaultReport EndBackends(const Meanwhile& meanwhile, Stage& stage, int signal) {
  FaultReport report{.happened = false, .at = absl::Now()};
  for (const pid_t pid : stage.PostgresBackends()) {
    if (kill(pid, signal) != 0) continue;
    report.happened = true;
    if (signal != SIGKILL) continue;
    ++report.kills;
    break;  // the server ends the others itself
  }
  meanwhile();
  return report;
}

FaultReport CrashPostgres(const Meanwhile& meanwhile, Stage& stage, int signal) {
  const bool runs = stage.PostgresRuns();
  const FaultReport report{
      .kills = runs && signal == SIGKILL ? 1 : 0, .happened = runs, .at = absl::Now()};
  stage.CrashPostgres(signal);
  meanwhile();
  stage.StartPostgres().IgnoreError();  // Heal says it if it never comes
  return report;
}

FaultReport KillEverything(const Meanwhile& meanwhile, Stage& stage) {
  FaultReport report{.kills = stage.PostgresRuns() ? 1 : 0, .at = absl::Now()};
  for (const Part part : kEveryPart) {
    if (stage.SignalPart(part, SIGKILL)) ++report.kills;
  }
  stage.CrashPostgres(SIGKILL);
  meanwhile();
  stage.StartPostgres().IgnoreError();
  for (const Part part : kEveryPart) stage.StartPart(part);
  return report;
}

// The server has lost the session of a leader that knows nothing of it: at first since it is
// stopped, then since its connection seems to stand.
FaultReport MakeTwoLeaders(Stage& stage) {
  FaultReport report{.at = absl::Now()};
  const Part old_leader = stage.ActiveAggregator();
  stage.SignalPart(old_leader, SIGSTOP);
  stage.ProxyOf(old_leader).AbandonServerSide(kTakeoverPatience + kBelievesFor);
  const absl::Time deadline = absl::Now() + kTakeoverPatience;
  while (!stage.Serves(Stage::Other(old_leader)) && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  report.happened = stage.Serves(Stage::Other(old_leader));
  stage.SignalPart(old_leader, SIGCONT);
  absl::SleepFor(kBelievesFor);
  stage.ProxyOf(old_leader).BreakAll();
  return report;
}

// As where something between an aggregator and PostgreSQL forgets what a session holds: its lock is
// gone, and it can write.
FaultReport MakeTwoWriters(Stage& stage) {
  FaultReport report{.at = absl::Now()};
  const Part old_leader = stage.ActiveAggregator();
  stage.SignalPart(old_leader, SIGSTOP);
  const absl::Time deadline = absl::Now() + kTakeoverPatience;
  while (!stage.Serves(Stage::Other(old_leader)) && absl::Now() < deadline) {
    stage.ProxyOf(old_leader).ReleaseLocks();
    absl::SleepFor(absl::Milliseconds(10));
  }
  report.happened = stage.Serves(Stage::Other(old_leader));
  stage.SignalPart(old_leader, SIGCONT);
  absl::SleepFor(kBelievesFor);
  return report;
}

FaultReport CutCommit(const Fault& fault, const Meanwhile& meanwhile, Stage& stage, CommitCut cut) {
  FaultReport report{.at = absl::Now()};
  PostgresProxy& proxy = stage.ProxyOf(stage.ActiveAggregator());
  const int before = proxy.commits_cut();
  proxy.CutNextCommit(cut, fault.lasts);
  const absl::Time deadline = absl::Now() + absl::Seconds(1);
  while (proxy.commits_cut() == before && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(2));
  }
  report.happened = proxy.commits_cut() > before;
  proxy.Disarm();
  meanwhile();
  return report;
}

// Makes the server go on in another segment of its log, which it has to make.
void SwitchLog(const Stage& stage) {
  const std::string connection = stage.superuser_connection();
  if (connection.empty()) return;
  const auto session = postgres::Session::Open({.connection = connection});
  for (int i = 0; session.ok() && i < kLogSwitches; ++i) {
    (*session)->Query("SELECT pg_switch_wal(), txid_current()").IgnoreError();
  }
}

FaultReport FillPostgresDisk(const Meanwhile& meanwhile, Stage& stage, bool with_log) {
  const FaultReport report{.at = absl::Now()};
  stage.FillPostgresDisk();
  if (with_log) SwitchLog(stage);
  meanwhile();
  stage.EmptyPostgresDisk();
  if (!stage.PostgresRuns()) stage.StartPostgres().IgnoreError();
  return report;
}

FaultReport FillOutboxDisk(const Meanwhile& meanwhile, Stage& stage) {
  // An outbox is written only while the aggregator is away.
  FaultReport report{.at = absl::Now()};
  stage.FillOutboxDisk();
  const Part active = stage.ActiveAggregator();
  if (stage.SignalPart(active, SIGKILL)) ++report.kills;
  meanwhile();
  stage.EmptyOutboxDisk();
  stage.StartPart(active);
  return report;
}

}  // namespace

std::string_view NameOf(FaultKind kind) { return Describe(kind).name; }

std::vector<Fault> PlanFaults(std::uint64_t seed, bool may_fill_disks) {
  std::mt19937_64 random(seed);
  std::array<int, kFaultKinds> weights{};
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    weights[i] = FillsADisk(kKinds[i].kind) && !may_fill_disks ? 0 : kKinds[i].weight;
  }
  std::discrete_distribution<std::size_t> kinds(weights.begin(), weights.end());
  std::uniform_int_distribution<int> pauses(0, kFaultPauseMsMax);
  std::uniform_int_distribution<int> lengths(kLastsMsMin, kLastsMsMax);
  std::uniform_int_distribution<int> jumps(-kJumpSecondsMax, kJumpSecondsMax);
  std::vector<Fault> faults;
  for (int i = 0; i < kFaultsPerSeed; ++i) {
    const FaultKind kind = kKinds[kinds(random)].kind;
    const absl::Duration before = absl::Milliseconds(pauses(random));
    absl::Duration lasts = absl::Milliseconds(lengths(random));
    if (random() % kOneIsLongIn == 0 && MayBeLong(kind)) lasts += kLongMin;
    const bool overlaps = i + 1 < kFaultsPerSeed && random() % kOneOverlapsIn == 0;
    faults.push_back({.kind = kind,
                      .before = before,
                      .lasts = lasts,
                      .overlaps = overlaps,
                      .jump = absl::Seconds(jumps(random))});
  }
  return faults;
}

FaultReport Commit(const Fault& fault, Stage& stage, const Meanwhile& meanwhile) {
  switch (fault.kind) {
    case FaultKind::kKillActive: {
      FaultReport report = Kill(meanwhile, stage, {stage.ActiveAggregator()});
      report.killed_active = true;
      return report;
    }
    case FaultKind::kKillStandby:
      return Kill(meanwhile, stage, {Stage::Other(stage.ActiveAggregator())});
    case FaultKind::kKillReporter:
      return Kill(meanwhile, stage, {Part::kReporter});
    case FaultKind::kKillPublisher:
      return Kill(meanwhile, stage, {Part::kPublisher});
    case FaultKind::kKillBackend:
      return EndBackends(meanwhile, stage, SIGKILL);
    case FaultKind::kKillPostgres:
      return CrashPostgres(meanwhile, stage, SIGKILL);
    case FaultKind::kCrashPostgres:
      return CrashPostgres(meanwhile, stage, SIGQUIT);
    case FaultKind::kKillEverything:
      return KillEverything(meanwhile, stage);
    case FaultKind::kStopActive:
      return StopAndContinue(meanwhile, stage, stage.ActiveAggregator());
    case FaultKind::kStopStandby:
      return StopAndContinue(meanwhile, stage, Stage::Other(stage.ActiveAggregator()));
    case FaultKind::kStopReporter:
      return StopAndContinue(meanwhile, stage, Part::kReporter);
    case FaultKind::kStopPublisher:
      return StopAndContinue(meanwhile, stage, Part::kPublisher);
    case FaultKind::kStopPostgres:
      return StopPostgres(meanwhile, stage);
    case FaultKind::kTwoLeaders:
      return MakeTwoLeaders(stage);
    case FaultKind::kTwoWriters:
      return MakeTwoWriters(stage);
    case FaultKind::kEndBackend:
      return EndBackends(meanwhile, stage, SIGTERM);
    case FaultKind::kCommitRequestLost:
      return CutCommit(fault, meanwhile, stage, CommitCut::kRequestLost);
    case FaultKind::kCommitAnswerLost:
      return CutCommit(fault, meanwhile, stage, CommitCut::kAnswerLost);
    case FaultKind::kCommitBroken:
      return CutCommit(fault, meanwhile, stage, CommitCut::kBroken);
    case FaultKind::kCommitSlow:
      return CutCommit(fault, meanwhile, stage, CommitCut::kSlow);
    case FaultKind::kBreakConnection:
    case FaultKind::kStallConnection: {
      const FaultReport report{.at = absl::Now()};
      PostgresProxy& proxy = stage.ProxyOf(stage.ActiveAggregator());
      proxy.Stall(fault.lasts, fault.kind == FaultKind::kBreakConnection);
      meanwhile();
      return report;
    }
    case FaultKind::kPostgresDiskFull:
      return FillPostgresDisk(meanwhile, stage, false);
    case FaultKind::kLogDiskFull:
      return FillPostgresDisk(meanwhile, stage, true);
    case FaultKind::kOutboxDiskFull:
      return FillOutboxDisk(meanwhile, stage);
    case FaultKind::kClockOfActive:
      return JumpClock(fault, meanwhile, stage, stage.ActiveAggregator());
    case FaultKind::kClockOfStandby:
      return JumpClock(fault, meanwhile, stage, Stage::Other(stage.ActiveAggregator()));
    case FaultKind::kClockOfReporter:
      return JumpClock(fault, meanwhile, stage, Part::kReporter);
    case FaultKind::kClockOfPublisher:
      return JumpClock(fault, meanwhile, stage, Part::kPublisher);
    case FaultKind::kFloodActive:
      return Flood(meanwhile, stage, stage.aggregator_address(stage.ActiveAggregator()));
    case FaultKind::kFloodReporter:
      return Flood(meanwhile, stage, stage.reporter_address());
    case FaultKind::kFloodPublisher:
      return Flood(meanwhile, stage, stage.publisher_address());
    case FaultKind::kCount:
      break;
  }
  return {.happened = false};
}

}  // namespace canvass::faults
