#include "services/aggregator/group_commit.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/base/microseconds.h"
#include "common/election/definition_check.h"
#include "services/aggregator/definition_entries.h"
#include "services/aggregator/entry_builder.h"

namespace canvass::aggregator {
namespace {

absl::Status CommitUnknown() {
  return Unavailable(
      "COMMIT_UNKNOWN",
      "The ledger became unreachable during the commit, and whether it holds this is "
      "not known; sending it again is harmless");
}

// How many parts there are with `change` put in.
template <typename Part, typename Find>
std::size_t CountWith(std::size_t present, const std::vector<Part>& changed, Find find) {
  return present + static_cast<std::size_t>(std::count_if(
                       changed.begin(), changed.end(),
                       [&find](const Part& part) { return !find(part.id).has_value(); }));
}

DefinitionOutcome OutcomeOf(const BookedLedger* booked, const election::DefinitionChange& change) {
  if (booked == nullptr) {
    return {.stations = change.stations.size(),
            .areas = change.areas.size(),
            .parts_changed = change.Parts()};
  }
  const election::Definition& current = booked->count().definition();
  return {.sequence = booked->sequence(),
          .stations = CountWith(current.stations().size(), change.stations,
                                [&current](const auto& id) { return current.FindStation(id); }),
          .areas = CountWith(current.areas().size(), change.areas,
                             [&current](const auto& id) { return current.FindArea(id); }),
          .parts_changed = change.Parts()};
}

absl::StatusOr<election::DefinitionChange> CheckChange(const BookedLedger* booked,
                                                       election::DefinitionChange change) {
  if (booked == nullptr) {
    const election::Count nothing_counted;
    return election::CheckDefinitionChange(nullptr, nothing_counted, std::move(change));
  }
  return election::CheckDefinitionChange(&booked->count().definition(), booked->count(),
                                         std::move(change));
}

}  // namespace

GroupCommit::GroupCommit(Ledger& ledger, Appender& appender, LedgerBook& book, CommandQueue& queue,
                         const Clock& clock, const SteadyClock& steady_clock,
                         const WriterOptions& options)
    : ledger_(ledger),
      appender_(appender),
      book_(book),
      queue_(queue),
      clock_(clock),
      steady_clock_(steady_clock),
      options_(options),
      group_reports_max_(options.group_reports_max) {}

void GroupCommit::TakeQueued() {
  std::deque<CommandPtr> commands = queue_.TakeAll();
  std::move(commands.begin(), commands.end(), std::back_inserter(work_));
}

absl::Status GroupCommit::CommitNext() {
  TakeQueued();
  if (work_.empty()) return absl::OkStatus();
  auto& what = work_.front()->what;
  if (auto* decision = std::get_if<PendingDecision>(&what)) return CommitDecision(*decision);
  if (auto* definition = std::get_if<PendingDefinition>(&what)) {
    return CommitDefinition(*definition);
  }
  return CommitReports();
}

std::deque<CommandPtr> GroupCommit::RemoveUntouched() {
  const auto first = std::find_if(work_.begin(), work_.end(), [](const CommandPtr& command) {
    return !command->in_doubt_until.has_value();
  });
  std::deque<CommandPtr> untouched(std::make_move_iterator(first),
                                   std::make_move_iterator(work_.end()));
  work_.erase(first, work_.end());
  return untouched;
}

void GroupCommit::AnswerInDoubt(absl::Duration until) {
  while (!work_.empty() && work_.front()->in_doubt_until.has_value() &&
         *work_.front()->in_doubt_until <= until) {
    work_.front()->Fail(CommitUnknown());
    FinishFront();
  }
}

absl::Status GroupCommit::CommitReports() {
  auto next = std::make_unique<Batch>(appending_.get());
  Gather(*next);
  std::unique_ptr<Batch> committed;
  if (appending_ != nullptr) {
    absl::Status status = appender_.Finish();
    if (!status.ok()) {
      LoseAppend();
      return status;
    }
    Confirm(appending_->appended_at);
    group_reports_max_ = options_.group_reports_max;
    TakeQueued();
    Gather(*next);  // what came meanwhile
    committed = std::move(appending_);
  }
  Start(next);
  if (committed != nullptr) {
    book_.Fold(std::move(committed->group.append()));
    HandOut(*committed);
  }
  if (next != nullptr) HandOut(*next);
  return absl::OkStatus();
}

// Puts as many reports into the group as can join it.
void GroupCommit::Gather(Batch& batch) {
  batch.group.SetTime(Now());
  batch.group.Reserve(RoomForNext());
  book_.Reading([this, &batch](const LedgerBook::Contents& book) {
    for (const CommandPtr& command : work_) {
      if (batch.full) return;
      batch.full = !GatherFrom(batch, book, *command);
    }
  });
}

// How many reports the group after the one that is appended may have.
std::size_t GroupCommit::RoomForNext() const {
  const std::size_t appending = appending_ == nullptr ? 0 : appending_->group.receipts().size();
  const std::size_t unanswered = std::max(queue_.reports(), appending);
  return std::min(unanswered - appending, group_reports_max_);
}

// False if there is something that has to wait for the next group.
bool GroupCommit::GatherFrom(Batch& batch, const LedgerBook::Contents& book,
                             Command& command) const {
  auto* const submission = std::get_if<Submission>(&command.what);
  if (submission == nullptr) return false;
  const std::size_t first = submission->gathered;
  constexpr std::size_t kPrefetched = 8;
  bool room = true;
  while (room && submission->gathered < submission->reports.size()) {
    room = batch.group.receipts().size() < group_reports_max_ &&
           batch.group.Add(book, submission->reports[submission->gathered]);
    const std::size_t ahead = submission->gathered + kPrefetched;
    if (ahead < submission->reports.size()) {
      batch.group.Prefetch(book, submission->reports[ahead]);
    }
    if (room) ++submission->gathered;
  }
  const std::size_t reports = submission->gathered - first;
  if (reports > 0) batch.shares.push_back({.command = &command, .reports = reports});
  return room;
}

// Takes a group that has something to append.
void GroupCommit::Start(std::unique_ptr<Batch>& batch) {
  if (batch->group.append().empty()) return;
  appending_ = std::move(batch);
  appending_->appended_at = steady_clock_.Now();
  appender_.Start(appending_->group.append());
}

void GroupCommit::HandOut(Batch& batch) {
  auto next = batch.group.receipts().begin();
  for (const Share& share : batch.shares) {
    auto& submission = std::get<Submission>(share.command->what);
    for (std::size_t i = 0; i < share.reports; ++i, ++next) {
      submission.AddReceipt(std::move(*next));
    }
    if (submission.receipts.size() < submission.reports.size()) {
      if (submission.in_doubt.empty()) share.command->in_doubt_until.reset();
      return;
    }
    submission.done(std::move(submission.receipts));
    FinishFront();
  }
}

// Nobody knows what became of the append, and what was gathered behind it is not sent.
void GroupCommit::LoseAppend() {
  // Should it be one report that the ledger cannot take, the others do not go on failing with it.
  if (work_.front()->in_doubt_until.has_value()) {
    group_reports_max_ = std::max<std::size_t>(appending_->group.receipts().size() / 2, 1);
  }
  KeepInDoubt(*appending_);
  appending_.reset();
  for (const CommandPtr& command : work_) {
    auto* const submission = std::get_if<Submission>(&command->what);
    if (submission != nullptr) submission->gathered = submission->receipts.size();
  }
}

void GroupCommit::KeepInDoubt(Batch& batch) const {
  auto next = batch.group.receipts().begin();
  for (const Share& share : batch.shares) {
    auto& in_doubt = std::get<Submission>(share.command->what).in_doubt;
    in_doubt.resize(std::max(in_doubt.size(), share.reports));
    for (std::size_t i = 0; i < share.reports; ++i, ++next) in_doubt[i] = std::move(*next);
    MarkInDoubt(*share.command);
  }
}

absl::Status GroupCommit::CommitDecision(PendingDecision& decision) {
  absl::StatusOr<Plan<DecisionOutcome>> plan = PlanDecision(decision.request);
  if (plan.ok()) {
    absl::Status status = Commit(plan->append);
    if (!status.ok()) {
      MarkInDoubt(*work_.front());
      return status;
    }
    decision.done(plan->outcome);
  } else {
    decision.done(plan.status());
  }
  FinishFront();
  return absl::OkStatus();
}

absl::StatusOr<GroupCommit::Plan<DecisionOutcome>> GroupCommit::PlanDecision(
    const DecisionRequest& request) const {
  using Result = absl::StatusOr<Plan<DecisionOutcome>>;
  return book_.Reading([this, &request](const LedgerBook::Contents& book) -> Result {
    const absl::StatusOr<const BookedLedger*> booked = book.Get(request.election_id);
    if (!booked.ok()) return booked.status();
    absl::StatusOr<election::Decision> decision = request.check(**booked);
    if (!decision.ok()) return decision.status();
    Plan<DecisionOutcome> plan{.outcome = {.sequence = decision->standing_sequence}};
    if (decision->event.has_value()) {
      EntryBuilder builder(request.election_id, *booked, Now());
      plan.append.entries.push_back(builder.Next(request.actor, *std::move(decision->event)));
      plan.outcome.sequence = builder.last_sequence();
    }
    return plan;
  });
}

absl::Status GroupCommit::CommitDefinition(PendingDefinition& definition) {
  // A change is tried again as it came: in the checked one, what it clears reads like what it
  // leaves alone. A first definition, which may be a country's register, clears nothing and is not
  // copied.
  std::optional<election::DefinitionChange> as_it_came;
  if (IsDefined(definition.request.election_id)) as_it_came = definition.request.change;
  absl::StatusOr<Plan<DefinitionOutcome>> plan = PlanDefinition(definition.request);
  if (plan.ok()) {
    const std::size_t parts = plan->outcome.parts_changed;
    // Over a large register the check takes seconds: the others hear of this writer again.
    absl::Status status = plan->append.empty() ? absl::OkStatus() : Heartbeat();
    const bool is_sent = status.ok();
    if (is_sent) status = Commit(plan->append);
    if (!status.ok()) {
      definition.request.change = as_it_came.has_value()
                                      ? *std::move(as_it_came)
                                      : JoinDefinition(std::move(plan->append.entries));
      if (is_sent) {
        definition.in_doubt_parts = parts;
        MarkInDoubt(*work_.front());
      }
      return status;
    }
    // Nothing left to change after a commit in doubt: it was that commit that changed it.
    if (parts == 0) plan->outcome.parts_changed = definition.in_doubt_parts;
    definition.done(plan->outcome);
  } else {
    definition.done(plan.status());
  }
  FinishFront();
  return absl::OkStatus();
}

bool GroupCommit::IsDefined(const std::string& election_id) const {
  return book_.Reading([&election_id](const LedgerBook::Contents& book) {
    return book.Find(election_id) != nullptr;
  });
}

// Moves the change out of the request: a register of a million stations is not copied.
absl::StatusOr<GroupCommit::Plan<DefinitionOutcome>> GroupCommit::PlanDefinition(
    DefinitionRequest& request) const {
  using Result = absl::StatusOr<Plan<DefinitionOutcome>>;
  return book_.Reading([this, &request](const LedgerBook::Contents& book) -> Result {
    const BookedLedger* const booked = book.Find(request.election_id);
    absl::StatusOr<election::DefinitionChange> change =
        CheckChange(booked, std::move(request.change));
    if (!change.ok()) return change.status();
    Plan<DefinitionOutcome> plan{.outcome = OutcomeOf(booked, *change)};
    if (change->Parts() > 0 && !request.validate_only) {
      EntryBuilder builder(request.election_id, booked, Now());
      plan.append.entries = DefinitionEntries(builder, request.actor, *std::move(change));
      plan.outcome.sequence = builder.last_sequence();
    }
    return plan;
  });
}

// After an error, `append` is as it was.
absl::Status GroupCommit::Commit(AppendGroup& append) {
  if (append.empty()) return absl::OkStatus();
  const absl::Duration began_at = steady_clock_.Now();
  absl::Status status = ledger_.Append(append);
  if (!status.ok()) return status;
  Confirm(began_at);
  book_.Fold(std::move(append));
  return status;
}

absl::Status GroupCommit::Heartbeat() {
  const absl::Duration asked_at = steady_clock_.Now();
  absl::Status status = ledger_.Heartbeat();
  if (status.ok()) Confirm(asked_at);
  return status;
}

// Before the book changes: whoever hears of that asks whether the lead stands.
void GroupCommit::Confirm(absl::Duration asked_at) {
  ++confirmations_;
  confirmed_at_ = asked_at;
  queue_.Confirm(asked_at);
}

void GroupCommit::MarkInDoubt(Command& command) const {
  if (command.in_doubt_until.has_value()) return;
  command.in_doubt_until = steady_clock_.Now() + options_.in_doubt_max;
}

void GroupCommit::FinishFront() {
  queue_.Leave(*work_.front());
  work_.pop_front();
}

absl::Time GroupCommit::Now() const { return InMicroseconds(clock_.Now()); }

}  // namespace canvass::aggregator
