#ifndef CANVASS_SERVICES_CANVASS_BENCH_FLOOD_BENCH_H_
#define CANVASS_SERVICES_CANVASS_BENCH_FLOOD_BENCH_H_

#include "absl/status/status.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Measures how long an office waits for its receipts, and a reader for results, while another
// identity floods the same service, beside how long they wait without; and the memory of each
// service. Always over TLS, on a stack of its own.
absl::Status BenchFlood(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_FLOOD_BENCH_H_
