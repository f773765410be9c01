#ifndef CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_
#define CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_

namespace canvass::rpc {

// Turns off Abseil's search for lock cycles for the rest of the process. Debian's build runs the
// search on every lock, which costs a tenth of a gRPC server's CPU time. Only gRPC uses Abseil's
// mutexes. Our mutexes are checked by the compiler and by ThreadSanitizer. Every server and channel
// calls this function.
void StopDeadlockSearch();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_
