#ifndef CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/command.h"

namespace canvass::bench {

// Single reports at a steady rate, and a client of WatchResult: how long after a report's receipt
// the watcher has a result that contains it. Not below zero: some are seen before their receipt.
absl::Status BenchWatch(const BenchOptions& options, const Session& session);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_WATCH_BENCH_H_
