#ifndef CANVASS_SERVICES_AGGREGATOR_COMMAND_QUEUE_H_
#define CANVASS_SERVICES_AGGREGATOR_COMMAND_QUEUE_H_

#include <cstddef>
#include <deque>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/aggregator/command.h"
#include "services/aggregator/writer_options.h"

namespace canvass::aggregator {

// What waits for the writer: bounded, and open only while this aggregator leads. Thread-safe.
class CommandQueue {
 public:
  CommandQueue(const WriterOptions& options, const SteadyClock& clock);

  // Queues the command, or answers it at once with the reason why not. A decision or definition
  // needs room; reports have come already, and are taken whatever waits.
  void Accept(CommandPtr command);

  // Whether more may be taken from a stream: less waits than `options` say.
  bool HasRoom() const;

  // OK while this aggregator leads, and knows that it does; else the error that callers get.
  absl::Status Lead() const;

  // Accepts nothing more.
  void Stop();

  // For the writer alone:

  // Opens the queue with OK, closes it otherwise; `asked_at`: when the ledger was asked.
  void SetLead(const absl::Status& lead, absl::Duration asked_at);
  // The ledger confirmed the lead.
  void Confirm(absl::Duration asked_at);
  // Takes everything that waits.
  std::deque<CommandPtr> TakeAll();
  // Accepted and not yet answered.
  std::size_t reports() const;
  // A command that was taken is answered: its place is free.
  void Leave(const Command& command);
  // Waits until a command waits, or for this long. True if it is time to end: Stop was called and
  // nothing waits, and neither does the writer, who is `finished` with all that it took.
  bool Wait(absl::Duration duration, bool finished);

 private:
  absl::Status Enqueue(CommandPtr& command);
  absl::Status Admit(const Command& command) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WriterOptions options_;
  const SteadyClock& clock_;

  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<CommandPtr> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t reports_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status lead_ ABSL_GUARDED_BY(mutex_);
  absl::Duration confirmed_at_ ABSL_GUARDED_BY(mutex_);
};

// An error that callers may try again after a while.
absl::Status Unavailable(std::string_view reason, std::string_view message);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_COMMAND_QUEUE_H_
