#ifndef CANVASS_COMMON_RPC_CALL_SHARES_H_
#define CANVASS_COMMON_RPC_CALL_SHARES_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"

namespace canvass::rpc {

class CallPlace;

// Places for the open calls of one kind. A caller may have as many as it leaves free (IsFairShare):
// half of them if it is alone, a third if there are two. Thread-safe.
class CallShares {
 public:
  explicit CallShares(std::size_t calls_max) : calls_max_(calls_max) {}
  CallShares(const CallShares&) = delete;
  CallShares& operator=(const CallShares&) = delete;

  // Takes a place for a call of `caller` (see CallerOf). If there is none, returns an error with
  // `reason`, the numbers, and `retry_after`, and leaves `place` as it is. This must outlive
  // `place`.
  absl::Status Enter(const std::string& caller, const Reason& reason, absl::Duration retry_after,
                     CallPlace& place);

 private:
  friend class CallPlace;

  void Leave(const std::string& caller);

  const std::size_t calls_max_;
  Mutex mutex_;
  std::size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, std::size_t> calls_of_ ABSL_GUARDED_BY(mutex_);  // by caller
};

// The place of one call, taken until Leave or the end of its life. Movable. Not thread-safe.
class CallPlace {
 public:
  CallPlace() = default;
  ~CallPlace() { Leave(); }
  CallPlace(CallPlace&& other) noexcept
      : shares_(std::exchange(other.shares_, nullptr)), caller_(std::move(other.caller_)) {}
  CallPlace& operator=(CallPlace&&) = delete;

  // Frees the place. Does nothing if there is none. A call does so before its client can see its
  // end, and call again.
  void Leave();

 private:
  friend class CallShares;

  CallShares* shares_ = nullptr;  // null without a place
  std::string caller_;
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALL_SHARES_H_
