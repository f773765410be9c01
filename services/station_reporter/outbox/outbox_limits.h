#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_LIMITS_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace canvass::station_reporter {

struct OutboxLimits {
  // Limits on all queued reports: an hour of a large region's election night. A report takes about
  // 250 bytes of memory besides its bytes on disk.
  std::size_t reports_max = 200'000;
  std::size_t bytes_max = std::size_t{256} << 20U;
  // Limit per station: all its contests and sources, with some corrections. The list is searched
  // linearly.
  std::size_t station_reports_max = 1'000;
  // The parts of reports_max and bytes_max that one election leaves to the others, and that
  // elections which the aggregator does not have may fill together. A test or a loop that floods
  // one election leaves room for another one, and made-up elections cannot crowd out a real one.
  std::size_t others_part = 4;    // a quarter
  std::size_t unknown_part = 16;  // a sixteenth: 12 500 reports, for an election defined just now
  // Number of newest refusals that are kept for display. The aggregator has its own list.
  std::size_t refusals_max = 10'000;
  // Limits on reports in flight: enough to keep the aggregator busy, and few enough to leave room
  // in its queue for reports from elsewhere.
  std::size_t sending_reports_max = 4'000;
  std::size_t sending_bytes_max = std::size_t{8} << 20U;
  // A revision whose predecessor is missing may only be early: the predecessor may still be in
  // another reporter's outbox. The revision is sent again after gap_first_wait, which doubles each
  // time, until gap_patience ends.
  absl::Duration gap_first_wait = absl::Seconds(1);
  absl::Duration gap_patience = absl::Minutes(2);
  // Retry delay in errors of reports that were turned away.
  int retry_after_ms = 5'000;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_LIMITS_H_
