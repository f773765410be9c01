#ifndef CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_
#define CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_

#include <sys/types.h>

#include <cstdint>

namespace canvass::bench {

// What a process has used, as the kernel says (/proc). All zero once it is gone.
struct ProcessUse {
  double cpu_seconds = 0;              // user and system, of all its threads
  std::int64_t memory_bytes = 0;       // resident now
  std::int64_t memory_peak_bytes = 0;  // resident at most
};

ProcessUse UseOf(pid_t pid);

// Of PostgreSQL: the server and its children together, those that ended included. Memory that they
// share is counted once; there is no peak.
ProcessUse UseOfTree(pid_t pid);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_
