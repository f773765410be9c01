#ifndef CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures how long a new aggregator takes from its start until it serves, with one report of every
// station in the ledger, against psql reading the same entries by COPY.
absl::Status BenchRestart(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_
