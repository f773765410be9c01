#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace canvass::bench {

struct BenchOptions {
  std::int64_t stations = 100'000;
  int candidates = 16;
  int runs = 5;
  std::uint64_t seed = 1;
  int rate = 5'000;                            // reports a second, of `watch`
  absl::Duration duration = absl::Seconds(5);  // of one measurement, of `read` and `watch`
  int reports_per_message = 1'000;             // of `ingest`
  // Where the stack's temporary folder is made: on the disk that is to be measured.
  std::string parent_folder = "/tmp";
  // Measure the services of the common options instead of a stack of our own.
  bool running = false;
  // With `running`: a session of the schema's owner, for the baselines; empty for none.
  std::string database{};
};

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_
