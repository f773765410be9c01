#include "services/station_reporter/outbox/outbox_courier.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/fair_share.h"
#include "common/base/reason.h"
#include "common/telemetry/log.h"

namespace canvass::station_reporter {
namespace {

// How often the thread tries again after a failure, and checks for reports that waited for their
// predecessor.
constexpr std::chrono::milliseconds kTryAgainAfter{200};

// Reports stored in one transaction: enough to make its overhead negligible, and few enough to
// answer soon.
constexpr std::size_t kReportsTogetherMax = 10'000;

std::pair<std::string, std::string> StationOf(const QueuedReport& report) {
  return {report.key.election_id, report.key.station_id};
}

absl::Status NoRoom(const OutboxShares::Use& own, const OutboxShares::Use& all,
                    const OutboxLimits& limits) {
  return MakeError(
      reason::kOutboxFull,
      absl::StrCat("This report cannot be sent to the aggregator yet, and ", all.reports,
                   " reports of ", all.bytes, " bytes, ", own.reports, " of ", own.bytes,
                   " bytes from this caller, already wait to be written to this reporter's outbox; "
                   "at most ",
                   limits.reports_max, " reports of ", limits.bytes_max,
                   " bytes may, and a caller's no more than it leaves free. This report was not "
                   "kept. Send it again later."),
      {.metadata = {{"limit", "disk"},
                    {"reports_arriving", absl::StrCat(all.reports)},
                    {"bytes_arriving", absl::StrCat(all.bytes)},
                    {"reports_arriving_of_caller", absl::StrCat(own.reports)},
                    {"bytes_arriving_of_caller", absl::StrCat(own.bytes)},
                    {"reports_max", absl::StrCat(limits.reports_max)},
                    {"bytes_max", absl::StrCat(limits.bytes_max)}},
       .retry_after_ms = limits.retry_after_ms});
}

absl::Status Stopped(int retry_after_ms) {
  return MakeError(reason::kShuttingDown,
                   "This reporter is shutting down and did not keep the report. Send it again, to "
                   "this reporter or to another one.",
                   {.retry_after_ms = retry_after_ms});
}

}  // namespace

// Passes the receipts to the courier's thread. The reports stay in flight until the thread has
// settled them.
class OutboxCourier::Delivery final : public SubmittedQueue::Submitter {
 public:
  Delivery(OutboxCourier& courier, std::vector<std::int64_t> numbers)
      : courier_(courier), numbers_(std::move(numbers)) {}

  void Answer(std::size_t first, std::vector<std::string> receipts) override {
    const MutexLock lock(courier_.mutex_);
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      Outcome outcome{.number = numbers_[first + i]};
      if (outcome.receipt.ParseFromString(receipts[i])) {
        courier_.outcomes_.push_back(std::move(outcome));
      } else {  // no outcome: the report is sent again later
        telemetry::LogWarning(
            "the aggregator answered a report with something that is not a receipt");
        courier_.returned_.push_back(outcome.number);
        courier_.may_send_ = false;
      }
    }
    courier_.changed_.NotifyAll();
  }

  void Fail(std::size_t first, std::size_t count, const absl::Status& /*status*/) override {
    const auto begin = numbers_.begin() + Signed(first);
    const MutexLock lock(courier_.mutex_);
    courier_.returned_.insert(courier_.returned_.end(), begin, begin + Signed(count));
    courier_.changed_.NotifyAll();
  }

 private:
  OutboxCourier& courier_;
  const std::vector<std::int64_t> numbers_;
};

OutboxCourier::OutboxCourier(Outbox& outbox, const OutboxLimits& limits, const Clock& clock,
                             Send send)
    : outbox_(outbox),
      limits_(limits),
      clock_(clock),
      send_(std::move(send)),
      next_number_(outbox.last_number() + 1),
      held_(outbox.Summary().queued),
      was_empty_(held_ == 0),
      arriving_shares_(limits) {}

OutboxCourier::~OutboxCourier() { Stop(); }

void OutboxCourier::Start() {
  thread_ = std::thread([this] { Run(); });
}

void OutboxCourier::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void OutboxCourier::Add(std::vector<NewReport> reports, Answer answer) {
  if (reports.empty()) return answer({});
  absl::Status refused;
  {
    const MutexLock lock(mutex_);
    refused = Admit(reports.front().queued.caller);
    if (refused.ok()) {
      held_ += reports.size();
      for (const NewReport& report : reports) {
        arriving_shares_.Add(report.queued);
        ++arriving_[StationOf(report.queued)];
      }
      arrivals_.push_back({.reports = std::move(reports), .answer = std::move(answer)});
      changed_.NotifyAll();
      return;
    }
  }
  answer(std::vector<absl::StatusOr<v1::Receipt>>(reports.size(), refused));
}

// Checked before the reports are added, so that a caller can exceed its share by one call only. The
// outbox decides which reports of that call have room.
absl::Status OutboxCourier::Admit(std::uint64_t caller) const {
  if (stopping_) return Stopped(limits_.retry_after_ms);
  const OutboxShares::Use& all = arriving_shares_.all();
  const OutboxShares::Use own =
      caller == kNobody ? OutboxShares::Use() : arriving_shares_.OfCaller(caller);
  const bool has_room = IsFairShare(own.reports, 1, all.reports, limits_.reports_max) &&
                        IsFairShare(own.bytes, 1, all.bytes, limits_.bytes_max);
  return has_room ? absl::OkStatus() : NoRoom(own, all, limits_);
}

bool OutboxCourier::Holds(std::string_view election_id, std::string_view station_id) const {
  if (held_ == 0) return false;
  // Checked in this order because a report is in the outbox before it leaves arriving_.
  {
    const MutexLock lock(mutex_);
    if (arriving_.contains(Station(election_id, station_id))) return true;
  }
  return outbox_.Holds(election_id, station_id);
}

void OutboxCourier::Know(const std::vector<std::string>& election_ids) {
  const MutexLock lock(mutex_);
  elections_.insert(elections_.end(), election_ids.begin(), election_ids.end());
  changed_.NotifyAll();
}

void OutboxCourier::SetReachable(bool reachable) {
  const MutexLock lock(mutex_);
  reachable_ = reachable;
  may_send_ = true;
  changed_.NotifyAll();
}

bool OutboxCourier::reachable() const {
  const MutexLock lock(mutex_);
  return reachable_;
}

void OutboxCourier::Run() {
  while (WaitForWork()) {
    Settle();
    Know();
    Keep();
    SendReady();
  }
}

bool OutboxCourier::WaitForWork() {
  const MutexLock lock(mutex_);
  while (arrivals_.empty() && outcomes_.empty() && returned_.empty() && elections_.empty()) {
    if (stopping_) return false;
    if (reachable_ && may_send_) return true;
    if (held_ == 0 && !outbox_.HasUnsaved()) {
      changed_.Wait(mutex_);
    } else if (!changed_.WaitFor(mutex_, kTryAgainAfter)) {
      may_send_ = true;
      return true;
    }
  }
  return true;
}

void OutboxCourier::Settle() {
  std::vector<Outcome> outcomes;
  std::vector<std::int64_t> returned;
  {
    const MutexLock lock(mutex_);
    outcomes.swap(outcomes_);
    returned.swap(returned_);
    if (!outcomes.empty()) may_send_ = true;
  }
  // In this order, the outbox ignores outcomes of reports that were given back and will be resent.
  if (!returned.empty()) outbox_.GiveBack(returned);
  if (outcomes.empty() && !outbox_.HasUnsaved()) return;
  std::size_t refused = 0;
  for (const Outcome& outcome : outcomes) {
    refused += outcome.receipt.state() == v1::RECEIPT_STATE_REFUSED ? 1 : 0;
  }
  if (refused > 0) {
    telemetry::LogWarning(absl::StrCat("the aggregator refused ", refused,
                                       " reports from the outbox; `canvass outbox` shows why"));
  }
  telemetry::LogDebug("reports of the outbox were answered",
                      {{"reports", absl::StrCat(outcomes.size())}});
  const absl::Status settled = outbox_.Settle(std::move(outcomes), clock_.Now(), SteadyNow());
  if (!settled.ok() && was_saved_) {
    telemetry::LogWarning(
        absl::StrCat("the aggregator's receipts could not be written to the outbox yet; after a "
                     "restart, their reports would be sent again: ",
                     telemetry::Describe(settled)));
  }
  was_saved_ = settled.ok();
  const MutexLock lock(mutex_);
  held_ = arriving_shares_.all().reports + outbox_.Summary().queued;
  if (held_ > 0 || was_empty_) return;
  was_empty_ = true;
  telemetry::LogInfo("all reports in the outbox were sent");
}

void OutboxCourier::Know() {
  std::vector<std::string> elections;
  {
    const MutexLock lock(mutex_);
    elections.swap(elections_);
  }
  if (elections.empty()) return;
  const absl::Status known = outbox_.Know(elections);
  if (known.ok()) return;
  telemetry::LogWarning(absl::StrCat(
      "the elections of the aggregator could not be written to the outbox; after a restart, they "
      "are unknown until the aggregator is reached: ",
      telemetry::Describe(known)));
}

void OutboxCourier::Keep() {
  std::deque<Arrival> arrivals = TakeArrivals();
  if (arrivals.empty()) return;
  std::vector<NewReport> reports;
  std::vector<std::size_t> counts;
  std::vector<QueuedReport> kept;  // or turned away
  counts.reserve(arrivals.size());
  for (Arrival& arrival : arrivals) {
    counts.push_back(arrival.reports.size());
    for (NewReport& report : arrival.reports) {
      kept.push_back(report.queued);
      reports.push_back(std::move(report));
    }
  }
  auto answers = outbox_.Queue(std::move(reports), clock_.Now());
  queued_ += static_cast<std::uint64_t>(std::count_if(
      answers.begin(), answers.end(), [](const auto& answer) { return answer.ok(); }));
  ForgetArrivals(kept);
  telemetry::LogDebug("wrote to the outbox", {{"reports", absl::StrCat(answers.size())}});
  auto next = std::make_move_iterator(answers.begin());
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const auto end = next + Signed(counts[i]);
    arrivals[i].answer(std::vector<absl::StatusOr<v1::Receipt>>(next, end));
    next = end;
  }
}

std::deque<OutboxCourier::Arrival> OutboxCourier::TakeArrivals() {
  const MutexLock lock(mutex_);
  std::deque<Arrival> taken;
  std::size_t reports = 0;
  while (!arrivals_.empty() && reports < kReportsTogetherMax) {
    reports += arrivals_.front().reports.size();
    taken.push_back(std::move(arrivals_.front()));
    arrivals_.pop_front();
  }
  return taken;
}

void OutboxCourier::ForgetArrivals(const std::vector<QueuedReport>& reports) {
  const std::size_t queued = outbox_.Summary().queued;
  const MutexLock lock(mutex_);
  for (const QueuedReport& report : reports) {
    const auto arriving = arriving_.find(StationOf(report));
    if (--arriving->second == 0) arriving_.erase(arriving);
    arriving_shares_.Remove(report);
  }
  held_ = arriving_shares_.all().reports + queued;
  may_send_ = true;
  if (queued == 0 || !was_empty_) return;
  was_empty_ = false;
  telemetry::LogWarning("the aggregator does not answer; reports go to the outbox");
}

void OutboxCourier::SendReady() {
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (!reachable_ || !may_send_ || stopping_) return;
    }
    auto outgoing = outbox_.TakeReady(SteadyNow());
    if (!outgoing.ok()) telemetry::LogWarning(telemetry::Describe(outgoing.status()));
    CountHeld();  // damaged reports were set aside
    if (!outgoing.ok() || outgoing->empty()) return Pause();
    std::vector<std::int64_t> numbers;
    std::vector<SubmittedQueue::SizedReport> reports;
    for (OutgoingReport& each : *outgoing) {
      const std::size_t bytes = each.submitted.size();
      numbers.push_back(each.number);
      reports.push_back({.report = std::move(each.submitted),
                         .bytes = bytes,
                         .held = bytes + kHeldBesideBytes,
                         .station = StationNumber(each.key)});
    }
    const absl::Status sent = send_(std::move(reports), std::make_shared<Delivery>(*this, numbers));
    telemetry::LogDebug("sent from the outbox", {{"reports", absl::StrCat(numbers.size())}});
    if (sent.ok()) continue;
    outbox_.GiveBack(numbers);
    return Pause();
  }
}

void OutboxCourier::CountHeld() {
  const std::size_t queued = outbox_.Summary().queued;
  const MutexLock lock(mutex_);
  held_ = arriving_shares_.all().reports + queued;
}

void OutboxCourier::Pause() {
  const MutexLock lock(mutex_);
  may_send_ = false;
}

}  // namespace canvass::station_reporter
