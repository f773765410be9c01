#include "services/aggregator/writer/clock_guard.h"

#include <string_view>

#include "common/base/error.h"
#include "common/base/microseconds.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::aggregator {
namespace {

absl::Status Implausible(absl::Time now, std::string_view why) {
  return MakeError(reason::kClockImplausible,
                   StrCat("This machine's clock says ", absl::FormatTime(now, absl::UTCTimeZone()),
                          ", but ", why, "; nothing is recorded until that is mended"));
}

}  // namespace

absl::StatusOr<absl::Time> ClockGuard::Now(absl::Time last_recorded) {
  const absl::Time now = InMicroseconds(clock_.Now());
  const absl::Duration steady_now = steady_clock_.Now();
  if (believed_.has_value()) {
    const absl::Time expected = *believed_ + (steady_now - believed_at_);
    if (absl::AbsDuration(now - expected) > leap_max_) {
      return Implausible(now,
                         StrCat("it should be ", absl::FormatTime(expected, absl::UTCTimeZone()),
                                " by the time that has passed (if the clock was rightly set "
                                "anew, restart this aggregator)"));
    }
    believed_ = now;
    believed_at_ = steady_now;
  }
  if (last_recorded - now > behind_max_) {
    return Implausible(now, StrCat("the last entry was recorded at ",
                                   absl::FormatTime(last_recorded, absl::UTCTimeZone()),
                                   " (if the clock was wrong then and is right now, restart with "
                                   "--accept_future_entries)"));
  }
  return now;
}

absl::Status ClockGuard::CompareWith(absl::Time stored) {
  const absl::Time now = clock_.Now();
  if (absl::AbsDuration(now - stored) <= kDifferenceMax) {
    if (!believed_.has_value()) {
      believed_ = now;
      believed_at_ = steady_clock_.Now();
    }
    return absl::OkStatus();
  }
  return Implausible(now,
                     StrCat("the database's says ", absl::FormatTime(stored, absl::UTCTimeZone())));
}

}  // namespace canvass::aggregator
