#ifndef CANVASS_TESTS_SIMULATION_SIMULATION_H_
#define CANVASS_TESTS_SIMULATION_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/weather.h"

namespace canvass::simulation {

// What a schedule came to.
struct Outcome {
  std::vector<std::string> violations{};  // of what Canvass promises; the first few
  std::size_t acknowledged = 0;           // receipts that somebody got
  std::size_t entries = 0;
  std::size_t faults = 0;  // of processes, sessions and the database
  std::size_t takeovers = 0;
};

// Three aggregators, a reporter with an outbox, clients and readers, in one thread and in simulated
// time: some seconds in which things go wrong, then none, until everybody has an answer. The same
// seed gives the same schedule, step by step.
Outcome Simulate(std::uint64_t seed, Bug bug = Bug::kNone);

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATION_H_
