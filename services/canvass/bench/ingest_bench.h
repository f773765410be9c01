#ifndef CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/command.h"

namespace canvass::bench {

// A whole country's reports in a random order, on one stream through reporter and aggregator until
// each is acknowledged, against psql's text COPY of the same rows in the same order. Each run has
// a database of its own, and the two take turns at being first.
absl::Status BenchIngest(const BenchOptions& options, const Session& session);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_INGEST_BENCH_H_
