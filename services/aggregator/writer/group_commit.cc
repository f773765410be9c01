#include "services/aggregator/writer/group_commit.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition_check.h"
#include "common/election/second_operator.h"
#include "common/telemetry/log.h"
#include "services/aggregator/writer/definition_entries.h"
#include "services/aggregator/writer/entry_builder.h"
#include "services/aggregator/writer/seals.h"

namespace canvass::aggregator {
namespace {

absl::Status CommitUnknown() {
  return Unavailable(
      reason::kCommitUnknown,
      "The ledger became unreachable during the commit, and it is not known whether the request "
      "was recorded; it is safe to send it again");
}

// Whether a transaction that failed like this may have been committed.
bool LeavesInDoubt(const absl::Status& status) {
  return !HasReason(status, reason::kLedgerTampered);
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

// What is counted in public or sealed.
class PartsInAnyCount final : public election::CountedParts {
 public:
  PartsInAnyCount(const election::Count& counted, const election::Count& sealed)
      : counted_(counted), sealed_(sealed) {}

  bool HasReportsOfContest(int contest_no) const override {
    return counted_.HasReportsOfContest(contest_no) || sealed_.HasReportsOfContest(contest_no);
  }
  bool HasReportsFromSource(int source_no) const override {
    return counted_.HasReportsFromSource(source_no) || sealed_.HasReportsFromSource(source_no);
  }
  bool HasReportsOfStation(int station_no) const override {
    return counted_.HasReportsOfStation(station_no) || sealed_.HasReportsOfStation(station_no);
  }
  bool HasCountingOrHeldReportOf(int station_no) const override {
    return counted_.HasCountingOrHeldReportOf(station_no) ||
           sealed_.HasCountingOrHeldReportOf(station_no);
  }

 private:
  const election::Count& counted_;
  const election::Count& sealed_;
};

// Anyone may validate a definition, so the answer then does not depend on what is sealed.
absl::StatusOr<election::DefinitionChange> CheckChange(const CommittedLedgers::Contents& committed,
                                                       const ledger::ElectionLedger* ledger,
                                                       election::DefinitionChange change,
                                                       bool validate_only) {
  const election::Count nothing;
  if (ledger == nullptr)
    return election::CheckDefinitionChange(nullptr, nothing, std::move(change));
  const auto sealed = committed.sealed.find(ledger->election_id());
  const PartsInAnyCount parts(ledger->count(), sealed == committed.sealed.end() || validate_only
                                                   ? nothing
                                                   : sealed->second.CountOpened(*ledger));
  return election::CheckDefinitionChange(&ledger->count().definition(), parts, std::move(change));
}

// The count that a decision about this source is checked against.
const election::Count& CountFor(const CommittedLedgers::Contents& committed,
                                const ledger::ElectionLedger& ledger,
                                const std::optional<std::string>& source_id) {
  if (!source_id.has_value()) return ledger.count();
  const absl::StatusOr<int> source_no =
      election::ResolveOfficialOrNamedSource(ledger.count().definition(), *source_id);
  const SealedContents* const sealed =
      source_no.ok() ? committed.FindSealed(ledger, *source_no) : nullptr;
  return sealed == nullptr ? ledger.count() : sealed->CountOpened(ledger);
}

// If the content is not known, every later seal of the source may build on it.
std::optional<std::int64_t> SuccessorOf(const ledger::ElectionLedger& ledger,
                                        const SealedContents* sealed,
                                        const election::SealWithdrawal& withdrawal) {
  if (sealed != nullptr && sealed->Find(withdrawal.seal_sequence) != nullptr) {
    return sealed->FindSuccessor(withdrawal.seal_sequence);
  }
  const election::Count::Seals& seals = ledger.count().SealsOf(withdrawal.source_no);
  const auto next = seals.upper_bound(withdrawal.seal_sequence);
  if (next == seals.end()) return std::nullopt;
  return next->first;
}

// A seal that others build on cannot be withdrawn before them, or they could never be opened.
absl::Status CheckLast(const ledger::ElectionLedger& ledger, const SealedContents* sealed,
                       const election::SealWithdrawal& withdrawal) {
  const std::optional<std::int64_t> successor = SuccessorOf(ledger, sealed, withdrawal);
  if (!successor.has_value()) return absl::OkStatus();
  return MakeError(reason::kSealHasSuccessor,
                   StrCat("Seal ", *successor, " is about the same report or poll as seal ",
                          withdrawal.seal_sequence, " and must be withdrawn first"),
                   {.metadata = {{"seal_sequence", StrCat(withdrawal.seal_sequence)},
                                 {"successor_sequence", StrCat(*successor)}}});
}

}  // namespace

GroupCommit::GroupCommit(LedgerStore& store, Appender& appender, CommittedLedgers& committed,
                         WriteQueue& queue, const Clock& clock, const SteadyClock& steady_clock,
                         ClockGuard& clock_guard, const WriterOptions& options)
    : store_(store),
      appender_(appender),
      committed_(committed),
      queue_(queue),
      clock_(clock),
      steady_clock_(steady_clock),
      clock_guard_(clock_guard),
      options_(options),
      group_reports_max_(options.group_reports_max),
      log_(committed) {}

void GroupCommit::TakeQueued() {
  for (WriteRequestPtr& request : queue_.TakeAll()) backlog_.Add(std::move(request));
}

absl::Status GroupCommit::CommitNext() {
  TakeQueued();
  if (const absl::Status clock = ReadClock(); !clock.ok()) {
    // What is being appended has a plausible time.
    return appending_ == nullptr ? clock : FinishAppend();
  }
  if (UntilOpening() == absl::ZeroDuration()) {
    return appending_ == nullptr ? CommitOpenings() : FinishAppend();
  }
  if (backlog_.empty()) return absl::OkStatus();
  const bool has_decision = backlog_.NextDecision() != nullptr;
  const bool decides =
      has_decision && appending_ == nullptr && (decision_is_next_ || !backlog_.has_reports());
  decision_is_next_ = !decides;
  if (decides) return CommitDecisions();
  return CommitReports(/*gathers=*/!has_decision || appending_ == nullptr);
}

// Answers decisions up to one that is recorded. Those that record nothing take no turn from others,
// so that a flood of them delays nobody.
absl::Status GroupCommit::CommitDecisions() {
  constexpr int kDecisionsPerTurn = 200;  // of some microseconds each
  const std::int64_t before = confirmations_;
  for (int answered = 0; answered < kDecisionsPerTurn && confirmations_ == before; ++answered) {
    WriteRequest* const request = backlog_.NextDecision();
    if (request == nullptr) return absl::OkStatus();
    auto* const decision = std::get_if<PendingDecision>(&request->what);
    if (decision == nullptr) {  // a definition may take long, whatever comes of it
      return CommitDefinition(*request, std::get<PendingDefinition>(request->what));
    }
    if (absl::Status status = CommitDecision(*request, *decision); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::deque<WriteRequestPtr> GroupCommit::RemoveUntouched() {
  std::vector<const WriteRequest*> untouched;
  backlog_.ForEach([&untouched](const WriteRequest& request) {
    if (!request.in_doubt_until.has_value()) untouched.push_back(&request);
  });
  std::deque<WriteRequestPtr> removed;
  for (const WriteRequest* const request : untouched) removed.push_back(backlog_.Remove(*request));
  backlog_.Rewind();
  return removed;
}

void GroupCommit::AnswerInDoubt(absl::Duration until) {
  std::vector<WriteRequest*> expired;
  backlog_.ForEach([&expired, until](WriteRequest& request) {
    if (request.in_doubt_until.has_value() && *request.in_doubt_until <= until) {
      expired.push_back(&request);
    }
  });
  for (WriteRequest* const request : expired) {
    request->Fail(CommitUnknown());
    Finish(*request);
  }
}

absl::Status GroupCommit::ReadClock() {
  const absl::StatusOr<absl::Time> now = clock_guard_.Now(committed_.LastRecorded());
  if (now.ok()) now_ = *now;
  return now.status();
}

absl::Duration GroupCommit::UntilOpening() const {
  const absl::Time next = committed_.Reading(NextOpening);
  const absl::Duration until = std::max(next - clock_.Now(), absl::ZeroDuration());
  return std::max(until, opening_retry_at_ - steady_clock_.Now());
}

// Opens seals whose time has come by this machine's clock and by the store's, so that no single
// clock can end an embargo.
absl::Status GroupCommit::CommitOpenings() {
  const absl::StatusOr<absl::Time> stored = store_.Now();
  if (!stored.ok()) return stored.status();
  Transaction transaction = committed_.Reading([&](const CommittedLedgers::Contents& committed) {
    return OpenSeals(committed, std::min(now_, *stored), now_, openings_max_);
  });
  if (transaction.empty()) {
    opening_retry_at_ = steady_clock_.Now() + options_.opening_retry;
    telemetry::LogWarning(StrCat("seals stay closed: this machine's clock says ",
                                 absl::FormatTime(now_), ", but the database's says ",
                                 absl::FormatTime(*stored)));
    return absl::OkStatus();
  }
  const std::size_t opened = transaction.entries.size();
  absl::Status status = Commit(transaction);
  if (status.ok()) {
    telemetry::LogInfo(StrCat("opened ", opened, " seals"));
    openings_max_ = kOpeningsPerTransactionMax;
    return status;
  }
  // If the store cannot take one of them, smaller transactions let the others pass, and a pause
  // lets other work pass. A single failure is the store's, and no reason to be late.
  if (opened == 1 && openings_max_ == 1)
    opening_retry_at_ = steady_clock_.Now() + options_.opening_pause;
  openings_max_ = std::max<std::size_t>(opened / 2, 1);
  return status;
}

// Finishes the append in progress, and starts the next one if this `gathers`.
absl::Status GroupCommit::CommitReports(bool gathers) {
  auto next = std::make_unique<GatheredGroup>(appending_.get(), options_.new_nonce);
  if (gathers) Gather(*next);
  std::unique_ptr<GatheredGroup> committed;
  if (appending_ != nullptr) {
    absl::Status status = appender_.Finish();
    if (!status.ok()) {
      LoseAppend(status);
      return status;
    }
    Confirm(appended_at_);
    CountCommit(appended_at_);
    figures_.group_reports.Observe(static_cast<double>(appending_->places.size()));
    if (telemetry::LogsDebug()) {
      telemetry::LogDebug("committed a group",
                          {{"reports", StrCat(appending_->places.size())},
                           {"entries", StrCat(appending_->group.transaction().entries.size())}});
    }
    group_reports_max_ = options_.group_reports_max;
    TakeQueued();
    // Requests that arrived during the append.
    if (gathers && ReadClock().ok()) Gather(*next);
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
void GroupCommit::Gather(GatheredGroup& next) {
  next.group.SetTime(now_);
  const std::size_t room = RoomForNext();
  next.group.Reserve(room);
  next.places.reserve(room);
  committed_.Reading([this, &next](const CommittedLedgers::Contents& committed) {
    backlog_.Gather(committed,
                    {.reports_max = group_reports_max_, .bytes_max = options_.group_bytes_max},
                    next);
  });
}

// Limit on the reports in the group after the one that is being appended.
std::size_t GroupCommit::RoomForNext() const {
  const std::size_t appending = appending_ == nullptr ? 0 : appending_->places.size();
  const std::size_t unanswered = std::max(queue_.reports(), appending);
  return std::min(unanswered - appending, group_reports_max_);
}

// Starts to append the group and takes ownership of it. Does nothing if nothing is to be appended.
void GroupCommit::Start(std::unique_ptr<GatheredGroup>& next) {
  if (next->group.transaction().empty()) return;
  appending_ = std::move(next);
  appending_->group.transaction().clock = now_;
  appended_at_ = steady_clock_.Now();
  appender_.Start(appending_->group.transaction());
}

void GroupCommit::HandOut(GatheredGroup& gathered) {
  auto receipt = gathered.group.receipts().begin();
  for (const ReportPlace& place : gathered.places) {
    auto& pending = std::get<PendingReports>(place.request->what);
    const SubmittedReport& submitted = pending.reports[place.index];
    figures_.Add(*receipt, submitted.validate_only);
    log_.Add(*receipt, submitted, now_);
    pending.AddReceipt(place.index, std::move(*receipt++));
    if (pending.in_doubt.empty()) place.request->in_doubt_until.reset();
    if (!pending.IsComplete()) continue;
    pending.done(std::move(pending.receipts));
    Finish(*place.request);
  }
}

// The group that was gathered behind the append is not sent.
void GroupCommit::LoseAppend(const absl::Status& status) {
  if (!LeavesInDoubt(status)) {
    appending_.reset();
    return;
  }
  // A request of the group has failed before. If the store cannot take one of the reports, smaller
  // groups let the others pass.
  const bool failed_before = std::any_of(
      appending_->places.begin(), appending_->places.end(),
      [](const ReportPlace& place) { return place.request->in_doubt_until.has_value(); });
  if (failed_before) {
    group_reports_max_ = std::max<std::size_t>(appending_->places.size() / 2, 1);
  }
  KeepInDoubt(*appending_);
  appending_.reset();
}

void GroupCommit::KeepInDoubt(GatheredGroup& gathered) const {
  auto receipt = gathered.group.receipts().begin();
  for (const ReportPlace& place : gathered.places) {
    auto& pending = std::get<PendingReports>(place.request->what);
    pending.KeepInDoubt(place.index, std::move(*receipt++));
    MarkInDoubt(*place.request);
  }
}

absl::Status GroupCommit::CommitDecision(WriteRequest& request, PendingDecision& decision) {
  absl::StatusOr<Plan<DecisionOutcome>> plan = PlanDecision(decision.proposed);
  if (plan.ok()) {
    absl::Status status = Commit(plan->transaction);
    if (!status.ok()) {
      if (LeavesInDoubt(status)) MarkInDoubt(request);
      return status;
    }
    decision.done(plan->outcome);
  } else {
    decision.done(plan.status());
  }
  Finish(request);
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
    const election::Count& count = CountFor(committed, **ledger, proposed.source_id);
    absl::StatusOr<election::Decision> decision = proposed.check(count, (*ledger)->sequence());
    if (!decision.ok()) return decision.status();
    election::Decision asked =
        election::AskSecondOperator(count, proposed.actor, *std::move(decision));
    Plan<DecisionOutcome> plan{.outcome = {.sequence = asked.standing_sequence,
                                           .awaits_second_operator = asked.awaits_second_operator}};
    if (!asked.event.has_value()) return plan;
    absl::Status added =
        AddDecision(committed, **ledger, proposed.actor, *std::move(asked.event), plan);
    if (!added.ok()) return added;
    return plan;
  });
}

absl::Status GroupCommit::AddDecision(const CommittedLedgers::Contents& committed,
                                      const ledger::ElectionLedger& ledger,
                                      const std::string& actor, election::Event event,
                                      Plan<DecisionOutcome>& plan) const {
  EntryBuilder builder(ledger.election_id(), &ledger, now_);
  const std::int32_t source_no = SourceOf(event);
  const auto* const withdrawal = std::get_if<election::SealWithdrawal>(&event);
  if (withdrawal != nullptr) {
    absl::Status last = CheckLast(ledger, committed.FindSealed(ledger, source_no), *withdrawal);
    if (!last.ok()) return last;
  }
  const bool is_sealed =
      withdrawal == nullptr && source_no >= 0 && MustSeal(ledger.count(), source_no, now_);
  if (is_sealed) {
    std::optional<election::SealedEvent> sealed = election::AsSealedEvent(event);
    const election::Definition& definition = ledger.count().definition();
    if (!sealed.has_value()) {
      return MakeError(
          reason::kSourceEmbargoed,
          StrCat("Source \"", definition.sources()[Index(source_no)].id,
                 "\" is under embargo, so its result cannot be certified or reopened"));
    }
    AddSeal(builder, definition, {.actor = actor, .event = *std::move(sealed)},
            options_.new_nonce(), now_, plan.transaction);
  } else {
    plan.transaction.entries.push_back(builder.Next(actor, std::move(event)));
  }
  plan.outcome.sequence = builder.last_sequence();
  return absl::OkStatus();
}

absl::Status GroupCommit::CommitDefinition(WriteRequest& request, PendingDefinition& definition) {
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
      if (is_sent && LeavesInDoubt(status)) {
        definition.in_doubt_parts = parts;
        MarkInDoubt(request);
      }
      return status;
    }
    // If nothing is left to change after a commit in doubt, that commit made the change.
    if (parts == 0) plan->outcome.parts_changed = definition.in_doubt_parts;
    definition.done(plan->outcome);
  } else {
    definition.done(plan.status());
  }
  Finish(request);
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
            CheckChange(committed, ledger, std::move(proposed.change), proposed.validate_only);
        if (!change.ok()) return change.status();
        Plan<DefinitionOutcome> plan{.outcome = OutcomeOf(ledger, *change)};
        if (change->Parts() > 0 && !proposed.validate_only) {
          EntryBuilder builder(proposed.election_id, ledger, now_);
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
  transaction.clock = now_;
  absl::Status status = store_.Append(transaction);
  if (!status.ok()) return status;
  Confirm(began_at);
  CountCommit(began_at);
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

void GroupCommit::CountCommit(absl::Duration began_at) {
  figures_.commit_seconds.Observe(absl::ToDoubleSeconds(steady_clock_.Now() - began_at));
}

void GroupCommit::MarkInDoubt(WriteRequest& request) const {
  if (request.in_doubt_until.has_value()) return;
  request.in_doubt_until = steady_clock_.Now() + options_.in_doubt_max;
}

void GroupCommit::Finish(const WriteRequest& request) {
  const WriteRequestPtr finished = backlog_.Remove(request);
  queue_.Leave(*finished);
}

}  // namespace canvass::aggregator
