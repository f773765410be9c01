#ifndef CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures a whole country's reports in random order, on one stream through reporter and aggregator
// until each is acknowledged, against psql's text COPY of the same rows in the same order. Each run
// has its own database, unless the services were running before. The two measurements take turns at
// being first.
absl::Status BenchIngest(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_
