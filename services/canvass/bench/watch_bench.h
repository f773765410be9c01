#ifndef CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures, for single reports at a steady rate, the time from a report's receipt until a client of
// WatchResult has a result that contains the report. The time is never negative: a report that the
// watcher saw before its receipt counts as 0.
absl::Status BenchWatch(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_
