#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_CLIENT_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_CLIENT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/election/report.h"
#include "tests/simulation/simulated_aggregator.h"
#include "tests/simulation/simulated_reporter.h"
#include "tests/simulation/witness.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

// Stations of each simulated election.
inline constexpr int kStations = 4;

// The number of the source that is under embargo, and when that ends, in true time.
inline constexpr int kEarlySourceNo = 1;
inline constexpr absl::Duration kEmbargoLasts = absl::Seconds(8);

// A client with a list of requests for the aggregators. It sends them in order, and repeats each
// one until the answer tells what became of it.
class SimulatedClient {
 public:
  // `reporter` may be null: then the client asks the aggregators itself.
  SimulatedClient(World& world, std::vector<SimulatedAggregator*> aggregators,
                  SimulatedReporter* reporter, Witness& witness)
      : world_(world),
        aggregators_(std::move(aggregators)),
        reporter_(reporter),
        witness_(witness) {}

  void AddReport(election::StationReport report);
  void AddDefinition(const std::string& election_id);
  // Annuls the newest report of the station, or takes that back.
  void AddAnnulment(const std::string& election_id, const std::string& station_id);
  void AddReinstatement(const std::string& election_id, const std::string& station_id);
  void Start() { Next(); }

  bool done() const { return tasks_.empty(); }

 private:
  // What an answer means for the task.
  enum class Then : std::uint8_t { kDone, kAgain };
  using Answered = std::function<void(Then)>;
  using Task = std::function<void(const Answered&)>;

  template <typename Check>
  void AddDecision(const std::string& election_id, Check check);
  void Next();
  void Try();
  // A receipt came, for whatever attempt.
  Then Take(const election::StationReport& report,
            const absl::StatusOr<aggregator::Receipt>& receipt);
  void SendToAggregator(const SimulatedAggregator::Work& work);

  World& world_;
  const std::vector<SimulatedAggregator*> aggregators_;
  SimulatedReporter* const reporter_;
  Witness& witness_;
  std::deque<Task> tasks_;
  std::int64_t attempt_ = 0;
  std::size_t leader_ = 0;  // a guess
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_CLIENT_H_
