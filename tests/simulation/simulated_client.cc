#include "tests/simulation/simulated_client.h"

#include <algorithm>
#include <utility>

#include "common/election/decision_check.h"
#include "tests/support/definition_builder.h"

namespace canvass::simulation {
namespace {

testing::DefinitionBuilder ElectionOf(const std::string& election_id) {
  testing::DefinitionBuilder definition;
  definition.WithElectionId(election_id);
  definition.WithSource({.id = "early",
                         .kind = election::SourceKind::kParallelCount,
                         .names = {{"en", "Observers"}},
                         .visible_from = SimulatedClock(Timeline()).Now() + kEmbargoLasts});
  for (int i = 1; i <= kStations; ++i) {
    definition.WithStation(testing::MakeStation("s-" + std::to_string(i), "country"));
  }
  return definition;
}

// The election may not be defined yet, or the revision before not be there: both may come.
bool IsEarly(const aggregator::Receipt& receipt) {
  return receipt.state == aggregator::ReceiptState::kRefused &&
         std::any_of(receipt.findings.begin(), receipt.findings.end(), [](const auto& finding) {
           return finding.rule == election::Rule::kRevisionGap ||
                  finding.rule == election::Rule::kElectionUnknown;
         });
}

}  // namespace

void SimulatedClient::AddReport(election::StationReport report) {
  if (reporter_ != nullptr) {
    tasks_.emplace_back([this, report](const Answered& answered) {
      const auto reply = [this, report,
                          answered](const absl::StatusOr<SimulatedReporter::Answer>& answer) {
        if (answer.ok() && answer->queued) return answered(Then::kDone);
        answered(Take(report, answer.ok() ? absl::StatusOr<aggregator::Receipt>(answer->receipt)
                                          : answer.status()));
      };
      world_.Send([to = reporter_, report, reply] { to->Receive(report, reply); });
    });
    return;
  }
  tasks_.emplace_back([this, report](const Answered& answered) {
    const auto reply = [this, report, answered](const absl::StatusOr<aggregator::Receipt>& answer) {
      answered(Take(report, answer));
    };
    SendToAggregator([report, reply](SimulatedAggregator& aggregator) {
      aggregator.Submit({.report = report, .actor = "local"}, reply);
    });
  });
}

SimulatedClient::Then SimulatedClient::Take(const election::StationReport& report,
                                            const absl::StatusOr<aggregator::Receipt>& receipt) {
  if (!receipt.ok()) return Then::kAgain;
  witness_.Receipt(report, *receipt, world_.timeline.now());
  return IsEarly(*receipt) ? Then::kAgain : Then::kDone;
}

void SimulatedClient::AddDefinition(const std::string& election_id) {
  tasks_.emplace_back([this, election_id](const Answered& answered) {
    const auto reply = [this, election_id,
                        answered](const absl::StatusOr<aggregator::DefinitionOutcome>& outcome) {
      if (outcome.ok()) witness_.Decided(election_id, outcome->sequence, world_.timeline.now());
      answered(outcome.ok() ? Then::kDone : Then::kAgain);
    };
    SendToAggregator([election_id, reply](SimulatedAggregator& aggregator) {
      aggregator.Define({.election_id = election_id,
                         .actor = "office",
                         .change = ElectionOf(election_id).Request()},
                        reply);
    });
  });
}

template <typename Check>
void SimulatedClient::AddDecision(const std::string& election_id, Check check) {
  tasks_.emplace_back([this, election_id, check](const Answered& answered) {
    const auto reply = [this, election_id,
                        answered](const absl::StatusOr<aggregator::DecisionOutcome>& outcome) {
      if (outcome.ok()) witness_.Decided(election_id, outcome->sequence, world_.timeline.now());
      // What the count says against it is an answer too.
      answered(absl::IsUnavailable(outcome.status()) ? Then::kAgain : Then::kDone);
    };
    SendToAggregator([election_id, check, reply](SimulatedAggregator& aggregator) {
      aggregator.Decide(
          {.election_id = election_id, .actor = "office", .source_id = "", .check = check}, reply);
    });
  });
}

void SimulatedClient::AddAnnulment(const std::string& election_id, const std::string& station_id) {
  AddDecision(election_id, [=](const election::Count& count, std::int64_t) {
    return election::CheckAnnulment(
        count, {.key = {.election_id = election_id, .station_id = station_id, .revision = 1},
                .reason = "Counted elsewhere"});
  });
}

void SimulatedClient::AddReinstatement(const std::string& election_id,
                                       const std::string& station_id) {
  AddDecision(election_id, [=](const election::Count& count, std::int64_t) {
    return election::CheckReinstatement(
        count, {.key = {.election_id = election_id, .station_id = station_id, .revision = 1},
                .reason = "A mistake"});
  });
}

void SimulatedClient::Next() {
  if (!tasks_.empty()) Try();
}

// Whatever answers an earlier attempt counts too, but an error of it is no reason to hurry.
void SimulatedClient::Try() {
  const std::int64_t attempt = ++attempt_;
  const auto again = [this, attempt] {
    if (attempt != attempt_) return;
    leader_ = (leader_ + 1) % aggregators_.size();
    Try();
  };
  tasks_.front()([this, attempt, again](Then then) {
    if (attempt != attempt_) return;
    if (then == Then::kAgain) {
      world_.timeline.After(world_.random.Between(absl::Milliseconds(10), absl::Milliseconds(500)),
                            again);
      return;
    }
    ++attempt_;
    tasks_.pop_front();
    world_.timeline.After(world_.random.Between(absl::ZeroDuration(), absl::Milliseconds(500)),
                          [this] { Next(); });
  });
  world_.timeline.After(absl::Seconds(2), again);
}

void SimulatedClient::SendToAggregator(const SimulatedAggregator::Work& work) {
  world_.Send([to = aggregators_[leader_], work] { to->Receive(work); });
}

}  // namespace canvass::simulation
