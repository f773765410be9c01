#include "tests/simulation/simulation.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "tests/simulation/simulated_aggregator.h"
#include "tests/simulation/simulated_client.h"
#include "tests/simulation/simulated_database.h"
#include "tests/simulation/simulated_reporter.h"
#include "tests/simulation/witness.h"
#include "tests/simulation/world.h"
#include "tests/support/report_builder.h"

namespace canvass::simulation {
namespace {

constexpr absl::Duration kStormLasts = absl::Seconds(12);
// A frozen leader, a vanished session, an early revision in the outbox: all are over by then.
constexpr absl::Duration kCalmLasts = absl::Minutes(5);
constexpr absl::Duration kFaultInterval = absl::Milliseconds(100);
constexpr absl::Duration kReadInterval = absl::Milliseconds(150);
constexpr int kAggregators = 3;
constexpr int kClients = 4;
constexpr int kReportsPerClient = 8;
const char* const kElections[] = {"e-1", "e-2"};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Bug bug) : world_(seed, bug), database_(world_) {
    for (int i = 0; i < kAggregators; ++i) {
      aggregators_.push_back(&all_aggregators_.emplace_back(world_, database_));
    }
    reporter_ = std::make_unique<SimulatedReporter>(world_, aggregators_, witness_);
    AddClients();
  }

  Outcome Run() {
    for (SimulatedAggregator* aggregator : aggregators_) aggregator->Start();
    reporter_->Start();
    clients_.front().Start();
    StartOthers();
    world_.timeline.After(kFaultInterval, [this] { DoHarm(); });
    world_.timeline.After(kReadInterval, [this] { Read(); });
    world_.timeline.Run(kStormLasts, [] { return false; });
    EndStorm();
    world_.timeline.Run(kStormLasts + kCalmLasts, [this] { return IsQuiet(); });
    return Check();
  }

 private:
  void AddClients() {
    SimulatedClient& office = clients_.emplace_back(world_, aggregators_, nullptr, witness_);
    for (const char* election_id : kElections) office.AddDefinition(election_id);
    AddDecisions(clients_.emplace_back(world_, aggregators_, nullptr, witness_));
    for (int i = 0; i < kClients; ++i) {
      SimulatedReporter* const reporter = i % 2 == 0 ? reporter_.get() : nullptr;
      AddReports(clients_.emplace_back(world_, aggregators_, reporter, witness_));
    }
  }

  // Once there are elections to report to.
  void StartOthers() {
    if (!clients_.front().done()) {
      world_.timeline.After(kReadInterval, [this] { StartOthers(); });
      return;
    }
    for (std::size_t i = 1; i < clients_.size(); ++i) clients_[i].Start();
  }

  void AddDecisions(SimulatedClient& office) {
    for (int i = 0; i < 3; ++i) {
      const std::string election_id = kElections[world_.random.Below(2)];
      const std::string station_id = StrCat("s-", 1 + world_.random.Below(kStations));
      office.AddAnnulment(election_id, station_id);
      if (world_.random.Chance(700)) office.AddReinstatement(election_id, station_id);
    }
  }

  // Of any station, so that clients meet; mostly what the others would send too, at times something
  // else; the second revision after the first, and stale ones again at the end; at times from a
  // source that is under embargo.
  void AddReports(SimulatedClient& client) {
    std::vector<election::StationReport> sent;
    while (sent.size() < kReportsPerClient) {
      const std::string election_id = kElections[world_.random.Below(2)];
      const auto station = 1 + world_.random.Below(kStations);
      const bool is_early = world_.random.Chance(300);
      for (int revision = 1; revision <= 2; ++revision) {
        const auto votes = static_cast<std::int64_t>(10 * station + revision);
        const std::int64_t other = world_.random.Chance(150) ? 100 : 0;
        sent.push_back(testing::ReportBuilder()
                           .WithElection(election_id)
                           .WithSource(is_early ? "early" : "cec")
                           .WithStation(StrCat("s-", station))
                           .WithRevision(revision)
                           .WithBalancedVotes({votes + other, 5, 5})
                           .Build());
      }
    }
    for (const election::StationReport& report : sent) client.AddReport(report);
    for (int i = 0; i < 3; ++i) client.AddReport(sent[world_.random.Below(sent.size())]);
  }

  bool Strikes(int permille) {
    const bool strikes = world_.random.Chance(permille);
    if (strikes) ++outcome_.faults;
    return strikes;
  }

  void DoHarm() {
    if (is_calm_) return;
    const Weather& weather = world_.weather;
    if (Strikes(weather.lock_lost)) database_.LoseLock();
    if (Strikes(weather.session_ended)) database_.EndHolder();
    if (Strikes(weather.database_restarts)) database_.Restart();
    for (SimulatedAggregator* aggregator : aggregators_) DoHarmTo(*aggregator);
    if (Strikes(weather.reporter_dies)) {
      reporter_->Die();
      world_.timeline.After(Pause(), [this] { reporter_->Start(); });
    }
    if (Strikes(weather.reporter_freezes)) reporter_->Freeze(Pause());
    world_.timeline.After(kFaultInterval, [this] { DoHarm(); });
  }

  void DoHarmTo(SimulatedAggregator& aggregator) {
    const Weather& weather = world_.weather;
    if (Strikes(weather.aggregator_dies)) {
      aggregator.Die();
      world_.timeline.After(Pause(), [&aggregator] { aggregator.Start(); });
    }
    if (Strikes(weather.aggregator_freezes)) aggregator.Freeze(3 * Pause());
    if (Strikes(weather.aggregator_cut_off)) {
      aggregator.SetCutOff(true);
      world_.timeline.After(3 * Pause(), [&aggregator] { aggregator.SetCutOff(false); });
    }
    if (Strikes(weather.clock_jumps)) {
      const absl::Duration by = world_.random.Between(-absl::Hours(2), absl::Hours(2));
      aggregator.JumpClock(by);
      world_.timeline.After(3 * Pause(), [&aggregator, by] { aggregator.JumpClock(-by); });
    }
  }

  absl::Duration Pause() { return world_.random.Between(absl::Milliseconds(1), absl::Seconds(3)); }

  void Read() {
    SimulatedAggregator& aggregator = *aggregators_[world_.random.Below(aggregators_.size())];
    const std::string election_id = kElections[world_.random.Below(2)];
    // Whoever is frozen answers later, with what is there then.
    aggregator.Receive([this, election_id](SimulatedAggregator& thawed) {
      const std::optional<Reading> reading = thawed.Read(election_id);
      if (reading.has_value()) witness_.Read(election_id, *reading, world_.timeline.now());
    });
    CountTakeover();
    world_.timeline.After(kReadInterval, [this] { Read(); });
  }

  void CountTakeover() {
    for (std::size_t i = 0; i < aggregators_.size(); ++i) {
      if (!aggregators_[i]->leads() || last_leader_ == i) continue;
      last_leader_ = i;
      ++outcome_.takeovers;
    }
  }

  // Everything is mended; what has been sent is still on its way.
  void EndStorm() {
    is_calm_ = true;
    world_.Clear();
    for (SimulatedAggregator* aggregator : aggregators_) {
      aggregator->SetCutOff(false);
      aggregator->Start();
    }
    reporter_->Start();
  }

  bool IsQuiet() const {
    return !reporter_->has_queued() &&
           std::all_of(clients_.begin(), clients_.end(),
                       [](const SimulatedClient& client) { return client.done(); }) &&
           std::any_of(aggregators_.begin(), aggregators_.end(),
                       [](const SimulatedAggregator* aggregator) { return aggregator->leads(); });
  }

  // What is stored, and every seal is open.
  bool HasAll(const aggregator::CommittedLedgers& committed) const {
    return committed.Reading([this](const aggregator::CommittedLedgers::Contents& contents) {
      return std::all_of(std::begin(kElections), std::end(kElections), [&](const char* election) {
        const ledger::ElectionLedger* const ledger = contents.Find(election);
        return ledger != nullptr && ledger->sequence() >= database_.LastSequence(election) &&
               ledger->count().SealedSources().empty();
      });
    });
  }

  bool AllFollow() const {
    return std::all_of(
        aggregators_.begin(), aggregators_.end(),
        [this](const SimulatedAggregator* aggregator) { return HasAll(*aggregator->committed()); });
  }

  std::vector<const aggregator::CommittedLedgers*> Ledgers() const {
    std::vector<const aggregator::CommittedLedgers*> ledgers;
    for (const SimulatedAggregator* aggregator : aggregators_)
      ledgers.push_back(aggregator->committed());
    return ledgers;
  }

  Outcome Check() {
    if (!IsQuiet()) witness_.Violation("somebody waits for an answer for ever");
    // Messages that are late arrive, and followers that were frozen or cut off.
    world_.timeline.Run(world_.timeline.now() + absl::Seconds(5), [] { return false; });
    world_.timeline.Run(world_.timeline.now() + absl::Minutes(2), [this] { return AllFollow(); });
    witness_.Check(database_, [this](const election::StationReport& report) {
      return reporter_->WasRefused(report);
    });
    if (witness_.violations().empty()) witness_.CheckCommitted(database_, Ledgers());
    outcome_.violations = witness_.violations();
    outcome_.acknowledged = witness_.acknowledged();
    for (const char* election_id : kElections) {
      outcome_.entries += database_.RowsOf(election_id).size();
    }
    return outcome_;
  }

  World world_;
  SimulatedDatabase database_;
  Witness witness_;
  std::deque<SimulatedAggregator> all_aggregators_;
  std::vector<SimulatedAggregator*> aggregators_;
  std::unique_ptr<SimulatedReporter> reporter_;
  std::deque<SimulatedClient> clients_;
  bool is_calm_ = false;
  std::size_t last_leader_ = kAggregators;
  Outcome outcome_;
};

}  // namespace

Outcome Simulate(std::uint64_t seed, Bug bug) { return Simulation(seed, bug).Run(); }

}  // namespace canvass::simulation
