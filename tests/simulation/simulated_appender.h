#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_

#include <optional>

#include "absl/status/status.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/ledger.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

// Appends some time between Start and Finish, as a thread of its own would: at once, or only after
// everything that others do before its aggregator's next step.
class SimulatedAppender final : public aggregator::Appender {
 public:
  SimulatedAppender(World& world, aggregator::Ledger& ledger) : world_(world), ledger_(ledger) {}

  void Start(const aggregator::AppendGroup& group) override {
    group_ = &group;
    outcome_.reset();
    if (world_.random.Chance(500)) outcome_ = ledger_.Append(group);
  }
  absl::Status Finish() override { return outcome_ ? *outcome_ : ledger_.Append(*group_); }

 private:
  World& world_;
  aggregator::Ledger& ledger_;
  const aggregator::AppendGroup* group_ = nullptr;
  std::optional<absl::Status> outcome_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_
