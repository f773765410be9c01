#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace canvass::cli::bench {

struct BenchOptions {
  std::int64_t stations = 100'000;
  int candidates = 16;
  int runs = 5;
  std::uint64_t seed = 1;
  int rate = 5'000;                            // reports per second, for `watch`
  absl::Duration duration = absl::Seconds(5);  // of one measurement, for `read` and `watch`
  int reports_per_message = 1'000;             // for streams of reports
  // Folder in which the stack's temporary folder is created. It must be on the disk to measure.
  std::string parent_folder = "/tmp";
  // The stack speaks TLS: reports come from an office, everything else from an operator.
  bool tls = false;
  // Measure the services at the addresses of the common options instead of a new stack.
  bool running = false;
  // With `running`: connection string of the schema's owner, for the baselines. Empty for no
  // baselines.
  std::string database{};
};

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_OPTIONS_H_
