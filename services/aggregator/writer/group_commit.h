#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_GROUP_COMMIT_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_GROUP_COMMIT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/appender.h"
#include "services/aggregator/writer/backlog.h"
#include "services/aggregator/writer/clock_guard.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/receipt_log.h"
#include "services/aggregator/writer/seals.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/write_request.h"
#include "services/aggregator/writer/writer_figures.h"
#include "services/aggregator/writer/writer_options.h"

namespace canvass::aggregator {

// Turns write requests into commits. Takes either one decision or definition, or all queued reports
// that do not touch the same station, contest and source, from each caller in turn. Checks them
// against the committed ledgers, commits them together, folds them in, and answers. While one group
// of reports is being appended, the next one is gathered. It leaves out what the first group
// touches, so its checks do not depend on the outcome of the first commit. Decisions and groups of
// reports take turns as well. Seals whose time has come are opened before everything else.
//
// A request whose commit failed is in doubt and stays. It is processed again after the committed
// ledgers have caught up, and then either finds its own entries or records them. Not thread-safe.
class GroupCommit {
 public:
  // All arguments except `options` must outlive this.
  GroupCommit(LedgerStore& store, Appender& appender, CommittedLedgers& committed,
              WriteQueue& queue, const Clock& clock, const SteadyClock& steady_clock,
              ClockGuard& clock_guard, const WriterOptions& options);

  bool empty() const { return backlog_.empty(); }
  // Whether an append is in progress. Nobody else may use the store then.
  bool appending() const { return appending_ != nullptr; }

  // Takes the queued requests and commits the first ones. A group of reports is appended in the
  // background, and a later call finishes it. An error means that the lead is lost; requests whose
  // transaction was sent are then in doubt. While the clock is implausible, nothing is appended,
  // and the error is CLOCK_IMPLAUSIBLE. REQUIRES: the committed ledgers have caught up.
  absl::Status CommitNext();
  // Finishes the append in progress, if there is one. Errors are those of CommitNext.
  absl::Status FinishAppend() {
    return appending_ == nullptr ? absl::OkStatus() : CommitReports(/*gathers=*/false);
  }
  // Time until a seal may be opened, which CommitNext then does; zero if one may be opened now.
  absl::Duration UntilOpening() const;
  // Asks the store whether this writer still leads. An error means that it does not. REQUIRES:
  // !appending().
  absl::Status Heartbeat();
  // How often the store has confirmed the lead, by a commit or a heartbeat. Not every request needs
  // a commit.
  std::int64_t confirmations() const { return confirmations_; }
  // When the store was asked for its last confirmation, by the steady clock.
  absl::Duration confirmed_at() const { return confirmed_at_; }

  // Any thread may read them.
  const WriterFigures& figures() const { return figures_; }

  // Removes and returns the requests that are not in doubt. Earlier groups may have committed some
  // of their reports.
  std::deque<WriteRequestPtr> RemoveUntouched();
  // Answers requests that have been in doubt for too long with COMMIT_UNKNOWN.
  void AnswerExpired() { AnswerInDoubt(steady_clock_.Now()); }
  // Answers all requests in doubt with COMMIT_UNKNOWN.
  void AnswerInDoubt() { AnswerInDoubt(absl::InfiniteDuration()); }

 private:
  // The outcome of a decision or definition, and the transaction to commit for it.
  template <typename Outcome>
  struct Plan {
    Outcome outcome{};
    Transaction transaction{};
  };

  void TakeQueued();
  absl::Status ReadClock();
  absl::Status CommitOpenings();
  absl::Status CommitReports(bool gathers);
  void Gather(GatheredGroup& next);
  std::size_t RoomForNext() const;
  void Start(std::unique_ptr<GatheredGroup>& next);
  void HandOut(GatheredGroup& gathered);
  void LoseAppend(const absl::Status& status);
  void KeepInDoubt(GatheredGroup& gathered) const;
  absl::Status CommitDecisions();
  absl::Status CommitDecision(WriteRequest& request, PendingDecision& decision);
  absl::StatusOr<Plan<DecisionOutcome>> PlanDecision(const ProposedDecision& proposed) const;
  absl::Status AddDecision(const CommittedLedgers::Contents& committed,
                           const ledger::ElectionLedger& ledger, const std::string& actor,
                           election::Event event, Plan<DecisionOutcome>& plan) const;
  absl::Status CommitDefinition(WriteRequest& request, PendingDefinition& definition);
  bool IsDefined(const std::string& election_id) const;
  absl::StatusOr<Plan<DefinitionOutcome>> PlanDefinition(ProposedDefinition& proposed) const;
  absl::Status Commit(Transaction& transaction);
  void Confirm(absl::Duration asked_at);
  void CountCommit(absl::Duration began_at);
  void MarkInDoubt(WriteRequest& request) const;
  void AnswerInDoubt(absl::Duration until);
  void Finish(const WriteRequest& request);

  LedgerStore& store_;
  Appender& appender_;
  CommittedLedgers& committed_;
  WriteQueue& queue_;
  const Clock& clock_;
  const SteadyClock& steady_clock_;
  ClockGuard& clock_guard_;
  const WriterOptions options_;
  Backlog backlog_;
  std::unique_ptr<GatheredGroup> appending_;
  absl::Time now_;                // of this step, in whole microseconds; plausible
  absl::Duration appended_at_;    // when the append in progress began
  bool decision_is_next_ = true;  // rather than a group of reports
  // When the clocks are compared again, after the store's was behind.
  absl::Duration opening_retry_at_;
  std::size_t openings_max_ = kOpeningsPerTransactionMax;  // fewer after a failure
  std::size_t group_reports_max_;
  std::int64_t confirmations_ = 0;
  absl::Duration confirmed_at_;
  WriterFigures figures_;
  ReceiptLog log_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_GROUP_COMMIT_H_
