#ifndef CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_
#define CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_

#include <sys/types.h>

#include <cstdint>

namespace canvass::cli::bench {

// Resources that a process has used, from /proc. All are 0 once the process is gone.
struct ProcessUse {
  double cpu_seconds = 0;              // user and system time of all threads
  std::int64_t memory_bytes = 0;       // current resident memory
  std::int64_t memory_peak_bytes = 0;  // largest resident memory
};

ProcessUse UseOf(pid_t pid);

// Returns the use of a PostgreSQL server with its children. The CPU time includes children that
// have ended. Shared memory is counted once, and there is no peak.
ProcessUse UseOfTree(pid_t pid);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_PROCESS_USE_H_
