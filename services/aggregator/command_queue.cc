#include "services/aggregator/command_queue.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace canvass::aggregator {
namespace {

constexpr int kRetryAfterUnavailableMs = 1'000;
// A full queue is about a second's work; most of the room is there again after a few groups.
constexpr int kRetryAfterQueueFullMs = 200;

}  // namespace

absl::Status Unavailable(std::string_view reason, std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, message,
                   {.reason = std::string(reason), .retry_after_ms = kRetryAfterUnavailableMs});
}

CommandQueue::CommandQueue(const WriterOptions& options, const SteadyClock& clock)
    : options_(options),
      clock_(clock),
      lead_(Unavailable("LEDGER_UNAVAILABLE", "The aggregator is starting")) {}

void CommandQueue::Accept(CommandPtr command) {
  const absl::Status admitted = Enqueue(command);
  if (admitted.ok()) {
    wake_.NotifyAll();
  } else {
    command->Fail(admitted);
  }
}

bool CommandQueue::HasRoom() const {
  const MutexLock lock(mutex_);
  return !IsFull();
}

absl::Status CommandQueue::Lead() const {
  const MutexLock lock(mutex_);
  if (lead_.ok() && clock_.Now() - confirmed_at_ > options_.lead_trusted_max) {
    return Unavailable("LEDGER_UNAVAILABLE",
                       "Whether this aggregator is still the active one is not known");
  }
  return lead_;
}

void CommandQueue::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
}

void CommandQueue::SetLead(const absl::Status& lead, absl::Duration asked_at) {
  const MutexLock lock(mutex_);
  lead_ = lead;
  confirmed_at_ = asked_at;
}

void CommandQueue::Confirm(absl::Duration asked_at) {
  const MutexLock lock(mutex_);
  confirmed_at_ = asked_at;
}

std::deque<CommandPtr> CommandQueue::TakeAll() {
  const MutexLock lock(mutex_);
  return std::exchange(queue_, {});
}

std::size_t CommandQueue::reports() const {
  const MutexLock lock(mutex_);
  return reports_;
}

void CommandQueue::Leave(const Command& command) {
  const MutexLock lock(mutex_);
  reports_ -= command.weight;
  bytes_ -= command.bytes;
}

bool CommandQueue::Wait(absl::Duration duration, bool finished) {
  const absl::Duration until = clock_.Now() + duration;
  const MutexLock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) return false;
    if (stopping_ && finished) return true;
    const absl::Duration left = until - clock_.Now();
    if (left <= absl::ZeroDuration()) return false;
    wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
}

// Takes the command only if it is admitted.
absl::Status CommandQueue::Enqueue(CommandPtr& command) {
  const MutexLock lock(mutex_);
  absl::Status admitted = Admit(*command);
  if (admitted.ok()) queue_.push_back(std::move(command));
  return admitted;
}

absl::Status CommandQueue::Admit(const Command& command) {
  if (stopping_) return Unavailable("NOT_ACTIVE", "The aggregator is stopping");
  if (!lead_.ok()) return lead_;
  if (IsFull() && !std::holds_alternative<Submission>(command.what)) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat(reports_, " reports wait to be recorded already, of ",
                                  options_.queued_reports_max, " at most"),
                     {.reason = "QUEUE_FULL", .retry_after_ms = kRetryAfterQueueFullMs});
  }
  reports_ += command.weight;
  bytes_ += command.bytes;
  return absl::OkStatus();
}

bool CommandQueue::IsFull() const {
  return reports_ >= options_.queued_reports_max || bytes_ >= options_.queued_bytes_max;
}

}  // namespace canvass::aggregator
