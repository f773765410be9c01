#include "services/aggregator/writer/write_queue.h"

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/fair_share.h"
#include "common/base/reason.h"

namespace canvass::aggregator {
namespace {

constexpr int kRetryAfterUnavailableMs = 1'000;
// A full queue is about a second's work. After a few groups most of the room is free again.
constexpr int kRetryAfterQueueFullMs = 200;

}  // namespace

absl::Status Unavailable(const Reason& reason, std::string_view message) {
  return MakeError(reason, message, {.retry_after_ms = kRetryAfterUnavailableMs});
}

WriteQueue::WriteQueue(const WriterOptions& options, const SteadyClock& clock)
    : options_(options),
      clock_(clock),
      lead_(Unavailable(reason::kLedgerUnavailable, "The aggregator is starting")) {}

void WriteQueue::Accept(WriteRequestPtr request) {
  const absl::Status admitted = Enqueue(request);
  if (admitted.ok()) {
    wake_.NotifyAll();
  } else {
    request->Fail(admitted);
  }
}

bool WriteQueue::HasRoom(const std::string& caller) const {
  const MutexLock lock(mutex_);
  return !IsFull(ShareOf(caller));
}

absl::Status WriteQueue::Lead() const {
  const MutexLock lock(mutex_);
  if (lead_.ok() && clock_.Now() - confirmed_at_ > options_.lead_trusted_max) {
    return Unavailable(reason::kLedgerUnavailable,
                       "This aggregator does not know whether it is still the active one");
  }
  return lead_;
}

void WriteQueue::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
}

void WriteQueue::SetLead(const absl::Status& lead, absl::Duration asked_at) {
  const MutexLock lock(mutex_);
  lead_ = lead;
  confirmed_at_ = asked_at;
}

void WriteQueue::Confirm(absl::Duration asked_at) {
  const MutexLock lock(mutex_);
  confirmed_at_ = asked_at;
}

std::deque<WriteRequestPtr> WriteQueue::TakeAll() {
  const MutexLock lock(mutex_);
  return std::exchange(queue_, {});
}

WriteQueue::Size WriteQueue::size() const {
  const MutexLock lock(mutex_);
  return all_;
}

std::size_t WriteQueue::reports() const {
  const MutexLock lock(mutex_);
  return all_.reports;
}

void WriteQueue::Leave(const WriteRequest& request) {
  const MutexLock lock(mutex_);
  const auto own = shares_.find(request.stream.caller);
  assert(own != shares_.end());
  for (Share* const share : {&all_, &own->second}) {
    share->reports -= request.weight;
    share->bytes -= request.bytes;
  }
  if (own->second.reports == 0) shares_.erase(own);
}

bool WriteQueue::Wait(absl::Duration duration, bool finished) {
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

// Takes the request only if it is admitted.
absl::Status WriteQueue::Enqueue(WriteRequestPtr& request) {
  const MutexLock lock(mutex_);
  absl::Status admitted = Admit(*request);
  if (admitted.ok()) queue_.push_back(std::move(request));
  return admitted;
}

absl::Status WriteQueue::Admit(const WriteRequest& request) {
  if (stopping_) return Unavailable(reason::kNotActive, "The aggregator is stopping");
  if (!lead_.ok()) return lead_;
  if (!std::holds_alternative<PendingReports>(request.what)) {
    const Share own = ShareOf(request.stream.caller);
    if (IsFull(own)) return QueueFull(own);
  }
  for (Share* const share : {&all_, &shares_[request.stream.caller]}) {
    share->reports += request.weight;
    share->bytes += request.bytes;
  }
  return absl::OkStatus();
}

WriteQueue::Share WriteQueue::ShareOf(const std::string& caller) const {
  const auto own = shares_.find(caller);
  return own == shares_.end() ? Share() : own->second;
}

bool WriteQueue::IsFull(const Share& own) const {
  return !IsFairShare(own.reports, 1, all_.reports, options_.queued_reports_max) ||
         !IsFairShare(own.bytes, 1, all_.bytes, options_.queued_bytes_max);
}

absl::Status WriteQueue::QueueFull(const Share& own) const {
  return MakeError(
      reason::kQueueFull,
      absl::StrCat("The queue is full: ", all_.reports, " reports and decisions that hold ",
                   all_.bytes, " bytes of memory are waiting to be recorded, ", own.reports,
                   " of them with ", own.bytes, " bytes from this caller; the limits are ",
                   options_.queued_reports_max, " and ", options_.queued_bytes_max,
                   " bytes, and a caller may have as much as it leaves free"),
      {.metadata = {{"reports_queued", absl::StrCat(all_.reports)},
                    {"bytes_queued", absl::StrCat(all_.bytes)},
                    {"reports_queued_of_caller", absl::StrCat(own.reports)},
                    {"bytes_queued_of_caller", absl::StrCat(own.bytes)},
                    {"reports_max", absl::StrCat(options_.queued_reports_max)},
                    {"bytes_max", absl::StrCat(options_.queued_bytes_max)}},
       .retry_after_ms = kRetryAfterQueueFullMs});
}

}  // namespace canvass::aggregator
