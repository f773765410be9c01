#ifndef CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_
#define CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_

namespace canvass::rpc {

// Ends Abseil's search for cycles among mutexes, which Debian's build does at every lock: a tenth
// of what a gRPC server's CPU does. Only gRPC's own mutexes are Abseil's; ours are checked by the
// compiler and by ThreadSanitizer. Of the process, for good; every server and channel calls it.
void StopDeadlockSearch();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_DEADLOCK_SEARCH_H_
