#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_OPTIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_OPTIONS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace canvass::aggregator {

// How the ledger is written, and by whom.
struct WriterOptions {
  // Some 40 ms of COPY: a report that comes while a full group commits waits no longer than that.
  std::size_t group_reports_max = 4'000;
  // Accepted and not yet answered; a decision counts as one. About a second's work and 100 MB. Each
  // stream may have a message above it.
  std::size_t queued_reports_max = 100'000;
  std::size_t queued_bytes_max = 256U << 20U;
  // How long a command whose commit is in doubt waits to be resolved.
  absl::Duration in_doubt_max = absl::Seconds(10);
  // Between attempts to reach the ledger: doubles up to the maximum, so that a database that comes
  // back is found within a second, and one that is away is not hammered.
  absl::Duration retry_delay_min = absl::Milliseconds(50);
  absl::Duration retry_delay_max = absl::Seconds(1);
  // While another aggregator leads: how often the lead is tried for and the ledger read. A lead
  // that is free is taken within this, with no more left to read than was recorded meanwhile.
  absl::Duration follow_interval = absl::Milliseconds(200);
  // Of the leader that has nothing to write. Far below the time after which standbys take a silent
  // leader for frozen (PostgresLedger).
  absl::Duration heartbeat_interval = absl::Seconds(1);
  // How long after the ledger last confirmed the lead it is believed, and readings are answered: a
  // leader that was frozen meanwhile may have been replaced.
  absl::Duration lead_trusted_max = absl::Seconds(5);
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_OPTIONS_H_
