#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_AGGREGATOR_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_AGGREGATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/patrol.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/write_request.h"
#include "services/aggregator/writer/writer_role.h"
#include "tests/simulation/simulated_appender.h"
#include "tests/simulation/simulated_ledger_store.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

// What somebody reads of an election.
struct Reading {
  std::int64_t sequence = 0;
  std::int64_t votes_of_a = 0;  // of the whole area
  ledger::Hash last_hash{};
};

// An aggregator: the real queue, role and committed ledgers over a simulated database. It takes its
// steps when simulated time says so. Survives its process.
class SimulatedAggregator {
 public:
  SimulatedAggregator(World& world, SimulatedDatabase& database)
      : world_(world), database_(database) {}

  void Start();
  void Die();
  // Like SIGSTOP; messages wait.
  void Freeze(absl::Duration duration);
  void SetCutOff(bool cut_off);
  void JumpClock(absl::Duration by);

  using Reply = std::function<void(const absl::StatusOr<aggregator::Receipt>&)>;
  // What to do with a message that asks for the work of this aggregator, once it gets to it.
  using Work = std::function<void(SimulatedAggregator&)>;

  // A message arrives. Without a process it is lost.
  void Receive(const Work& work);

  // For messages that have arrived; answers go back as messages, if the process lives then.
  void Submit(const aggregator::SubmittedReport& report, const Reply& reply);
  void Decide(aggregator::ProposedDecision request,
              std::function<void(const absl::StatusOr<aggregator::DecisionOutcome>&)> reply);
  void Define(aggregator::ProposedDefinition request,
              std::function<void(const absl::StatusOr<aggregator::DefinitionOutcome>&)> reply);
  // Absent where it answers no readings.
  std::optional<Reading> Read(const std::string& election_id) const;

  // The committed ledgers, for the checks at the end; null without a process.
  const aggregator::CommittedLedgers* committed() const;
  bool leads() const;

 private:
  struct Process {
    Process(World& world, SimulatedDatabase& database, SimulatedAggregator& owner);

    const aggregator::WriterOptions options{};
    SimulatedClock clock;
    SimulatedSteadyClock steady_clock;
    SimulatedLedgerStore ledger;
    SimulatedAppender appender;
    aggregator::CommittedLedgers committed;
    aggregator::Patrol patrol;
    aggregator::WriteQueue queue;
    aggregator::WriterRole role;
    absl::Duration busy_until{};
    bool dying = false;
  };

  void Accept(aggregator::WriteRequest request);
  // The answer as a message, unless the process dies before it can send it.
  template <typename Answer>
  auto Send(std::function<void(const Answer&)> reply);
  void StepAfter(absl::Duration delay);
  void Step();

  World& world_;
  SimulatedDatabase& database_;
  std::unique_ptr<Process> process_;
  bool cut_off_ = false;
  absl::Duration clock_skew_;
  absl::Duration frozen_until_;
  std::int64_t next_step_ = 0;  // of the steps that were planned, only the last one is taken
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_AGGREGATOR_H_
