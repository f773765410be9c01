#include "tests/simulation/simulated_aggregator.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/election/count.h"

namespace canvass::simulation {

using aggregator::CommittedLedgers;
using aggregator::DecisionOutcome;
using aggregator::DefinitionOutcome;
using aggregator::Receipt;
using aggregator::WriteRequest;

namespace {

// Streams of reports, on one of which each report comes.
constexpr std::uint64_t kStreams = 3;

}  // namespace

SimulatedAggregator::Process::Process(World& world, SimulatedDatabase& database,
                                      SimulatedAggregator& owner)
    : clock(world.timeline),
      steady_clock(world.timeline),
      ledger(world, database, clock, [&owner] { owner.process_->dying = true; }),
      appender(world, ledger),
      patrol(ledger, committed, options),
      queue(options, steady_clock),
      role(ledger, appender, committed, patrol, queue, clock, steady_clock, options,
           [](const absl::Status&) {}) {
  clock.Jump(owner.clock_skew_);
  ledger.SetCutOff(owner.cut_off_);
}

void SimulatedAggregator::Start() {
  if (process_ != nullptr) return;
  process_ = std::make_unique<Process>(world_, database_, *this);
  StepAfter(absl::ZeroDuration());
}

void SimulatedAggregator::Die() {
  process_.reset();
  frozen_until_ = absl::ZeroDuration();
}

void SimulatedAggregator::Freeze(absl::Duration duration) {
  if (process_ == nullptr) return;
  frozen_until_ = std::max(frozen_until_, world_.timeline.now() + duration);
  StepAfter(duration);
}

void SimulatedAggregator::SetCutOff(bool cut_off) {
  cut_off_ = cut_off;
  if (process_ != nullptr) process_->ledger.SetCutOff(cut_off);
}

void SimulatedAggregator::JumpClock(absl::Duration by) {
  clock_skew_ += by;
  if (process_ != nullptr) process_->clock.Jump(by);
}

void SimulatedAggregator::Receive(const Work& work) {
  if (process_ == nullptr) return;
  const absl::Duration now = world_.timeline.now();
  if (now >= frozen_until_) {
    work(*this);
    return;
  }
  // Those that came first are taken first, and before the writer's thread goes on.
  world_.timeline.After(frozen_until_ - now, [this, work, process = process_.get()] {
    if (process_.get() == process) Receive(work);
  });
}

template <typename Answer>
auto SimulatedAggregator::Send(std::function<void(const Answer&)> reply) {
  return [this, reply = std::move(reply)](const Answer& answer) {
    if (process_->dying) return;
    world_.Send([reply, answer] { reply(answer); });
  };
}

void SimulatedAggregator::Submit(const aggregator::SubmittedReport& report, const Reply& reply) {
  auto send = Send<absl::StatusOr<Receipt>>(reply);
  Accept({.what =
              aggregator::PendingReports{
                  .reports = {report},
                  .done =
                      [send](absl::StatusOr<std::vector<Receipt>> receipts) {
                        send(receipts.ok() ? absl::StatusOr<Receipt>(receipts->front())
                                           : absl::StatusOr<Receipt>(receipts.status()));
                      }},
          .stream = {.number = 1 + world_.random.Below(kStreams)}});
}

void SimulatedAggregator::Decide(
    aggregator::ProposedDecision request,
    std::function<void(const absl::StatusOr<DecisionOutcome>&)> reply) {
  Accept({.what = aggregator::PendingDecision{
              .proposed = std::move(request),
              .done = Send<absl::StatusOr<DecisionOutcome>>(std::move(reply))}});
}

void SimulatedAggregator::Define(
    aggregator::ProposedDefinition request,
    std::function<void(const absl::StatusOr<DefinitionOutcome>&)> reply) {
  Accept({.what = aggregator::PendingDefinition{
              .proposed = std::move(request),
              .done = Send<absl::StatusOr<DefinitionOutcome>>(std::move(reply))}});
}

std::optional<Reading> SimulatedAggregator::Read(const std::string& election_id) const {
  if (process_ == nullptr) return std::nullopt;
  if (!process_->queue.Lead().ok() && world_.bug != Bug::kFollowerServes) return std::nullopt;
  return process_->committed.Reading([&election_id](const CommittedLedgers::Contents& committed) {
    const ledger::ElectionLedger* const ledger = committed.Find(election_id);
    if (ledger == nullptr) return Reading();
    const std::int64_t sequence = ledger->sequence();
    const election::Tally& tally = ledger->count().TallyOfArea(0, 0, 0);
    return Reading{.sequence = sequence,
                   .votes_of_a = tally.votes.empty() ? 0 : tally.votes[0].total,
                   .last_hash = ledger->log().LeafHashOf(sequence)};
  });
}

const CommittedLedgers* SimulatedAggregator::committed() const {
  return process_ == nullptr ? nullptr : &process_->committed;
}

bool SimulatedAggregator::leads() const {
  return process_ != nullptr && process_->queue.Lead().ok();
}

void SimulatedAggregator::Accept(WriteRequest request) {
  process_->queue.Accept(std::make_unique<WriteRequest>(std::move(request)));
  if (process_->queue.Lead().ok()) {
    StepAfter(std::max(process_->busy_until - world_.timeline.now(), absl::ZeroDuration()));
  }
}

void SimulatedAggregator::StepAfter(absl::Duration delay) {
  const std::int64_t step = ++next_step_;
  world_.timeline.After(delay, [this, step] {
    if (step == next_step_ && process_ != nullptr) Step();
  });
}

void SimulatedAggregator::Step() {
  const absl::Duration now = world_.timeline.now();
  if (now < frozen_until_) {
    StepAfter(frozen_until_ - now);
    return;
  }
  const absl::Duration wait = process_->role.Step();
  constexpr int kPatrolGoesRound = 20;  // permille
  if (world_.random.Chance(kPatrolGoesRound)) {
    process_->patrol.Round([] { return absl::OkStatus(); }).IgnoreError();
  }
  if (process_->dying) {
    Die();
    world_.timeline.After(world_.random.Between(absl::ZeroDuration(), absl::Seconds(1)),
                          [this] { Start(); });
    return;
  }
  const absl::Duration took =
      world_.random.Between(absl::Microseconds(200), absl::Milliseconds(10));
  process_->busy_until = now + took;
  StepAfter(std::max(wait, took));
}

}  // namespace canvass::simulation
