#include "services/aggregator/ledger_writer.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/election/definition_check.h"
#include "services/aggregator/definition_entries.h"
#include "services/aggregator/entry_builder.h"

namespace canvass::aggregator {
namespace {

constexpr int kRetryAfterUnavailableMs = 1'000;
// A full queue is about a second's work; most of the room is there again after a few groups.
constexpr int kRetryAfterQueueFullMs = 200;

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

absl::Status Unavailable(std::string_view reason, std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, message,
                   {.reason = std::string(reason), .retry_after_ms = kRetryAfterUnavailableMs});
}

// What callers are told of `cause`: no more of the database than that it is away.
absl::Status ErrorForCallers(const absl::Status& cause) {
  if (cause.ok()) return cause;
  if (DetailOf(cause).reason == "NOT_ACTIVE") {
    return Unavailable("NOT_ACTIVE", "Another aggregator is the active one");
  }
  return Unavailable("LEDGER_UNAVAILABLE", "The ledger cannot be written at this moment");
}

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

LedgerWriter::LedgerWriter(Ledger& ledger, LedgerBook& book, const Clock& clock, Options options,
                           LeadCallback lead_changed)
    : ledger_(ledger),
      book_(book),
      clock_(clock),
      options_(options),
      lead_changed_(std::move(lead_changed)),
      lead_(Unavailable("LEDGER_UNAVAILABLE", "The aggregator is starting")),
      group_reports_max_(options.group_reports_max) {}

LedgerWriter::~LedgerWriter() { Stop(); }

void LedgerWriter::Start() {
  thread_ = std::thread([this] { Run(); });
}

void LedgerWriter::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status LedgerWriter::Lead() const {
  const MutexLock lock(mutex_);
  return lead_;
}

void LedgerWriter::Submit(std::vector<SubmittedReport> reports, std::size_t bytes,
                          ReceiptsCallback done) {
  if (reports.empty()) {
    done(std::vector<Receipt>());
    return;
  }
  const std::size_t weight = reports.size();
  Submission submission{.reports = std::move(reports), .done = std::move(done)};
  Accept(std::make_unique<Command>(
      Command{.what = std::move(submission), .weight = weight, .bytes = bytes}));
}

void LedgerWriter::Decide(DecisionRequest request, DecisionCallback done) {
  Accept(std::make_unique<Command>(
      Command{.what = Decision{.request = std::move(request), .done = std::move(done)}}));
}

void LedgerWriter::Define(DefinitionRequest request, DefinitionCallback done) {
  Accept(std::make_unique<Command>(
      Command{.what = Definition{.request = std::move(request), .done = std::move(done)}}));
}

void LedgerWriter::Accept(CommandPtr command) {
  const absl::Status admitted = Enqueue(command);
  if (admitted.ok()) {
    wake_.NotifyAll();
  } else {
    Fail(*command, admitted);
  }
}

// Takes the command only if it is admitted.
absl::Status LedgerWriter::Enqueue(CommandPtr& command) {
  const MutexLock lock(mutex_);
  absl::Status admitted = Admit(*command);
  if (admitted.ok()) queue_.push_back(std::move(command));
  return admitted;
}

// Whatever its size, a command is admitted where nothing else waits.
absl::Status LedgerWriter::Admit(const Command& command) {
  if (stopping_) return Unavailable("NOT_ACTIVE", "The aggregator is stopping");
  if (!lead_.ok()) return lead_;
  const bool is_full = queued_reports_ + command.weight > options_.queued_reports_max ||
                       queued_bytes_ + command.bytes > options_.queued_bytes_max;
  if (queued_reports_ > 0 && is_full) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat(queued_reports_, " reports wait to be recorded already, of ",
                                  options_.queued_reports_max, " at most"),
                     {.reason = "QUEUE_FULL", .retry_after_ms = kRetryAfterQueueFullMs});
  }
  queued_reports_ += command.weight;
  queued_bytes_ += command.bytes;
  return absl::OkStatus();
}

void LedgerWriter::Leave(const Command& command) {
  const MutexLock lock(mutex_);
  queued_reports_ -= command.weight;
  queued_bytes_ -= command.bytes;
}

void LedgerWriter::Run() {
  while (TakeLead()) Serve();
}

// False when it is time to stop, with nothing left in doubt.
bool LedgerWriter::TakeLead() {
  while (WaitForAttempt()) {
    AnswerExpired();
    absl::Status status = ledger_.TakeLead();
    if (status.ok()) status = book_.CatchUp(ledger_);
    SetLead(status);
    if (status.ok()) return true;
    ++failures_;
  }
  return false;
}

bool LedgerWriter::WaitForAttempt() {
  const Deadline until = std::chrono::steady_clock::now() + ToChrono(RetryDelay());
  const MutexLock lock(mutex_);
  for (;;) {
    if (stopping_ && work_.empty()) return false;
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return true;
    wake_.WaitFor(mutex_, left);
  }
}

absl::Duration LedgerWriter::RetryDelay() const {
  if (failures_ <= 1) return absl::ZeroDuration();
  constexpr int kDoublingsMax = 20;  // far above any sensible maximum, far below overflow
  const int doublings = std::min(failures_ - 2, kDoublingsMax);
  return std::min(options_.retry_delay_min * (1 << doublings), options_.retry_delay_max);
}

// Until the lead is lost or everything is done and it is time to stop.
void LedgerWriter::Serve() {
  for (;;) {
    const Wake wake = WaitForWork();
    if (wake == Wake::kStop) return;
    const absl::Status status = wake == Wake::kIdle ? ledger_.Heartbeat() : ProcessNext();
    if (!status.ok()) {
      LoseLead(status);
      return;
    }
    failures_ = 0;
  }
}

LedgerWriter::Wake LedgerWriter::WaitForWork() {
  const Deadline until = std::chrono::steady_clock::now() + ToChrono(options_.heartbeat_interval);
  const MutexLock lock(mutex_);
  while (queue_.empty() && work_.empty()) {
    if (stopping_) return Wake::kStop;
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return Wake::kIdle;
    wake_.WaitFor(mutex_, left);
  }
  std::move(queue_.begin(), queue_.end(), std::back_inserter(work_));
  queue_.clear();
  return Wake::kWork;
}

void LedgerWriter::LoseLead(const absl::Status& status) {
  ++failures_;
  SetLead(status);
  std::deque<CommandPtr> untouched;
  {
    const MutexLock lock(mutex_);
    untouched.swap(queue_);
  }
  const auto first_untouched =
      std::find_if(work_.begin(), work_.end(),
                   [](const CommandPtr& command) { return !command->in_doubt_until.has_value(); });
  untouched.insert(untouched.begin(), std::make_move_iterator(first_untouched),
                   std::make_move_iterator(work_.end()));
  work_.erase(first_untouched, work_.end());
  for (const CommandPtr& command : untouched) {
    Leave(*command);
    Fail(*command, ErrorForCallers(status));
  }
}

void LedgerWriter::SetLead(const absl::Status& status) {
  {
    const MutexLock lock(mutex_);
    lead_ = ErrorForCallers(status);
  }
  if (told_ == status) return;
  told_ = status;
  lead_changed_(status);
}

void LedgerWriter::AnswerExpired() {
  const Deadline now = std::chrono::steady_clock::now();
  while (!work_.empty() && work_.front()->in_doubt_until <= now) {
    Fail(*work_.front(), CommitUnknown());
    FinishFront();
  }
}

absl::Status LedgerWriter::ProcessNext() {
  auto& what = work_.front()->what;
  if (auto* decision = std::get_if<Decision>(&what)) return ProcessDecision(*decision);
  if (auto* definition = std::get_if<Definition>(&what)) return ProcessDefinition(*definition);
  return ProcessReports();
}

absl::Status LedgerWriter::ProcessReports() {
  const bool was_in_doubt = work_.front()->in_doubt_until.has_value();
  ReportGroup group(Now());
  const std::vector<std::size_t> taken = Gather(group);
  absl::Status status = Commit(group.append());
  if (status.ok()) {
    group_reports_max_ = options_.group_reports_max;
    HandOut(std::move(group.receipts()), taken);
    return status;
  }
  // Should it be one report that the ledger cannot take, the others do not go on failing with it.
  if (was_in_doubt) group_reports_max_ = std::max<std::size_t>(group.receipts().size() / 2, 1);
  KeepInDoubt(std::move(group.receipts()), taken);
  return status;
}

// How many reports the group took from each of the first commands.
std::vector<std::size_t> LedgerWriter::Gather(ReportGroup& group) {
  std::vector<std::size_t> taken;
  book_.Reading([this, &group, &taken](const LedgerBook::Contents& book) {
    for (const CommandPtr& command : work_) {
      const auto* submission = std::get_if<Submission>(&command->what);
      if (submission == nullptr) return;
      taken.push_back(0);
      for (std::size_t i = submission->receipts.size(); i < submission->reports.size(); ++i) {
        if (group.receipts().size() == group_reports_max_) return;
        if (!group.Add(book, submission->reports[i])) return;
        ++taken.back();
      }
    }
  });
  return taken;
}

void LedgerWriter::HandOut(std::vector<Receipt> receipts, const std::vector<std::size_t>& taken) {
  auto next = receipts.begin();
  for (const std::size_t count : taken) {
    auto& submission = std::get<Submission>(work_.front()->what);
    for (std::size_t i = 0; i < count; ++i, ++next) submission.AddReceipt(std::move(*next));
    if (submission.receipts.size() < submission.reports.size()) {
      if (submission.in_doubt.empty()) work_.front()->in_doubt_until.reset();
      return;
    }
    submission.done(std::move(submission.receipts));
    FinishFront();
  }
}

// What a commit in doubt has recorded is the submission's own and no repetition.
void LedgerWriter::Submission::AddReceipt(Receipt receipt) {
  if (!in_doubt.empty()) {
    const Receipt& expected = in_doubt.front();
    if (!expected.repeated_submission && expected.entry_hash == receipt.entry_hash) {
      receipt.repeated_submission = false;
    }
    in_doubt.pop_front();
  }
  receipts.push_back(std::move(receipt));
}

void LedgerWriter::KeepInDoubt(std::vector<Receipt> receipts,
                               const std::vector<std::size_t>& taken) {
  auto next = receipts.begin();
  for (std::size_t command = 0; command < taken.size(); ++command) {
    if (taken[command] == 0) continue;
    auto& in_doubt = std::get<Submission>(work_[command]->what).in_doubt;
    in_doubt.resize(std::max(in_doubt.size(), taken[command]));
    for (std::size_t i = 0; i < taken[command]; ++i, ++next) in_doubt[i] = std::move(*next);
    MarkInDoubt(*work_[command]);
  }
}

absl::Status LedgerWriter::ProcessDecision(Decision& decision) {
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

absl::StatusOr<LedgerWriter::Plan<DecisionOutcome>> LedgerWriter::PlanDecision(
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

absl::Status LedgerWriter::ProcessDefinition(Definition& definition) {
  absl::StatusOr<Plan<DefinitionOutcome>> plan = PlanDefinition(definition.request);
  if (plan.ok()) {
    const std::size_t parts = plan->outcome.parts_changed;
    absl::Status status = Commit(plan->append);
    if (!status.ok()) {
      definition.request.change = JoinDefinition(std::move(plan->append.entries));
      definition.in_doubt_parts = parts;
      MarkInDoubt(*work_.front());
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

// Moves the change out of the request: a register of a million stations is not copied.
absl::StatusOr<LedgerWriter::Plan<DefinitionOutcome>> LedgerWriter::PlanDefinition(
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
absl::Status LedgerWriter::Commit(AppendGroup& append) {
  if (append.entries.empty() && append.refusals.empty()) return absl::OkStatus();
  absl::Status status = ledger_.Append(append);
  if (status.ok()) book_.Fold(std::move(append));
  return status;
}

void LedgerWriter::MarkInDoubt(Command& command) const {
  if (command.in_doubt_until.has_value()) return;
  command.in_doubt_until = std::chrono::steady_clock::now() + ToChrono(options_.in_doubt_max);
}

void LedgerWriter::FinishFront() {
  Leave(*work_.front());
  work_.pop_front();
}

void LedgerWriter::Fail(Command& command, const absl::Status& status) {
  std::visit([&status](auto& what) { what.done(status); }, command.what);
}

// As precise as the ledger is.
absl::Time LedgerWriter::Now() const {
  return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now()));
}

}  // namespace canvass::aggregator
