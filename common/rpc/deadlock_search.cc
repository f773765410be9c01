#include "common/rpc/deadlock_search.h"

#include "absl/synchronization/mutex.h"

namespace canvass::rpc {

void StopDeadlockSearch() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace canvass::rpc
