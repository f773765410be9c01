#ifndef CANVASS_COMMON_EDGE_PENDING_CALLS_H_
#define CANVASS_COMMON_EDGE_PENDING_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

namespace canvass::edge {

// The calls of all connections of which the client has said all, and which the server has not begun
// to answer, by owner. The server works on calls in the order in which they come, so whoever has
// hundreds of them before it lets everybody else wait for all of them. While others call as well,
// an owner may have `shared_max` pending; while it is alone, as many as it likes. A call counts for
// kPendingFor at most: what is longer without an answer waits for something else than its turn. Not
// thread-safe.
class PendingCalls {
 public:
  // Enough to keep many processors busy: a call takes some 100 microseconds of one.
  static constexpr std::size_t kSharedMax = 64;
  static constexpr absl::Duration kPendingFor = absl::Seconds(1);

  explicit PendingCalls(std::size_t shared_max = kSharedMax) : shared_max_(shared_max) {}
  PendingCalls(const PendingCalls&) = delete;
  PendingCalls& operator=(const PendingCalls&) = delete;

  class Owner;
  // Returns the owner of this name, which all its connections share. This must outlive it.
  std::shared_ptr<Owner> Of(const std::string& name);

 private:
  // Who called last, and when somebody else did.
  struct Caller {
    const Owner* owner = nullptr;
    absl::Duration at = -absl::InfiniteDuration();
  };

  const std::size_t shared_max_;
  absl::flat_hash_map<std::string, std::weak_ptr<Owner>> owners_;
  Caller last_{};
  Caller other_{};
};

class PendingCalls::Owner {
 public:
  Owner(PendingCalls& calls, std::string name) : calls_(calls), name_(std::move(name)) {}
  ~Owner();
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;

  // Whether another call may be passed to the server.
  bool MayBegin(absl::Duration now);
  // Counts a call. Returns its number.
  std::uint64_t Begin(absl::Duration now);
  // The call has an answer, or has ended. Does nothing if it no longer counts.
  void Answer(std::uint64_t call) { pending_.erase(call); }

 private:
  PendingCalls& calls_;
  const std::string name_;
  std::uint64_t calls_begun_ = 0;
  std::deque<std::pair<absl::Duration, std::uint64_t>> begun_;  // oldest first; answered ones, too
  absl::flat_hash_set<std::uint64_t> pending_;
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_PENDING_CALLS_H_
