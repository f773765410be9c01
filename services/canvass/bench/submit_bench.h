#ifndef CANVASS_SERVICES_CANVASS_BENCH_SUBMIT_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_SUBMIT_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures single reports by SubmitReport through reporter and aggregator, 64 and 256 in flight,
// each acknowledged as durable, against pgbench's single-row INSERTs of the same shape by 32
// clients.
absl::Status BenchSubmit(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_SUBMIT_BENCH_H_
