#ifndef CANVASS_COMMON_RPC_UNREAD_ANSWERS_H_
#define CANVASS_COMMON_RPC_UNREAD_ANSWERS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace canvass::rpc {

// The memory that answers hold until their clients have read them. A client decides how much it
// reads, and gRPC keeps the rest. Beyond its limits this cancels calls: of the caller whose answers
// hold most, the one that is unread for longest. Knows no gRPC. Thread-safe.
class UnreadAnswers {
 public:
  struct Limits {
    // Beyond this, calls whose answers are unread for longer than `patience` are cancelled. A
    // client that reads takes milliseconds for a message.
    std::size_t bytes_wanted = std::size_t{128} << 20U;
    absl::Duration patience = absl::Seconds(1);
    // Beyond this, calls are cancelled at once.
    std::size_t bytes_max = std::size_t{192} << 20U;
  };
  // What a message of numbers and short texts holds for each of its bytes on the wire: they and,
  // until the client has read them, the message.
  static constexpr std::size_t kHeldPerByte = 5;
  // What an answer holds beside its bytes.
  static constexpr std::size_t kBytesBeside = 1'024;

  // `clock` must outlive this.
  UnreadAnswers(const Limits& limits, const SteadyClock& clock) : limits_(limits), clock_(clock) {}
  UnreadAnswers(const UnreadAnswers&) = delete;
  UnreadAnswers& operator=(const UnreadAnswers&) = delete;

  // Those of all services of this process, which share its memory.
  static UnreadAnswers& OfProcess();

  std::size_t bytes() const;

 private:
  friend class UnreadAnswer;
  using Number = std::uint64_t;  // in the order in which they were added
  struct Counted {
    std::string caller;
    std::size_t bytes = 0;
    absl::Duration since{};
    std::function<void()> cancel;  // null once it was called
  };

  Number Add(std::string caller, std::size_t bytes, std::function<void()> cancel);
  void Remove(Number number);
  bool CancelOne(absl::Duration patience) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Subtract(const Counted& answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  const SteadyClock& clock_;
  mutable Mutex mutex_;
  Number last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Number, Counted> answers_ ABSL_GUARDED_BY(mutex_);
  // Without those that were cancelled.
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, std::size_t> bytes_of_ ABSL_GUARDED_BY(mutex_);  // by caller
};

// One answer, counted as long as this lives. Movable. Not thread-safe.
class UnreadAnswer {
 public:
  // None.
  UnreadAnswer() = default;
  // An answer of `bytes` to `caller` (see CallerOf). `all` must outlive this. `cancel` cancels the
  // call, and is called at most once, on any thread, before this is destroyed. It must not call
  // `all`.
  UnreadAnswer(UnreadAnswers& all, std::string caller, std::size_t bytes,
               std::function<void()> cancel);
  ~UnreadAnswer();
  UnreadAnswer(UnreadAnswer&& other) noexcept;
  UnreadAnswer& operator=(UnreadAnswer&& other) noexcept;

  // 0 for none.
  std::size_t bytes() const { return bytes_; }

 private:
  UnreadAnswers* all_ = nullptr;
  UnreadAnswers::Number number_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_UNREAD_ANSWERS_H_
