#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_REPORTER_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_REPORTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/report.h"
#include "services/aggregator/writer/receipt.h"
#include "services/station_reporter/outbox/outbox.h"
#include "tests/simulation/simulated_aggregator.h"
#include "tests/simulation/witness.h"
#include "tests/simulation/world.h"
#include "tests/support/memory_outbox_store.h"

namespace canvass::simulation {

// A station reporter: the real outbox over a disk that survives the process, and in place of its
// network a few simulated messages. It asks the aggregators in turn for the one that leads.
class SimulatedReporter {
 public:
  SimulatedReporter(World& world, std::vector<SimulatedAggregator*> aggregators, Witness& witness)
      : world_(world), aggregators_(std::move(aggregators)), witness_(witness) {}

  void Start();
  void Die();
  void Freeze(absl::Duration duration);

  // Gets a receipt, or nothing where the report was queued.
  struct Answer {
    bool queued = false;
    aggregator::Receipt receipt{};
  };
  using Reply = std::function<void(const absl::StatusOr<Answer>&)>;
  // A message with a report arrives.
  void Receive(const election::StationReport& report, const Reply& reply);

  bool has_queued() const { return outbox_ == nullptr || outbox_->Summary().queued > 0; }
  bool WasRefused(const election::StationReport& report) const;

 private:
  using Receipt = absl::StatusOr<aggregator::Receipt>;

  void Forward(const election::StationReport& report, const Reply& reply);
  void Queue(const election::StationReport& report, const Reply& reply);
  void Pump();
  void Deliver(const station_reporter::OutgoingReport& outgoing);
  // Sends to the aggregator that seems to lead; `done` gets the first answer or, after a while, an
  // error, unless the process has died meanwhile.
  void Ask(const election::StationReport& report, std::function<void(const Receipt&)> done);
  // Lets `what` happen to this process, and not before it thaws.
  void Here(const Timeline::Event& what, std::int64_t life);

  World& world_;
  const std::vector<SimulatedAggregator*> aggregators_;
  Witness& witness_;
  testing::MemoryOutboxStore disk_;
  std::unique_ptr<station_reporter::Outbox> outbox_;
  std::int64_t next_number_ = 1;
  std::int64_t life_ = 0;
  std::size_t leader_ = 0;  // a guess
  absl::Duration frozen_until_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_REPORTER_H_
