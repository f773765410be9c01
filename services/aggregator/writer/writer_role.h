#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_ROLE_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_ROLE_H_

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/appender.h"
#include "services/aggregator/writer/clock_guard.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/group_commit.h"
#include "services/aggregator/writer/patrol.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/writer_options.h"

namespace canvass::aggregator {

// The role of one aggregator among those of a database. While another one leads, it follows the
// ledger. When the lead is free, it takes the lead, reads the rest of the ledger, and writes what
// is queued. If a commit fails or the lead is lost, it fails the requests that are not in doubt and
// starts again. Requests in doubt wait until it leads again, for a limited time. If another
// aggregator has taken the lead, they are answered COMMIT_UNKNOWN. It leads only while this
// machine's clock is plausible (see ClockGuard), and otherwise leaves the lead to others. Once the
// store does not hold what was committed, it keeps the lead and serves nothing any more. If it is
// the patrol that finds so, this lasts as long as the patrol finds it; meanwhile a standby follows,
// and does not serve once it has the lead. It does the same, until the process ends, once it is
// told that the store is older than what somebody has seen (NoteBehind).
//
// Not thread-safe, except where a function says so: the owner calls Step again and again. A step
// blocks only on the store, and knows the time only from the given clocks.
class WriterRole {
 public:
  // Called within a step when the status changes. OK means that this aggregator leads and has
  // caught up. Otherwise the status says why it does not.
  using LeadCallback = std::function<void(const absl::Status&)>;

  // All arguments except `options` and `lead_changed` must outlive this. Nobody else may modify
  // `committed`, or use `store` except through `appender` and `patrol`.
  WriterRole(LedgerStore& store, Appender& appender, CommittedLedgers& committed, Patrol& patrol,
             WriteQueue& queue, const Clock& clock, const SteadyClock& steady_clock,
             const WriterOptions& options, LeadCallback lead_changed);

  // Does the next step. Returns the time until the step after it is due. A request in the queue
  // makes it due at once.
  absl::Duration Step();

  // Whether requests have been taken from the queue and not answered.
  bool has_work() const { return !commits_.empty(); }

  // See LedgerWriter::NoteBehind. Any thread may call it.
  void NoteBehind(absl::Status behind);

  // Any thread may read them.
  const WriterFigures& figures() const { return commits_.figures(); }

 private:
  // Serves nothing for that reason, and keeps the lead from a standby, which may not know what was
  // committed.
  absl::Duration HoldLead(const absl::Status& tampered);
  absl::Status Behind() const;
  absl::Duration TryForLead();
  absl::Status CatchUp();
  absl::Status AskPatrol();
  absl::Status CompareClocks();
  absl::Duration RetryDelay() const;
  absl::Duration Serve();
  absl::Status ServeOnce();
  void LoseLead(const absl::Status& status);
  void SetLead(const absl::Status& status, absl::Duration asked_at);

  LedgerStore& store_;
  CommittedLedgers& committed_;
  Patrol& patrol_;
  WriteQueue& queue_;
  const SteadyClock& steady_clock_;
  const WriterOptions options_;
  const LeadCallback lead_changed_;
  ClockGuard clock_guard_;
  GroupCommit commits_;
  bool leading_ = false;
  bool holding_ = false;  // the lead, because of what the patrol found
  // LEDGER_TAMPERED, once the store said so, or LEDGER_BEHIND; until the process ends.
  absl::Status tampered_;
  absl::Duration heartbeat_due_;
  std::optional<absl::Status> told_;  // last status that lead_changed_ got
  int failures_ = 0;                  // since the store was last reached
  mutable Mutex mutex_;
  absl::Status behind_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_WRITER_ROLE_H_
