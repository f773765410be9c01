#include "services/station_reporter/outbox/outbox.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"
#include "common/rpc/report_proto.h"

namespace canvass::station_reporter {
namespace {

v1::Receipt QueuedReceipt(const QueuedReport& report) {
  v1::Receipt receipt;
  *receipt.mutable_key() = rpc::ToProto(report.key);
  receipt.set_state(v1::RECEIPT_STATE_QUEUED);
  return receipt;
}

bool Matches(const std::string& asked, const std::string& given) {
  return asked.empty() || given.empty() || asked == given;
}

bool Matches(const election::ReportKey& asked, const election::ReportKey& given) {
  return asked.election_id == given.election_id && asked.station_id == given.station_id &&
         Matches(asked.contest_id, given.contest_id) && Matches(asked.source_id, given.source_id) &&
         (asked.revision == 0 || asked.revision == given.revision);
}

bool IsOutcome(const v1::Receipt& receipt) {
  return receipt.state() == v1::RECEIPT_STATE_RECORDED ||
         receipt.state() == v1::RECEIPT_STATE_HELD || receipt.state() == v1::RECEIPT_STATE_REFUSED;
}

// Whether a missing predecessor is the only reason for the refusal.
bool IsEarly(const v1::Receipt& receipt) {
  bool early = false;
  for (const v1::Finding& finding : receipt.findings()) {
    if (finding.severity() != v1::SEVERITY_REJECT) continue;
    if (finding.rule() != election::RuleName(election::Rule::kRevisionGap)) return false;
    early = true;
  }
  return early && receipt.state() == v1::RECEIPT_STATE_REFUSED;
}

absl::Status Full(const std::string& what, std::size_t reports, int retry_after_ms) {
  return MakeError(
      reason::kOutboxFull,
      absl::StrCat("This report cannot be sent to the aggregator yet, and ", what,
                   " are already waiting in this reporter's outbox. This report was not kept. "
                   "Send it again later."),
      {.metadata = {{"reports_queued", absl::StrCat(reports)}}, .retry_after_ms = retry_after_ms});
}

}  // namespace

// The reports that one call of Queue adds. Take requires the outbox's lock.
class Outbox::Admission {
 public:
  explicit Admission(const Outbox& outbox) : outbox_(outbox) {}

  // Returns OK if the report will be added, or if the same report will be added or is already
  // queued. Thread safety analysis is off because Clang does not see that the caller holds this
  // very lock.
  absl::Status Take(NewReport report) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (outbox_.IsQueued(report.queued) || digests_.contains(report.queued.digest)) {
      return absl::OkStatus();
    }
    // Once one report was turned away, so are all later ones: they may have to follow it.
    if (full_.ok()) full_ = CheckRoom(report.queued);
    if (!full_.ok()) return full_;
    digests_.insert(report.queued.digest);
    bytes_ += report.queued.bytes;
    ++of_station_[StationOf(report.queued)];
    change_.added.push_back(std::move(report));
    return absl::OkStatus();
  }

  const OutboxChange& change() const { return change_; }
  // Whether the change contains the report, which is then durable only once the change is.
  bool Adds(const ledger::Hash& digest) const { return digests_.contains(digest); }

 private:
  static Station StationOf(const QueuedReport& report) {
    return {report.key.election_id, report.key.station_id};
  }

  absl::Status CheckRoom(const QueuedReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(outbox_.mutex_) {
    const OutboxLimits& limits = outbox_.limits_;
    const std::size_t reports = outbox_.entries_.size() + change_.added.size();
    if (reports >= limits.reports_max) {
      return Full(absl::StrCat(reports, " reports"), reports, limits.retry_after_ms);
    }
    if (outbox_.bytes_ + bytes_ + report.bytes > limits.bytes_max) {
      return Full(absl::StrCat(outbox_.bytes_ + bytes_, " bytes of reports"), reports,
                  limits.retry_after_ms);
    }
    const Station station = StationOf(report);
    const auto queued = outbox_.stations_.find(station);
    const std::size_t of_station =
        (queued == outbox_.stations_.end() ? 0 : queued->second.size()) + of_station_[station];
    if (of_station >= limits.station_reports_max) {
      return Full(absl::StrCat(of_station, " reports of station \"", report.key.station_id, "\""),
                  reports, limits.retry_after_ms);
    }
    return absl::OkStatus();
  }

  const Outbox& outbox_;
  OutboxChange change_;
  std::size_t bytes_ = 0;
  absl::flat_hash_set<ledger::Hash> digests_;
  absl::flat_hash_map<Station, std::size_t> of_station_;
  absl::Status full_;
};

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(OutboxStore& store,
                                                     const OutboxLimits& limits) {
  absl::StatusOr<OutboxContent> content = store.Read();
  if (!content.ok()) return content.status();
  auto outbox = absl::WrapUnique(new Outbox(store, limits));
  outbox->Load(*std::move(content));
  return outbox;
}

void Outbox::Load(OutboxContent content) {
  const MutexLock lock(mutex_);
  for (QueuedReport& report : content.queued) {
    last_number_ = std::max(last_number_, report.number);
    Insert(std::move(report));
  }
  for (OutboxRefusal& refusal : content.refused) {
    last_number_ = std::max(last_number_, refusal.number);
    refusals_[refusal.number] = std::move(refusal);
  }
}

std::vector<absl::StatusOr<v1::Receipt>> Outbox::Queue(std::vector<NewReport> reports,
                                                       absl::Time now) {
  std::vector<absl::StatusOr<v1::Receipt>> answers;
  std::vector<ledger::Hash> digests;
  answers.reserve(reports.size());
  digests.reserve(reports.size());
  Admission admission(*this);
  {
    const MutexLock lock(mutex_);
    for (NewReport& report : reports) {
      report.queued.queued_at = now;
      digests.push_back(report.queued.digest);
      v1::Receipt receipt = QueuedReceipt(report.queued);
      const absl::Status taken = admission.Take(std::move(report));
      if (taken.ok()) {
        answers.emplace_back(std::move(receipt));
      } else {
        answers.emplace_back(taken);
      }
    }
  }
  if (admission.change().added.empty()) return answers;
  const absl::Status applied = store_.Apply(admission.change());
  if (!applied.ok()) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].ok() && admission.Adds(digests[i])) answers[i] = applied;
    }
    return answers;
  }
  const MutexLock lock(mutex_);
  for (const NewReport& report : admission.change().added) Insert(report.queued);
  return answers;
}

absl::StatusOr<std::vector<OutgoingReport>> Outbox::TakeReady(absl::Duration steady_now) {
  std::vector<std::int64_t> numbers;
  {
    const MutexLock lock(mutex_);
    numbers = ChooseReady(steady_now);
  }
  std::vector<OutgoingReport> outgoing;
  if (numbers.empty()) return outgoing;
  absl::StatusOr<std::vector<std::string>> submitted = store_.ReadSubmitted(numbers);
  if (!submitted.ok()) {
    GiveBack(numbers);
    return submitted.status();
  }
  outgoing.reserve(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    outgoing.push_back({.number = numbers[i], .submitted = std::move((*submitted)[i])});
  }
  return outgoing;
}

std::vector<std::int64_t> Outbox::ChooseReady(absl::Duration steady_now) {
  while (!waiting_.empty() && waiting_.begin()->first <= steady_now) {
    ready_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
  std::vector<std::int64_t> numbers;
  while (!ready_.empty() && sending_ < limits_.sending_reports_max) {
    Entry& entry = entries_.at(*ready_.begin());
    // A single report is sent however large it is.
    if (sending_ > 0 && sending_bytes_ + entry.report.bytes > limits_.sending_bytes_max) break;
    entry.sending = true;
    ++sending_;
    sending_bytes_ += entry.report.bytes;
    numbers.push_back(entry.report.number);
    ready_.erase(ready_.begin());
  }
  return numbers;
}

absl::Status Outbox::Settle(std::vector<Outcome> outcomes, absl::Time now,
                            absl::Duration steady_now) {
  {
    const MutexLock lock(mutex_);
    for (Outcome& outcome : outcomes) {
      const auto found = entries_.find(outcome.number);
      if (found == entries_.end() || !found->second.sending) continue;
      Entry& entry = found->second;
      entry.sending = false;
      --sending_;
      sending_bytes_ -= entry.report.bytes;
      const std::vector<std::int64_t>& station =
          stations_.at({entry.report.key.election_id, entry.report.key.station_id});
      if (!IsOutcome(outcome.receipt)) {
        Offer(station);
        continue;
      }
      if (IsEarly(outcome.receipt) && Postpone(entry, steady_now)) continue;
      if (outcome.receipt.state() == v1::RECEIPT_STATE_REFUSED) {
        Refuse(entry.report, std::move(outcome.receipt), now);
      }
      Remove(entry);
    }
  }
  if (unsaved_.empty()) return absl::OkStatus();
  const absl::Status applied = store_.Apply(unsaved_);
  if (applied.ok()) unsaved_ = {};
  return applied;
}

void Outbox::GiveBack(const std::vector<std::int64_t>& numbers) {
  const MutexLock lock(mutex_);
  for (const std::int64_t number : numbers) {
    const auto found = entries_.find(number);
    if (found == entries_.end() || !found->second.sending) continue;
    found->second.sending = false;
    --sending_;
    sending_bytes_ -= found->second.report.bytes;
    const election::ReportKey& key = found->second.report.key;
    Offer(stations_.at({key.election_id, key.station_id}));
  }
}

bool Outbox::HasUnsaved() const { return !unsaved_.empty(); }

std::optional<absl::Duration> Outbox::NextTurnAt() const {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

bool Outbox::Holds(std::string_view election_id, std::string_view station_id) const {
  const MutexLock lock(mutex_);
  return stations_.contains(Station(election_id, station_id));
}

std::optional<v1::Receipt> Outbox::FindQueued(const election::ReportKey& key) const {
  const MutexLock lock(mutex_);
  const auto station = stations_.find(Station(key.election_id, key.station_id));
  if (station == stations_.end()) return std::nullopt;
  const QueuedReport* newest = nullptr;
  for (const std::int64_t number : station->second) {
    const QueuedReport& report = entries_.at(number).report;
    if (!Matches(key, report.key)) continue;
    if (newest == nullptr || report.key.revision >= newest->key.revision) newest = &report;
  }
  if (newest == nullptr) return std::nullopt;
  return QueuedReceipt(*newest);
}

std::optional<v1::Receipt> Outbox::FindRefused(const election::ReportKey& key) const {
  const MutexLock lock(mutex_);
  const v1::Receipt* newest = nullptr;
  for (const auto& [number, refusal] : refusals_) {
    if (Matches(key, rpc::FromProto(refusal.receipt.key()))) newest = &refusal.receipt;
  }
  if (newest == nullptr) return std::nullopt;
  return *newest;
}

std::vector<OutboxItem> Outbox::List(const OutboxFilter& filter, std::int64_t after,
                                     std::size_t count) const {
  const auto wanted = [&filter](v1::ReceiptState state) {
    return filter.state == v1::RECEIPT_STATE_UNSPECIFIED || filter.state == state;
  };
  const auto about = [&filter](const std::string& election_id, const std::string& station_id) {
    return Matches(filter.election_id, election_id) && Matches(filter.station_id, station_id);
  };
  std::vector<OutboxItem> items;
  const MutexLock lock(mutex_);
  for (auto entry = entries_.upper_bound(after);
       wanted(v1::RECEIPT_STATE_QUEUED) && entry != entries_.end() && items.size() < count;
       ++entry) {
    const QueuedReport& report = entry->second.report;
    if (!about(report.key.election_id, report.key.station_id)) continue;
    items.push_back(
        {.number = report.number, .receipt = QueuedReceipt(report), .queued_at = report.queued_at});
  }
  const std::size_t queued = items.size();
  for (auto found = refusals_.upper_bound(after);
       wanted(v1::RECEIPT_STATE_REFUSED) && found != refusals_.end() &&
       items.size() < queued + count;
       ++found) {
    const OutboxRefusal& refusal = found->second;
    if (!about(refusal.receipt.key().election_id(), refusal.receipt.key().station_id())) continue;
    items.push_back({.number = refusal.number,
                     .receipt = refusal.receipt,
                     .queued_at = refusal.queued_at,
                     .refused_at = refusal.refused_at});
  }
  std::inplace_merge(
      items.begin(), items.begin() + static_cast<std::ptrdiff_t>(queued), items.end(),
      [](const OutboxItem& left, const OutboxItem& right) { return left.number < right.number; });
  if (items.size() > count) items.resize(count);
  return items;
}

OutboxSummary Outbox::Summary() const {
  const MutexLock lock(mutex_);
  OutboxSummary summary = {
      .queued = entries_.size(), .queued_bytes = bytes_, .refused = refusals_.size()};
  if (!entries_.empty()) summary.oldest_queued_at = entries_.begin()->second.report.queued_at;
  return summary;
}

void Outbox::Insert(QueuedReport report) {
  bytes_ += report.bytes;
  std::vector<std::int64_t>& station =
      stations_[Station(report.key.election_id, report.key.station_id)];
  if (!station.empty()) Withdraw(station);
  // Inserts the report before the first one that is not in flight and has a higher number or was
  // early. Reports may be stored in another order than they arrived, and an early report may be
  // waiting for this one.
  const std::int64_t number = report.number;
  auto later = station.begin();
  for (; later != station.end(); ++later) {
    const Entry& entry = entries_.at(*later);
    if (!entry.sending && (*later > number || entry.not_before != -absl::InfiniteDuration())) break;
  }
  station.insert(later, number);
  entries_[number].report = std::move(report);
  Offer(station);
}

void Outbox::Remove(const Entry& entry) {
  const std::int64_t number = entry.report.number;
  bytes_ -= entry.report.bytes;
  const auto station =
      stations_.find(Station(entry.report.key.election_id, entry.report.key.station_id));
  std::vector<std::int64_t>& numbers = station->second;
  numbers.erase(std::find(numbers.begin(), numbers.end(), number));
  entries_.erase(number);
  unsaved_.removed.push_back(number);
  if (numbers.empty()) {
    stations_.erase(station);
  } else {
    Offer(numbers);
  }
}

void Outbox::Refuse(const QueuedReport& report, v1::Receipt receipt, absl::Time now) {
  // The aggregator's key may name ids that the station left out. Without it, the key stays as
  // submitted.
  if (!receipt.has_key()) *receipt.mutable_key() = rpc::ToProto(report.key);
  OutboxRefusal refusal = {.number = report.number,
                           .queued_at = report.queued_at,
                           .refused_at = now,
                           .receipt = std::move(receipt)};
  unsaved_.refused.push_back(refusal);
  refusals_[report.number] = std::move(refusal);
  while (refusals_.size() > limits_.refusals_max) {
    unsaved_.forgotten.push_back(refusals_.begin()->first);
    refusals_.erase(refusals_.begin());
  }
}

bool Outbox::Postpone(Entry& entry, absl::Duration steady_now) {
  if (entry.gap_wait == absl::ZeroDuration()) {
    entry.gap_wait = limits_.gap_first_wait;
    entry.gap_until = steady_now + limits_.gap_patience;
  } else {
    entry.gap_wait *= 2;
  }
  if (steady_now >= entry.gap_until) return false;
  entry.not_before = std::min(steady_now + entry.gap_wait, entry.gap_until);
  // Moves the report to the end, because its predecessor may be among those behind it.
  std::vector<std::int64_t>& station =
      stations_.at({entry.report.key.election_id, entry.report.key.station_id});
  const auto place = std::find(station.begin(), station.end(), entry.report.number);
  std::rotate(place, std::next(place), station.end());
  Offer(station);
  return true;
}

void Outbox::Offer(const std::vector<std::int64_t>& station) {
  const Entry& first = entries_.at(station.front());
  if (first.sending) return;
  if (first.not_before == -absl::InfiniteDuration()) {
    ready_.insert(first.report.number);
  } else {
    waiting_.insert({first.not_before, first.report.number});
  }
}

void Outbox::Withdraw(const std::vector<std::int64_t>& station) {
  const Entry& first = entries_.at(station.front());
  ready_.erase(first.report.number);
  waiting_.erase({first.not_before, first.report.number});
}

bool Outbox::IsQueued(const QueuedReport& report) const {
  const auto station = stations_.find(Station(report.key.election_id, report.key.station_id));
  if (station == stations_.end()) return false;
  const auto is_same = [&](std::int64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return entries_.at(number).report.digest == report.digest;
  };
  return std::any_of(station->second.begin(), station->second.end(), is_same);
}

}  // namespace canvass::station_reporter
