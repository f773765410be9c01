#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_

#include <optional>

#include "absl/status/status.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/appender.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

// Appends some time between Start and Finish, as a thread of its own would: at once, or only after
// everything that others do before its aggregator's next step.
class SimulatedAppender final : public aggregator::Appender {
 public:
  SimulatedAppender(World& world, aggregator::LedgerStore& ledger)
      : world_(world), ledger_(ledger) {}

  void Start(const aggregator::Transaction& transaction) override {
    transaction_ = &transaction;
    outcome_.reset();
    if (world_.random.Chance(500)) outcome_ = ledger_.Append(transaction);
  }
  absl::Status Finish() override { return outcome_ ? *outcome_ : ledger_.Append(*transaction_); }

 private:
  World& world_;
  aggregator::LedgerStore& ledger_;
  const aggregator::Transaction* transaction_ = nullptr;
  std::optional<absl::Status> outcome_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_APPENDER_H_
