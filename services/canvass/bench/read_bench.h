#ifndef CANVASS_SERVICES_CANVASS_BENCH_READ_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_READ_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures GetNationalResult of a counted election with 64 calls in flight, against a bare echo of
// the same bytes by the same client.
absl::Status BenchRead(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_READ_BENCH_H_
