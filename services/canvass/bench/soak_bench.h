#ifndef CANVASS_SERVICES_CANVASS_BENCH_SOAK_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_SOAK_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Sends reports at a steady rate while somebody else kills, restarts and moves the services. In the
// end, or once it is interrupted, it compares the ledger and the published result with what it was
// told. Returns DATA_LOSS if they differ.
absl::Status BenchSoak(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_SOAK_BENCH_H_
