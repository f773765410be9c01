#ifndef CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_
#define CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/report_group.h"
#include "services/aggregator/submission.h"

namespace canvass::aggregator {

// An operator's decision about one election.
struct DecisionRequest {
  std::string election_id{};
  std::string actor{};
  // Whether it may be recorded, and as what. Called by the writer's thread; again where the commit
  // was in doubt.
  std::function<absl::StatusOr<election::Decision>(const BookedLedger&)> check{};
};

struct DecisionOutcome {
  std::int64_t sequence = 0;  // of its entry, or of the one that says the same
};

struct DefinitionRequest {
  std::string election_id{};
  std::string actor{};
  election::DefinitionChange change{};
  bool validate_only = false;
};

struct DefinitionOutcome {
  std::int64_t sequence = 0;  // last one of the election afterwards
  std::size_t stations = 0;   // that the election has then
  std::size_t areas = 0;
  std::size_t parts_changed = 0;
};

// The one thread that writes the ledger. Commands queue; the thread takes either one decision or
// all reports that wait and do not touch the same station, checks them against what is committed,
// commits them together, folds them into the book, and answers. While one group commits, the next
// one gathers.
//
// When a commit fails it is not known whether it happened. The thread then takes the lead anew,
// reads what it missed, and processes the same commands once more: what was committed finds itself
// recorded. Meanwhile everything else is answered UNAVAILABLE at once. The start is the same path.
//
// Thread-safe. Answers are given by the writer's thread, or before the call returns; they must not
// block. Every command is answered exactly once, at the latest by Stop.
class LedgerWriter {
 public:
  struct Options {
    // Some 40 ms of COPY: a report that comes while a full group commits waits no longer than that.
    std::size_t group_reports_max = 4'000;
    // Accepted and not yet answered; a decision counts as one. About a second's work and 100 MB.
    std::size_t queued_reports_max = 100'000;
    std::size_t queued_bytes_max = 256U << 20U;
    // How long a command whose commit is in doubt waits to be resolved.
    absl::Duration in_doubt_max = absl::Seconds(10);
    // Between attempts to take the lead: doubles up to the maximum, so that a database that comes
    // back is found within a second, and one that is away is not hammered.
    absl::Duration retry_delay_min = absl::Milliseconds(50);
    absl::Duration retry_delay_max = absl::Seconds(1);
    absl::Duration heartbeat_interval = absl::Seconds(1);
  };

  using ReceiptsCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<Receipt>>)>;
  using DecisionCallback = absl::AnyInvocable<void(absl::StatusOr<DecisionOutcome>)>;
  using DefinitionCallback = absl::AnyInvocable<void(absl::StatusOr<DefinitionOutcome>)>;
  // OK: leading and caught up; else why not. Called by the writer's thread when that changes.
  using LeadCallback = std::function<void(const absl::Status&)>;

  // The writer owns none of them; until Stop, nobody else may use `ledger` or change `book`.
  LedgerWriter(Ledger& ledger, LedgerBook& book, const Clock& clock, Options options,
               LeadCallback lead_changed);
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  void Start();
  // Accepts nothing more, finishes and answers what is queued, and ends the thread. Idempotent.
  void Stop();

  // OK while this aggregator leads and the book is current; else the error that callers get.
  absl::Status Lead() const;

  // One receipt for each report, in order, once all of them are durable. `bytes`: what they weigh.
  // Errors: RESOURCE_EXHAUSTED QUEUE_FULL; UNAVAILABLE LEDGER_UNAVAILABLE, NOT_ACTIVE (nothing was
  // recorded) or COMMIT_UNKNOWN (some may have been; sending them again is harmless).
  void Submit(std::vector<SubmittedReport> reports, std::size_t bytes, ReceiptsCallback done);
  // Further errors: NOT_FOUND ELECTION_UNKNOWN, and those of the check.
  void Decide(DecisionRequest request, DecisionCallback done);
  // Further errors: those of CheckDefinitionChange.
  void Define(DefinitionRequest request, DefinitionCallback done);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  struct Submission {
    std::vector<SubmittedReport> reports;
    ReceiptsCallback done;
    std::vector<Receipt> receipts{};  // of the first reports, which are committed
    std::deque<Receipt> in_doubt{};   // of the next ones, as a commit in doubt would have it

    void AddReceipt(Receipt receipt);
  };
  struct Decision {
    DecisionRequest request;
    DecisionCallback done;
  };
  struct Definition {
    DefinitionRequest request;
    DefinitionCallback done;
    std::size_t in_doubt_parts = 0;  // that a commit in doubt would have changed
  };
  struct Command {
    std::variant<Submission, Decision, Definition> what;
    std::size_t weight = 1;  // in reports
    std::size_t bytes = 0;
    std::optional<Deadline> in_doubt_until{};
  };
  using CommandPtr = std::unique_ptr<Command>;

  // What a decision or definition leads to, before it is committed.
  template <typename Outcome>
  struct Plan {
    Outcome outcome{};
    AppendGroup append{};
  };

  void Accept(CommandPtr command);
  absl::Status Enqueue(CommandPtr& command);
  absl::Status Admit(const Command& command) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const Command& command);

  void Run();
  bool TakeLead();
  bool WaitForAttempt();
  absl::Duration RetryDelay() const;
  void Serve();
  enum class Wake : std::uint8_t { kWork, kIdle, kStop };
  Wake WaitForWork();
  void LoseLead(const absl::Status& status);
  void SetLead(const absl::Status& status);
  void AnswerExpired();

  absl::Status ProcessNext();
  absl::Status ProcessReports();
  std::vector<std::size_t> Gather(ReportGroup& group);
  void HandOut(std::vector<Receipt> receipts, const std::vector<std::size_t>& taken);
  void KeepInDoubt(std::vector<Receipt> receipts, const std::vector<std::size_t>& taken);
  absl::Status ProcessDecision(Decision& decision);
  absl::StatusOr<Plan<DecisionOutcome>> PlanDecision(const DecisionRequest& request) const;
  absl::Status ProcessDefinition(Definition& definition);
  absl::StatusOr<Plan<DefinitionOutcome>> PlanDefinition(DefinitionRequest& request) const;
  absl::Status Commit(AppendGroup& append);
  void MarkInDoubt(Command& command) const;
  void FinishFront();
  void Fail(Command& command, const absl::Status& status);
  absl::Time Now() const;

  Ledger& ledger_;
  LedgerBook& book_;
  const Clock& clock_;
  const Options options_;
  const LeadCallback lead_changed_;

  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<CommandPtr> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t queued_reports_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status lead_ ABSL_GUARDED_BY(mutex_);  // as callers get it

  // The writer's thread alone.
  std::deque<CommandPtr> work_;       // taken from the queue, in order; those in doubt come first
  std::optional<absl::Status> told_;  // to lead_changed_, last
  std::size_t group_reports_max_;
  int failures_ = 0;  // since the last commit or heartbeat

  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_
