#include "services/aggregator/writer/group_commit.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/base/microseconds.h"
#include "common/base/reason.h"
#include "common/election/definition_check.h"
#include "services/aggregator/writer/definition_entries.h"
#include "services/aggregator/writer/entry_builder.h"

namespace canvass::aggregator {
namespace {

absl::Status CommitUnknown() {
  return Unavailable(
      reason::kCommitUnknown,
      "The ledger became unreachable during the commit, and it is not known whether the request "
      "was recorded; it is safe to send it again");
}

// Number of parts after `changed` is applied to `present` parts.
template <typename Part, typename Find>
std::size_t CountWith(std::size_t present, const std::vector<Part>& changed, Find find) {
  return present + static_cast<std::size_t>(std::count_if(
                       changed.begin(), changed.end(),
                       [&find](const Part& part) { return !find(part.id).has_value(); }));
}

DefinitionOutcome OutcomeOf(const ledger::ElectionLedger* ledger,
                            const election::DefinitionChange& change) {
  if (ledger == nullptr) {
    return {.stations = change.stations.size(),
            .areas = change.areas.size(),
            .parts_changed = change.Parts()};
  }
  const election::Definition& current = ledger->count().definition();
  return {.sequence = ledger->sequence(),
          .stations = CountWith(current.stations().size(), change.stations,
                                [&current](const auto& id) { return current.FindStation(id); }),
          .areas = CountWith(current.areas().size(), change.areas,
                             [&current](const auto& id) { return current.FindArea(id); }),
          .parts_changed = change.Parts()};
}

absl::StatusOr<election::DefinitionChange> CheckChange(const ledger::ElectionLedger* ledger,
                                                       election::DefinitionChange change) {
  if (ledger == nullptr) {
    const election::Count nothing_counted;
    return election::CheckDefinitionChange(nullptr, nothing_counted, std::move(change));
  }
  return election::CheckDefinitionChange(&ledger->count().definition(), ledger->count(),
                                         std::move(change));
}

}  // namespace

GroupCommit::GroupCommit(LedgerStore& store, Appender& appender, CommittedLedgers& committed,
                         WriteQueue& queue, const Clock& clock, const SteadyClock& steady_clock,
                         const WriterOptions& options)
    : store_(store),
      appender_(appender),
      committed_(committed),
      queue_(queue),
      clock_(clock),
      steady_clock_(steady_clock),
      options_(options),
      group_reports_max_(options.group_reports_max) {}

void GroupCommit::TakeQueued() {
  std::deque<WriteRequestPtr> requests = queue_.TakeAll();
  std::move(requests.begin(), requests.end(), std::back_inserter(work_));
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

std::deque<WriteRequestPtr> GroupCommit::RemoveUntouched() {
  const auto first = std::find_if(work_.begin(), work_.end(), [](const WriteRequestPtr& request) {
    return !request->in_doubt_until.has_value();
  });
  std::deque<WriteRequestPtr> untouched(std::make_move_iterator(first),
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
  auto next = std::make_unique<GroupInFlight>(appending_.get());
  Gather(*next);
  std::unique_ptr<GroupInFlight> committed;
  if (appending_ != nullptr) {
    absl::Status status = appender_.Finish();
    if (!status.ok()) {
      LoseAppend();
      return status;
    }
    Confirm(appending_->appended_at);
    group_reports_max_ = options_.group_reports_max;
    TakeQueued();
    Gather(*next);  // requests that arrived during the append
    committed = std::move(appending_);
  }
  Start(next);
  if (committed != nullptr) {
    committed_.Fold(std::move(committed->group.transaction()));
    HandOut(*committed);
  }
  if (next != nullptr) HandOut(*next);
  return absl::OkStatus();
}

// Adds as many reports as can join the group.
void GroupCommit::Gather(GroupInFlight& in_flight) {
  in_flight.group.SetTime(Now());
  in_flight.group.Reserve(RoomForNext());
  committed_.Reading([this, &in_flight](const CommittedLedgers::Contents& committed) {
    for (const WriteRequestPtr& request : work_) {
      if (in_flight.full) return;
      in_flight.full = !GatherFrom(in_flight, committed, *request);
    }
  });
}

// Limit on the reports in the group after the one that is being appended.
std::size_t GroupCommit::RoomForNext() const {
  const std::size_t appending = appending_ == nullptr ? 0 : appending_->group.receipts().size();
  const std::size_t unanswered = std::max(queue_.reports(), appending);
  return std::min(unanswered - appending, group_reports_max_);
}

// Returns false if the request, or one of its reports, must wait for the next group.
bool GroupCommit::GatherFrom(GroupInFlight& in_flight, const CommittedLedgers::Contents& committed,
                             WriteRequest& request) const {
  auto* const pending = std::get_if<PendingReports>(&request.what);
  if (pending == nullptr) return false;
  const std::size_t first = pending->gathered;
  constexpr std::size_t kPrefetched = 8;
  bool room = true;
  while (room && pending->gathered < pending->reports.size()) {
    room = in_flight.group.receipts().size() < group_reports_max_ &&
           in_flight.group.Add(committed, pending->reports[pending->gathered]);
    const std::size_t ahead = pending->gathered + kPrefetched;
    if (ahead < pending->reports.size()) {
      in_flight.group.Prefetch(committed, pending->reports[ahead]);
    }
    if (room) ++pending->gathered;
  }
  const std::size_t reports = pending->gathered - first;
  if (reports > 0) in_flight.slices.push_back({.request = &request, .reports = reports});
  return room;
}

// Starts to append the group and takes ownership of it. Does nothing if nothing is to be appended.
void GroupCommit::Start(std::unique_ptr<GroupInFlight>& in_flight) {
  if (in_flight->group.transaction().empty()) return;
  appending_ = std::move(in_flight);
  appending_->appended_at = steady_clock_.Now();
  appender_.Start(appending_->group.transaction());
}

void GroupCommit::HandOut(GroupInFlight& in_flight) {
  auto next = in_flight.group.receipts().begin();
  for (const Slice& slice : in_flight.slices) {
    auto& pending = std::get<PendingReports>(slice.request->what);
    for (std::size_t i = 0; i < slice.reports; ++i, ++next) {
      pending.AddReceipt(std::move(*next));
    }
    if (pending.receipts.size() < pending.reports.size()) {
      if (pending.in_doubt.empty()) slice.request->in_doubt_until.reset();
      return;
    }
    pending.done(std::move(pending.receipts));
    FinishFront();
  }
}

// The outcome of the append is unknown, and the group that was gathered behind it is not sent.
void GroupCommit::LoseAppend() {
  // The first request has failed before. If the store cannot take one of the reports, smaller
  // groups let the others pass.
  if (work_.front()->in_doubt_until.has_value()) {
    group_reports_max_ = std::max<std::size_t>(appending_->group.receipts().size() / 2, 1);
  }
  KeepInDoubt(*appending_);
  appending_.reset();
  for (const WriteRequestPtr& request : work_) {
    auto* const pending = std::get_if<PendingReports>(&request->what);
    if (pending != nullptr) pending->gathered = pending->receipts.size();
  }
}

void GroupCommit::KeepInDoubt(GroupInFlight& in_flight) const {
  auto next = in_flight.group.receipts().begin();
  for (const Slice& slice : in_flight.slices) {
    auto& in_doubt = std::get<PendingReports>(slice.request->what).in_doubt;
    in_doubt.resize(std::max(in_doubt.size(), slice.reports));
    for (std::size_t i = 0; i < slice.reports; ++i, ++next) in_doubt[i] = std::move(*next);
    MarkInDoubt(*slice.request);
  }
}

absl::Status GroupCommit::CommitDecision(PendingDecision& decision) {
  absl::StatusOr<Plan<DecisionOutcome>> plan = PlanDecision(decision.proposed);
  if (plan.ok()) {
    absl::Status status = Commit(plan->transaction);
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
    const ProposedDecision& proposed) const {
  using Result = absl::StatusOr<Plan<DecisionOutcome>>;
  return committed_.Reading([this,
                             &proposed](const CommittedLedgers::Contents& committed) -> Result {
    const absl::StatusOr<const ledger::ElectionLedger*> ledger =
        committed.Get(proposed.election_id);
    if (!ledger.ok()) return ledger.status();
    absl::StatusOr<election::Decision> decision = proposed.check(**ledger);
    if (!decision.ok()) return decision.status();
    Plan<DecisionOutcome> plan{.outcome = {.sequence = decision->standing_sequence}};
    if (decision->event.has_value()) {
      EntryBuilder builder(proposed.election_id, *ledger, Now());
      plan.transaction.entries.push_back(builder.Next(proposed.actor, *std::move(decision->event)));
      plan.outcome.sequence = builder.last_sequence();
    }
    return plan;
  });
}

absl::Status GroupCommit::CommitDefinition(PendingDefinition& definition) {
  // A retry needs the change as it was submitted: in the checked change, a field that is cleared
  // looks like one that is left alone. A first definition clears nothing and is not copied, because
  // it may be the register of a country.
  std::optional<election::DefinitionChange> as_it_came;
  if (IsDefined(definition.proposed.election_id)) as_it_came = definition.proposed.change;
  absl::StatusOr<Plan<DefinitionOutcome>> plan = PlanDefinition(definition.proposed);
  if (plan.ok()) {
    const std::size_t parts = plan->outcome.parts_changed;
    // Checking a large register takes seconds. The heartbeat shows the standbys that this writer is
    // alive.
    absl::Status status = plan->transaction.empty() ? absl::OkStatus() : Heartbeat();
    const bool is_sent = status.ok();
    if (is_sent) status = Commit(plan->transaction);
    if (!status.ok()) {
      definition.proposed.change = as_it_came.has_value()
                                       ? *std::move(as_it_came)
                                       : JoinDefinition(std::move(plan->transaction.entries));
      if (is_sent) {
        definition.in_doubt_parts = parts;
        MarkInDoubt(*work_.front());
      }
      return status;
    }
    // If nothing is left to change after a commit in doubt, that commit made the change.
    if (parts == 0) plan->outcome.parts_changed = definition.in_doubt_parts;
    definition.done(plan->outcome);
  } else {
    definition.done(plan.status());
  }
  FinishFront();
  return absl::OkStatus();
}

bool GroupCommit::IsDefined(const std::string& election_id) const {
  return committed_.Reading([&election_id](const CommittedLedgers::Contents& committed) {
    return committed.Find(election_id) != nullptr;
  });
}

// Moves the change out of the request, because a register of a million stations is too large to
// copy.
absl::StatusOr<GroupCommit::Plan<DefinitionOutcome>> GroupCommit::PlanDefinition(
    ProposedDefinition& proposed) const {
  using Result = absl::StatusOr<Plan<DefinitionOutcome>>;
  return committed_.Reading(
      [this, &proposed](const CommittedLedgers::Contents& committed) -> Result {
        const ledger::ElectionLedger* const ledger = committed.Find(proposed.election_id);
        absl::StatusOr<election::DefinitionChange> change =
            CheckChange(ledger, std::move(proposed.change));
        if (!change.ok()) return change.status();
        Plan<DefinitionOutcome> plan{.outcome = OutcomeOf(ledger, *change)};
        if (change->Parts() > 0 && !proposed.validate_only) {
          EntryBuilder builder(proposed.election_id, ledger, Now());
          plan.transaction.entries = DefinitionEntries(builder, proposed.actor, *std::move(change));
          plan.outcome.sequence = builder.last_sequence();
        }
        return plan;
      });
}

// `transaction` is unchanged after an error.
absl::Status GroupCommit::Commit(Transaction& transaction) {
  if (transaction.empty()) return absl::OkStatus();
  const absl::Duration began_at = steady_clock_.Now();
  absl::Status status = store_.Append(transaction);
  if (!status.ok()) return status;
  Confirm(began_at);
  committed_.Fold(std::move(transaction));
  return status;
}

absl::Status GroupCommit::Heartbeat() {
  assert(!appending());
  const absl::Duration asked_at = steady_clock_.Now();
  absl::Status status = store_.Heartbeat();
  if (status.ok()) Confirm(asked_at);
  return status;
}

// Must be called before the committed ledgers change, because those who are told of the change
// check the lead.
void GroupCommit::Confirm(absl::Duration asked_at) {
  ++confirmations_;
  confirmed_at_ = asked_at;
  queue_.Confirm(asked_at);
}

void GroupCommit::MarkInDoubt(WriteRequest& request) const {
  if (request.in_doubt_until.has_value()) return;
  request.in_doubt_until = steady_clock_.Now() + options_.in_doubt_max;
}

void GroupCommit::FinishFront() {
  queue_.Leave(*work_.front());
  work_.pop_front();
}

absl::Time GroupCommit::Now() const { return InMicroseconds(clock_.Now()); }

}  // namespace canvass::aggregator
