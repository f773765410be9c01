#ifndef CANVASS_COMMON_RPC_CALL_SHARES_H_
#define CANVASS_COMMON_RPC_CALL_SHARES_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"

namespace canvass::rpc {

// Places for the open calls of one kind. A caller may have as many as it leaves free (IsFairShare):
// half of them if it is alone, a third if there are two. Thread-safe.
class CallShares {
 public:
  explicit CallShares(std::size_t calls_max) : calls_max_(calls_max) {}
  CallShares(const CallShares&) = delete;
  CallShares& operator=(const CallShares&) = delete;

  // Takes a place for a call of `caller` (see CallerOf), until Leave. If there is none, returns an
  // error with `reason`, the numbers, and `retry_after`.
  absl::Status Enter(const std::string& caller, const Reason& reason, absl::Duration retry_after);
  // REQUIRES: `caller` has a place.
  void Leave(const std::string& caller);

 private:
  const std::size_t calls_max_;
  Mutex mutex_;
  std::size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, std::size_t> calls_of_ ABSL_GUARDED_BY(mutex_);  // by caller
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALL_SHARES_H_
