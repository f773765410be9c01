#ifndef CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/command.h"

namespace canvass::bench {

// How long a new aggregator takes, from its start until it serves, where the ledger holds a report
// of every station; against psql reading the same entries by COPY.
absl::Status BenchRestart(const BenchOptions& options, const Session& session);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_RESTART_BENCH_H_
