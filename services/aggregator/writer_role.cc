#include "services/aggregator/writer_role.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>

#include "common/base/error.h"

namespace canvass::aggregator {
namespace {

bool IsStandby(const absl::Status& status) { return DetailOf(status).reason == "NOT_ACTIVE"; }

// What callers are told of `cause`: no more of the database than that it is away.
absl::Status ErrorForCallers(const absl::Status& cause) {
  if (cause.ok()) return cause;
  if (IsStandby(cause)) return Unavailable("NOT_ACTIVE", "Another aggregator is the active one");
  return Unavailable("LEDGER_UNAVAILABLE", "The ledger cannot be written at this moment");
}

}  // namespace

WriterRole::WriterRole(Ledger& ledger, Appender& appender, LedgerBook& book, CommandQueue& queue,
                       const Clock& clock, const SteadyClock& steady_clock,
                       const WriterOptions& options, LeadCallback lead_changed)
    : ledger_(ledger),
      book_(book),
      queue_(queue),
      steady_clock_(steady_clock),
      options_(options),
      lead_changed_(std::move(lead_changed)),
      commits_(ledger, appender, book, queue, clock, steady_clock, options) {}

absl::Duration WriterRole::Step() { return leading_ ? Serve() : TryForLead(); }

absl::Duration WriterRole::TryForLead() {
  commits_.AnswerExpired();
  const absl::Duration asked_at = steady_clock_.Now();
  const absl::Status status = CatchUp();
  leading_ = status.ok();
  heartbeat_due_ = asked_at + options_.heartbeat_interval;
  SetLead(status, asked_at);
  if (leading_) return absl::ZeroDuration();
  if (IsStandby(status)) {
    commits_.AnswerInDoubt();  // sent again, it finds the one that leads
    failures_ = 1;
    return options_.follow_interval;
  }
  ++failures_;
  return RetryDelay();
}

// OK with the lead and all that is committed; NOT_ACTIVE with all of it, but without the lead.
absl::Status WriterRole::CatchUp() {
  absl::Status lead = ledger_.TakeLead();
  if (lead.ok()) {
    absl::Status caught_up = book_.CatchUp(ledger_);
    // A standby may be able to. Not where the ledger has lost what was acknowledged: it is for
    // somebody to decide that it goes on like this.
    if (!caught_up.ok() && DetailOf(caught_up).reason != "LEDGER_DIVERGED") ledger_.Resign();
    return caught_up;
  }
  if (!IsStandby(lead)) return lead;
  absl::Status followed = book_.Follow(ledger_);
  return followed.ok() ? lead : followed;
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
  return std::max(heartbeat_due_ - steady_clock_.Now(), absl::ZeroDuration());
}

// A heartbeat may be due although there is always something to do: what needs no commit, such as
// reports that are recorded already, says nothing of the lead.
absl::Status WriterRole::ServeOnce() {
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
  SetLead(status, steady_clock_.Now());
  std::deque<CommandPtr> untouched = commits_.RemoveUntouched();
  std::deque<CommandPtr> queued = queue_.TakeAll();
  std::move(queued.begin(), queued.end(), std::back_inserter(untouched));
  for (const CommandPtr& command : untouched) {
    queue_.Leave(*command);
    command->Fail(ErrorForCallers(status));
  }
}

void WriterRole::SetLead(const absl::Status& status, absl::Duration asked_at) {
  queue_.SetLead(ErrorForCallers(status), asked_at);
  if (told_ == status) return;
  told_ = status;
  lead_changed_(status);
}

}  // namespace canvass::aggregator
