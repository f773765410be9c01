#include "services/aggregator/writer/writer_role.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::aggregator {
namespace {

bool IsStandby(const absl::Status& status) { return HasReason(status, reason::kNotActive); }

// The error that callers get for `cause`. It only tells them that the database is unavailable.
absl::Status ErrorForCallers(const absl::Status& cause) {
  if (cause.ok()) return cause;
  if (IsStandby(cause)) {
    return Unavailable(reason::kNotActive, "Another aggregator is active");
  }
  if (HasReason(cause, reason::kClockImplausible)) {
    return Unavailable(reason::kClockImplausible,
                       "The clock of the aggregator's machine is implausible; nothing is recorded "
                       "until that is mended");
  }
  if (HasReason(cause, reason::kLedgerTampered)) {
    return Unavailable(reason::kLedgerTampered,
                       "The database does not hold what the aggregator has committed; nothing is "
                       "recorded until an operator has looked at it and restarted the aggregator");
  }
  if (HasReason(cause, reason::kLedgerBehind)) {
    return Unavailable(reason::kLedgerBehind,
                       StrCat(cause.message(),
                              "; nothing is recorded until an operator has brought back what is "
                              "missing, or given the ledger a new id, and restarted the "
                              "aggregator"));
  }
  if (HasReason(cause, reason::kRowDiffers)) {
    return Unavailable(reason::kLedgerTampered,
                       "The tables of the database do not say what the ledger says; nothing is "
                       "recorded until an operator has mended them");
  }
  return Unavailable(reason::kLedgerUnavailable, "The ledger cannot be written right now");
}

}  // namespace

WriterRole::WriterRole(LedgerStore& store, Appender& appender, CommittedLedgers& committed,
                       Patrol& patrol, WriteQueue& queue, const Clock& clock,
                       const SteadyClock& steady_clock, const WriterOptions& options,
                       LeadCallback lead_changed)
    : store_(store),
      committed_(committed),
      patrol_(patrol),
      queue_(queue),
      steady_clock_(steady_clock),
      options_(options),
      lead_changed_(std::move(lead_changed)),
      clock_guard_(clock, steady_clock, options.clock_leap_max, options.clock_behind_max),
      commits_(store, appender, committed, queue, clock, steady_clock, clock_guard_, options) {}

void WriterRole::NoteBehind(absl::Status behind) {
  const MutexLock lock(mutex_);
  behind_ = std::move(behind);
}

absl::Status WriterRole::Behind() const {
  const MutexLock lock(mutex_);
  return behind_;
}

absl::Duration WriterRole::Step() {
  if (leading_) return Serve();
  if (!tampered_.ok()) return HoldLead(tampered_);
  const absl::Status finding = holding_ ? patrol_.Finding() : absl::OkStatus();
  return finding.ok() ? TryForLead() : HoldLead(finding);
}

absl::Duration WriterRole::HoldLead(const absl::Status& tampered) {
  SetLead(tampered, steady_clock_.Now());
  commits_.AnswerInDoubt();
  const absl::Status alive = store_.Heartbeat();
  if (HasReason(alive, reason::kLedgerTampered)) {
    tampered_ = alive;
  } else if (!alive.ok() && !tampered_.ok()) {
    store_.TakeLead().IgnoreError();
  }
  holding_ = alive.ok();
  return options_.heartbeat_interval;
}

absl::Duration WriterRole::TryForLead() {
  commits_.AnswerExpired();
  const absl::Duration asked_at = steady_clock_.Now();
  const absl::Status status = CatchUp();
  leading_ = status.ok();
  heartbeat_due_ = asked_at + options_.heartbeat_interval;
  SetLead(status, asked_at);
  if (leading_) return absl::ZeroDuration();
  if (IsStandby(status)) {
    commits_.AnswerInDoubt();  // a retry finds the aggregator that leads
    failures_ = 1;
    return options_.follow_interval;
  }
  ++failures_;
  return RetryDelay();
}

// Returns OK with the lead and everything that is committed. Returns NOT_ACTIVE with everything,
// but without the lead.
absl::Status WriterRole::CatchUp() {
  holding_ = false;
  absl::Status lead = store_.TakeLead();
  if (lead.ok()) {
    absl::Status caught_up = committed_.CatchUp(store_);
    if (caught_up.ok()) caught_up = AskPatrol();
    if (caught_up.ok()) caught_up = CompareClocks();
    // A standby may succeed, so the lead is given up. But if the database was changed or has lost
    // acknowledged entries, an operator must decide whether to go on.
    holding_ = HasReason(caught_up, reason::kRowDiffers);
    if (!caught_up.ok() && !holding_ && !HasReason(caught_up, reason::kLedgerDiverged)) {
      store_.Resign();
    }
    return caught_up;
  }
  if (!IsStandby(lead)) return lead;
  absl::Status followed = committed_.Follow(store_);
  if (followed.ok()) followed = AskPatrol();
  return followed.ok() ? lead : followed;
}

absl::Status WriterRole::AskPatrol() {
  const absl::Status status = patrol_.Begin();
  return status.ok() ? patrol_.Finding() : status;
}

absl::Status WriterRole::CompareClocks() {
  const absl::StatusOr<absl::Time> stored = store_.Now();
  if (!stored.ok()) return stored.status();
  const absl::Status agreed = clock_guard_.CompareWith(*stored);
  return agreed.ok() ? clock_guard_.Now(committed_.LastRecorded()).status() : agreed;
}

absl::Duration WriterRole::RetryDelay() const {
  if (failures_ <= 1) return absl::ZeroDuration();
  constexpr int kDoublingsMax = 20;  // far above any sensible maximum, far below overflow
  const int doublings = std::min(failures_ - 2, kDoublingsMax);
  return std::min(options_.retry_delay_min * (1 << doublings), options_.retry_delay_max);
}

absl::Duration WriterRole::Serve() {
  const absl::Status status = ServeOnce();
  if (!status.ok()) {
    LoseLead(status);
    return absl::ZeroDuration();
  }
  if (!commits_.empty()) return absl::ZeroDuration();
  const absl::Duration until_heartbeat = heartbeat_due_ - steady_clock_.Now();
  return std::max(std::min(until_heartbeat, commits_.UntilOpening()), absl::ZeroDuration());
}

// A heartbeat may be due even if there is always work, because requests that need no commit, such
// as repeated reports, do not confirm the lead.
absl::Status WriterRole::ServeOnce() {
  absl::Status finding = Behind();
  if (finding.ok()) finding = patrol_.Finding();
  if (!finding.ok()) {
    const absl::Status finished = commits_.FinishAppend();
    return finished.ok() ? finding : finished;
  }
  const bool asks = steady_clock_.Now() >= heartbeat_due_ && !commits_.appending();
  const std::int64_t before = commits_.confirmations();
  absl::Status status = asks ? commits_.Heartbeat() : commits_.CommitNext();
  if (status.ok() && commits_.confirmations() > before) {
    failures_ = 0;
    heartbeat_due_ = commits_.confirmed_at() + options_.heartbeat_interval;
  }
  return status;
}

void WriterRole::LoseLead(const absl::Status& status) {
  ++failures_;
  leading_ = false;
  if (HasReason(status, reason::kLedgerTampered) || HasReason(status, reason::kLedgerBehind)) {
    tampered_ = status;
  }
  holding_ = HasReason(status, reason::kRowDiffers);
  SetLead(status, steady_clock_.Now());
  std::deque<WriteRequestPtr> untouched = commits_.RemoveUntouched();
  std::deque<WriteRequestPtr> queued = queue_.TakeAll();
  std::move(queued.begin(), queued.end(), std::back_inserter(untouched));
  for (const WriteRequestPtr& request : untouched) {
    queue_.Leave(*request);
    request->Fail(ErrorForCallers(status));
  }
}

void WriterRole::SetLead(const absl::Status& status, absl::Duration asked_at) {
  queue_.SetLead(ErrorForCallers(status), asked_at);
  if (told_ == status) return;
  told_ = status;
  lead_changed_(status);
}

}  // namespace canvass::aggregator
