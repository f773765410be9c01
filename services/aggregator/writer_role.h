#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_ROLE_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_ROLE_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/command_queue.h"
#include "services/aggregator/group_commit.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/writer_options.h"

namespace canvass::aggregator {

// What one aggregator is among those of a database, and what it does as that. While another leads,
// it follows the ledger; when the lead is free it takes it, reads the little that is left, and
// writes what is in its queue; when a commit fails or the lead is lost, it answers what it has not
// touched and begins anew. What is in doubt then waits until the lead is taken again, and is
// answered COMMIT_UNKNOWN where another has taken it.
//
// Not thread-safe: whoever has it lets it take steps, one after the other. It never waits but for
// the ledger, and knows the time only from its clocks.
class WriterRole {
 public:
  // OK: leading and caught up; else why not. Called in a step, when that changes.
  using LeadCallback = std::function<void(const absl::Status&)>;

  // Owns none of them; nobody else may use `ledger` (but for `appender`, which appends to it) or
  // change `book`.
  WriterRole(Ledger& ledger, Appender& appender, LedgerBook& book, CommandQueue& queue,
             const Clock& clock, const SteadyClock& steady_clock, const WriterOptions& options,
             LeadCallback lead_changed);

  // Does what is next. The next step is due after the time that it returns, or when a command
  // waits in the queue.
  absl::Duration Step();

  // Whether commands were taken and not answered yet.
  bool has_work() const { return !commits_.empty(); }

 private:
  absl::Duration TryForLead();
  absl::Status CatchUp();
  absl::Duration RetryDelay() const;
  absl::Duration Serve();
  absl::Status ServeOnce();
  void LoseLead(const absl::Status& status);
  void SetLead(const absl::Status& status, absl::Duration asked_at);

  Ledger& ledger_;
  LedgerBook& book_;
  CommandQueue& queue_;
  const SteadyClock& steady_clock_;
  const WriterOptions options_;
  const LeadCallback lead_changed_;
  GroupCommit commits_;
  bool leading_ = false;
  absl::Duration heartbeat_due_;
  std::optional<absl::Status> told_;  // to lead_changed_, last
  int failures_ = 0;                  // since the ledger was last reached
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_ROLE_H_
