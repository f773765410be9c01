#include "services/aggregator/writer/patrol.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/telemetry/log.h"

namespace canvass::aggregator {
namespace {

// Time of work between two rests.
constexpr absl::Duration kWorkAtOnce = absl::Milliseconds(10);
// Time of rest for each unit of work.
constexpr double kRestUntilCompared = 1;
constexpr double kRestAfterwards = 49;
// A store that answers slowly is not worked with.
constexpr absl::Duration kRestMax = absl::Minutes(2);
// How often the same failure is told.
constexpr absl::Duration kTellAgain = absl::Minutes(5);

// Whether the store can be read later without anybody's doing.
bool IsPassing(const absl::Status& failure) {
  return absl::IsUnavailable(failure) || absl::IsCancelled(failure) || absl::IsAborted(failure) ||
         absl::IsResourceExhausted(failure) || absl::IsDeadlineExceeded(failure);
}

}  // namespace

Patrol::Patrol(LedgerStore& store, const CommittedLedgers& committed, const WriterOptions& options)
    : store_(store), committed_(committed), options_(options) {}

absl::Status Patrol::Begin() {
  {
    const MutexLock lock(mutex_);
    if (begun_) return absl::OkStatus();
  }
  if (committed_.entries() <= options_.compared_first_max) {
    absl::Status status = Round([this] { return Rest(absl::ZeroDuration()); });
    if (!status.ok()) return status;
  }
  const MutexLock lock(mutex_);
  begun_ = true;
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status Patrol::Finding() const {
  const MutexLock lock(mutex_);
  return finding_;
}

absl::Status Patrol::Round(const std::function<absl::Status()>& rest) {
  absl::Status status = committed_.Compare(store_, rest);
  if (status.ok() || HasReason(status, reason::kRowDiffers)) {
    Note(status, /*compared=*/status.ok());
    return absl::OkStatus();
  }
  if (HasReason(status, reason::kLedgerDiverged)) {
    Note(absl::OkStatus(), /*compared=*/false);
  } else if (IsPassing(status)) {
    Warn(status);
  } else {
    Note(MakeError(reason::kRowDiffers,
                   StrCat("The tables of the database cannot be compared with the ledger: ",
                          telemetry::Describe(status))),
         /*compared=*/false);
    return absl::OkStatus();
  }
  return status;
}

void Patrol::Note(const absl::Status& finding, bool compared) {
  const MutexLock lock(mutex_);
  finding_ = finding;
  if (!std::exchange(compared_, compared) && compared) {
    telemetry::LogInfo("all tables of the database say what the ledger says");
  }
}

void Patrol::Warn(const absl::Status& failure) {
  if (absl::IsCancelled(failure)) return;
  const absl::Duration now = SteadyNow();
  if (failure == told_ && now < told_at_ + kTellAgain) return;
  told_ = failure;
  told_at_ = now;
  telemetry::LogWarning(
      StrCat("the tables of the database cannot be compared with the ledger right now: ",
             telemetry::Describe(failure)));
}

void Patrol::Run() {
  if (!AwaitBegin()) return;
  do {
    const double rest = IsCompared() ? kRestAfterwards : kRestUntilCompared;
    absl::Duration resumed_at = SteadyNow();
    Round([this, rest, &resumed_at] {
      const absl::Duration worked = SteadyNow() - resumed_at;
      if (worked < kWorkAtOnce) return absl::OkStatus();
      absl::Status status = Rest(std::min(worked * rest, kRestMax));
      resumed_at = SteadyNow();
      return status;
    }).IgnoreError();
  } while (Rest(options_.patrol_pause).ok());
}

void Patrol::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

bool Patrol::AwaitBegin() {
  const MutexLock lock(mutex_);
  while (!begun_ && !stopping_) changed_.Wait(mutex_);
  return !stopping_;
}

absl::Status Patrol::Rest(absl::Duration duration) {
  const absl::Duration until = SteadyNow() + duration;
  const MutexLock lock(mutex_);
  for (absl::Duration left = duration; !stopping_ && left > absl::ZeroDuration();
       left = until - SteadyNow()) {
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return stopping_ ? absl::CancelledError("The patrol was stopped") : absl::OkStatus();
}

bool Patrol::IsCompared() const {
  const MutexLock lock(mutex_);
  return compared_;
}

}  // namespace canvass::aggregator
