#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_OPTIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "common/base/random_bytes.h"
#include "common/election/event.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// Options of the ledger's writer.
struct WriterOptions {
  // Reports in one group. A full group takes about 40 ms of COPY, so a report that arrives
  // meanwhile waits no longer than that.
  std::size_t group_reports_max = 4'000;
  // What the receipts and entries of a group hold. Usual reports have about 1 KB each; those with
  // many findings would keep the others waiting for longer.
  std::size_t group_bytes_max = 16U << 20U;
  // Reports that are accepted and not answered; any other request counts as one. About a second's
  // work and 150 MB.
  std::size_t queued_reports_max = 100'000;
  // Memory that they hold (HeldBytes). A definition is accepted if there is room for one byte more,
  // however large it is; while it waits, streams of reports are not read.
  std::size_t queued_bytes_max = 160U << 20U;
  // How long a request in doubt waits to be resolved.
  absl::Duration in_doubt_max = absl::Seconds(10);
  // Delay between attempts to reach the store. It doubles up to the maximum. A database that comes
  // back is found within a second, and one that is down is not flooded with attempts.
  absl::Duration retry_delay_min = absl::Milliseconds(50);
  absl::Duration retry_delay_max = absl::Seconds(1);
  // How often a standby tries for the lead and reads new entries. It takes a free lead within this
  // time, and then has no more left to read than was recorded meanwhile.
  absl::Duration follow_interval = absl::Milliseconds(200);
  // Entries that a start compares with the tables before anything is served: a tenth of a second. A
  // longer ledger is compared right after (see Patrol).
  std::int64_t compared_first_max = 20'000;
  // Pause between two rounds of the patrol.
  absl::Duration patrol_pause = absl::Seconds(5);
  // Interval of heartbeats while the leader commits nothing. Far below the time after which
  // standbys consider a silent leader frozen (PostgresLedgerStore::kLeaderSilenceMax).
  absl::Duration heartbeat_interval = absl::Seconds(1);
  // How long the leader trusts a confirmation of its lead and answers reads. A leader that was
  // frozen for longer may have been replaced.
  absl::Duration lead_trusted_max = absl::Seconds(5);
  // How far the clock may leap within the process's life (see ClockGuard).
  absl::Duration clock_leap_max = LedgerStore::kClockDifferenceMax;
  // How far the clock may be behind the last entry. New entries get that entry's time until it has
  // passed.
  absl::Duration clock_behind_max = LedgerStore::kClockDifferenceMax;
  // Makes the nonce of each seal. Nobody must be able to guess it.
  election::SealNonce (*new_nonce)() = RandomBytes<32>;
  // How long the leader waits before it compares the clocks again, if the store's clock says that a
  // seal may not be opened yet.
  absl::Duration opening_retry = absl::Seconds(1);
  // How long the leader does other work after the store has failed twice to take an opening.
  absl::Duration opening_pause = absl::Seconds(30);
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_OPTIONS_H_
