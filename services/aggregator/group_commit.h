#ifndef CANVASS_SERVICES_AGGREGATOR_GROUP_COMMIT_H_
#define CANVASS_SERVICES_AGGREGATOR_GROUP_COMMIT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/command.h"
#include "services/aggregator/command_queue.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/report_group.h"
#include "services/aggregator/writer_options.h"

namespace canvass::aggregator {

// Turns commands into commits: takes either one decision or all reports that wait and do not touch
// the same station, checks them against what is committed, commits them together, folds them into
// the book, and answers. While one group of reports is appended, the next is gathered: of stations
// that the first does not touch, so that it need not know what becomes of it. A command whose
// commit failed stays, in doubt: done once more after the book has caught up, it finds itself
// recorded, or is recorded then. Not thread-safe.
class GroupCommit {
 public:
  GroupCommit(Ledger& ledger, Appender& appender, LedgerBook& book, CommandQueue& queue,
              const Clock& clock, const SteadyClock& steady_clock, const WriterOptions& options);

  bool empty() const { return work_.empty(); }
  // Whether the ledger is being appended to: nobody else may use it.
  bool appending() const { return appending_ != nullptr; }

  // Commits what comes first, of what it has and what waits in the queue. An error: the lead is
  // lost, and what was to be committed in doubt. REQUIRES: a book that has caught up.
  absl::Status CommitNext();
  // Asks the ledger whether the lead stands; an error: it does not. REQUIRES: !appending().
  absl::Status Heartbeat();
  // How often the ledger has confirmed the lead: by a commit, which not every command needs, or a
  // heartbeat.
  std::int64_t confirmations() const { return confirmations_; }
  // When it was last asked for what confirmed it, by the steady clock.
  absl::Duration confirmed_at() const { return confirmed_at_; }

  // Takes out the commands of which nothing is in doubt.
  std::deque<CommandPtr> RemoveUntouched();
  // Answers those that have been in doubt for too long, with COMMIT_UNKNOWN.
  void AnswerExpired() { AnswerInDoubt(steady_clock_.Now()); }
  // Answers all that are in doubt so.
  void AnswerInDoubt() { AnswerInDoubt(absl::InfiniteDuration()); }

 private:
  // What a decision or definition leads to, before it is committed.
  template <typename Outcome>
  struct Plan {
    Outcome outcome{};
    AppendGroup append{};
  };

  // Reports of a group that came with one command.
  struct Share {
    Command* command = nullptr;
    std::size_t reports = 0;
  };
  // A group on its way.
  struct Batch {
    explicit Batch(const Batch* before) : group(before == nullptr ? nullptr : &before->group) {}

    ReportGroup group;
    std::vector<Share> shares{};
    bool full = false;  // takes no more, whatever comes
    absl::Duration appended_at{};
  };

  void TakeQueued();
  absl::Status CommitReports();
  void Gather(Batch& batch);
  std::size_t RoomForNext() const;
  bool GatherFrom(Batch& batch, const LedgerBook::Contents& book, Command& command) const;
  void Start(std::unique_ptr<Batch>& batch);
  void HandOut(Batch& batch);
  void LoseAppend();
  void KeepInDoubt(Batch& batch) const;
  absl::Status CommitDecision(PendingDecision& decision);
  absl::StatusOr<Plan<DecisionOutcome>> PlanDecision(const DecisionRequest& request) const;
  absl::Status CommitDefinition(PendingDefinition& definition);
  bool IsDefined(const std::string& election_id) const;
  absl::StatusOr<Plan<DefinitionOutcome>> PlanDefinition(DefinitionRequest& request) const;
  absl::Status Commit(AppendGroup& append);
  void Confirm(absl::Duration asked_at);
  void MarkInDoubt(Command& command) const;
  void AnswerInDoubt(absl::Duration until);
  void FinishFront();
  absl::Time Now() const;

  Ledger& ledger_;
  Appender& appender_;
  LedgerBook& book_;
  CommandQueue& queue_;
  const Clock& clock_;
  const SteadyClock& steady_clock_;
  const WriterOptions options_;
  std::deque<CommandPtr> work_;       // in order; those in doubt come first
  std::unique_ptr<Batch> appending_;  // of the first commands
  std::size_t group_reports_max_;
  std::int64_t confirmations_ = 0;
  absl::Duration confirmed_at_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_GROUP_COMMIT_H_
