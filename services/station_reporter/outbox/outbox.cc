#include "services/station_reporter/outbox/outbox.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/utf8.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"
#include "common/rpc/report_proto.h"
#include "common/telemetry/log.h"

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

absl::Status StationFull(const std::string& station_id, std::size_t reports,
                         const OutboxLimits& limits) {
  return MakeError(reason::kOutboxFull,
                   absl::StrCat("This report cannot be sent to the aggregator yet, and ", reports,
                                " reports of station \"", station_id,
                                "\" already wait in this reporter's outbox; at most ",
                                limits.station_reports_max,
                                " may. This report was not kept. Send it again later."),
                   {.metadata = {{"limit", "station"},
                                 {"reports_queued", absl::StrCat(reports)},
                                 {"reports_max", absl::StrCat(limits.station_reports_max)}},
                    .retry_after_ms = limits.retry_after_ms});
}

// Lines of damaged reports in the log. `canvass outbox` lists all of them.
constexpr std::size_t kDamagedLoggedMax = 100;

// A number that Queue can have given. A larger one was changed.
constexpr std::int64_t kNumberMax = std::int64_t{1} << 53U;

// Text of a damaged row may be anything. A message of protobuf takes only UTF-8.
std::string Legible(const std::string& text) {
  return IsUtf8(text) ? text : absl::CHexEscape(text);
}

OutboxItem ItemOf(const OutboxRefusal& refusal) {
  OutboxItem item = {
      .number = refusal.number, .receipt = refusal.receipt, .queued_at = refusal.queued_at};
  if (refusal.refused_at != absl::InfinitePast()) item.refused_at = refusal.refused_at;
  return item;
}

OutboxRefusal RefusalOf(const DamagedReport& report) {
  OutboxRefusal refusal = {
      .number = report.number, .queued_at = report.queued_at, .refused_at = absl::InfinitePast()};
  refusal.receipt.set_state(v1::RECEIPT_STATE_REFUSED);
  v1::ReportKey& key = *refusal.receipt.mutable_key();
  key.set_election_id(Legible(report.key.election_id));
  key.set_contest_id(Legible(report.key.contest_id));
  key.set_source_id(Legible(report.key.source_id));
  key.set_station_id(Legible(report.key.station_id));
  key.set_revision(report.key.revision);
  v1::Finding& finding = *refusal.receipt.add_findings();
  finding.set_rule(std::string(reason::kReportDamaged.name));
  finding.set_severity(v1::SEVERITY_REJECT);
  finding.set_message(
      absl::StrCat("report ", report.number,
                   " of the outbox was changed on the disk after it was queued, or can no longer "
                   "be read. It was not sent and is kept as it is. Send the report again"));
  return refusal;
}

}  // namespace

// The reports that one call of Queue adds. Take requires the outbox's lock.
class Outbox::Admission {
 public:
  explicit Admission(Outbox& outbox) : outbox_(outbox) {}

  // Returns OK if the report will be added, or if the same report will be added or is already
  // queued. A report that will be added uses its shares from now on. Thread safety analysis is off
  // because Clang does not see that the caller holds this very lock.
  absl::Status Take(NewReport report) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (outbox_.IsQueued(report.queued) || digests_.contains(report.queued.digest)) {
      return absl::OkStatus();
    }
    // Once one report was turned away, so are all later ones of its caller: they may have to follow
    // it.
    absl::Status& full = full_[report.queued.caller];
    if (full.ok()) full = CheckRoom(report.queued);
    if (!full.ok()) return full;
    digests_.insert(report.queued.digest);
    outbox_.shares_.Add(report.queued);
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
    absl::Status room = outbox_.shares_.CheckRoom(report);
    if (!room.ok()) return room;
    const Station station = StationOf(report);
    const auto queued = outbox_.stations_.find(station);
    const std::size_t of_station =
        (queued == outbox_.stations_.end() ? 0 : queued->second.size()) + of_station_[station];
    if (of_station >= outbox_.limits_.station_reports_max) {
      return StationFull(report.key.station_id, of_station, outbox_.limits_);
    }
    return absl::OkStatus();
  }

  Outbox& outbox_;
  OutboxChange change_;
  absl::flat_hash_set<ledger::Hash> digests_;
  absl::flat_hash_map<Station, std::size_t> of_station_;
  absl::flat_hash_map<std::uint64_t, absl::Status> full_;  // by caller
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
  shares_.Know(content.elections);
  for (QueuedReport& report : content.queued) {
    last_number_ = std::max(last_number_, report.number);
    shares_.Add(report);
    Insert(std::move(report));
  }
  for (const DamagedReport& report : content.damaged) {
    if (report.number <= kNumberMax) last_number_ = std::max(last_number_, report.number);
    SetAside(report);
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
    const MutexLock lock(mutex_);
    for (const NewReport& report : admission.change().added) shares_.Remove(report.queued);
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
  std::vector<OutgoingReport> outgoing;
  while (outgoing.empty()) {
    std::vector<std::int64_t> numbers;
    {
      const MutexLock lock(mutex_);
      numbers = ChooseReady(steady_now);
    }
    if (numbers.empty()) break;
    absl::StatusOr<std::vector<std::string>> submitted = store_.ReadSubmitted(numbers);
    if (!submitted.ok()) {
      GiveBack(numbers);
      return submitted.status();
    }
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      Entry& entry = entries_.at(numbers[i]);
      if ((*submitted)[i].empty()) {
        SetAside(
            {.number = numbers[i], .key = entry.report.key, .queued_at = entry.report.queued_at});
        EndSending(entry);
        Drop(entry);
      } else {
        outgoing.push_back({.number = numbers[i],
                            .key = entry.report.key,
                            .submitted = std::move((*submitted)[i])});
      }
    }
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
      EndSending(entry);
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
      unsaved_.removed.push_back(entry.report.number);
      Drop(entry);
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
    EndSending(found->second);
    const election::ReportKey& key = found->second.report.key;
    Offer(stations_.at({key.election_id, key.station_id}));
  }
}

absl::Status Outbox::Know(const std::vector<std::string>& election_ids) {
  std::vector<std::string> learned;
  {
    const MutexLock lock(mutex_);
    for (const std::string& id : election_ids) {
      if (!shares_.Knows(id)) learned.push_back(id);
    }
    shares_.Know(learned);
  }
  if (learned.empty()) return absl::OkStatus();
  return store_.Apply({.elections = std::move(learned)});
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
  const OutboxRefusal* newest = nullptr;
  for (const auto* refusals : {&refusals_, &damaged_}) {
    for (const auto& [number, refusal] : *refusals) {
      if (!Matches(key, rpc::FromProto(refusal.receipt.key()))) continue;
      if (newest == nullptr || number > newest->number) newest = &refusal;
    }
  }
  if (newest == nullptr) return std::nullopt;
  return newest->receipt;
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
  if (wanted(v1::RECEIPT_STATE_REFUSED)) {
    for (const auto* refusals : {&refusals_, &damaged_}) {
      const std::size_t before = items.size();
      for (auto found = refusals->upper_bound(after);
           found != refusals->end() && items.size() < before + count; ++found) {
        const OutboxRefusal& refusal = found->second;
        const v1::ReportKey& key = refusal.receipt.key();
        if (about(key.election_id(), key.station_id())) items.push_back(ItemOf(refusal));
      }
    }
  }
  std::sort(items.begin(), items.end(), [](const OutboxItem& left, const OutboxItem& right) {
    return left.number < right.number;
  });
  if (items.size() > count) items.resize(count);
  return items;
}

OutboxSummary Outbox::Summary() const {
  const MutexLock lock(mutex_);
  OutboxSummary summary = {.queued = entries_.size(),
                           .queued_bytes = shares_.all().bytes,
                           .refused = refusals_.size(),
                           .damaged = damaged_.size()};
  if (!entries_.empty()) summary.oldest_queued_at = entries_.begin()->second.report.queued_at;
  return summary;
}

void Outbox::Insert(QueuedReport report) {
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

void Outbox::EndSending(Entry& entry) {
  entry.sending = false;
  --sending_;
  sending_bytes_ -= entry.report.bytes;
}

void Outbox::Drop(const Entry& entry) {
  const std::int64_t number = entry.report.number;
  shares_.Remove(entry.report);
  const auto station =
      stations_.find(Station(entry.report.key.election_id, entry.report.key.station_id));
  std::vector<std::int64_t>& numbers = station->second;
  numbers.erase(std::find(numbers.begin(), numbers.end(), number));
  entries_.erase(number);
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

void Outbox::SetAside(const DamagedReport& report) {
  OutboxRefusal refusal = RefusalOf(report);
  const v1::ReportKey& key = refusal.receipt.key();
  if (damaged_.size() < kDamagedLoggedMax) {
    telemetry::LogError(absl::StrCat(
        "report ", report.number, " of the outbox (election \"", key.election_id(),
        "\", station \"", key.station_id(), "\", revision ", key.revision(),
        ") was changed on the disk or can no longer be read; it is not sent (REPORT_DAMAGED)"));
  } else if (damaged_.size() == kDamagedLoggedMax) {
    telemetry::LogError("more damaged reports are not logged; `canvass outbox` lists all of them");
  }
  damaged_.emplace(report.number, std::move(refusal));
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
