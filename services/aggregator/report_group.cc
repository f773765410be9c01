#include "services/aggregator/report_group.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>

#include "common/ledger/encoding.h"
#include "services/aggregator/refused_reports.h"

namespace canvass::aggregator {
namespace {

using election::CheckedReport;
using election::Finding;
using election::ReportRecorded;
using election::Severity;

election::ReportKey KeyAsSubmitted(const election::StationReport& report) {
  return {.election_id = report.election_id,
          .contest_id = report.contest_id,
          .source_id = report.source_id,
          .station_id = report.station_id,
          .revision = report.revision};
}

election::ReportKey KeyOf(const election::Definition& definition,
                          const election::StationReport& report, const CheckedReport& checked) {
  election::ReportKey key = KeyAsSubmitted(report);
  if (!checked.identified) return key;
  const election::StationKey& numbers = checked.recorded.key;
  key.contest_id = definition.contests()[static_cast<std::size_t>(numbers.contest_no)].id;
  key.source_id = definition.sources()[static_cast<std::size_t>(numbers.source_no)].id;
  return key;
}

// Whether a definition that came after the report was recorded can be why the rule is broken.
bool DependsOnDefinition(election::Rule rule) {
  return election::MaySetSeverity(rule) || rule == election::Rule::kStationClosed ||
         rule == election::Rule::kStationCountedElsewhere;
}

// Whether every number of the report is in its place.
bool IsWellFormed(const CheckedReport& checked) {
  return checked.identified &&
         std::none_of(checked.findings.begin(), checked.findings.end(), [](const Finding& finding) {
           return finding.severity == Severity::kReject && !DependsOnDefinition(finding.rule);
         });
}

}  // namespace

void ReportGroup::SetTime(absl::Time now) {
  now_ = now;
  for (auto& [booked, builder] : builders_) builder = builder.Behind(now);
}

void ReportGroup::Reserve(std::size_t reports) {
  receipts_.reserve(reports);
  append_.entries.reserve(reports);
  touched_.reserve(reports);
}

void ReportGroup::Prefetch(const LedgerBook::Contents& book, const SubmittedReport& submitted) {
  const BookedLedger* const booked = Find(book, submitted.report.election_id);
  if (booked != nullptr) {
    booked->count().definition().PrefetchStation(submitted.report.station_id);
  }
}

bool ReportGroup::Add(const LedgerBook::Contents& book, const SubmittedReport& submitted) {
  const BookedLedger* const booked = Find(book, submitted.report.election_id);
  if (booked == nullptr) {
    AddForUnknownElection(submitted);
    return true;
  }
  CheckedReport checked =
      election::CheckReport(booked->count().definition(), submitted.report, now_);
  if (checked.identified) {
    const StationOfElection station = {booked, checked.recorded.key};
    if (before_ != nullptr && before_->touched_.contains(station)) return false;
    if (!touched_.insert(station).second) return false;
  }
  AddChecked(*booked, submitted, std::move(checked));
  return true;
}

// Reports of one election come in a row.
const BookedLedger* ReportGroup::Find(const LedgerBook::Contents& book,
                                      const std::string& election_id) {
  if (found_ == nullptr || found_->folded().election_id() != election_id) {
    found_ = book.Find(election_id);
  }
  return found_;
}

// There is no ledger that could keep it.
void ReportGroup::AddForUnknownElection(const SubmittedReport& submitted) {
  Finding unknown{.rule = election::Rule::kElectionUnknown,
                  .severity = Severity::kReject,
                  .field = "election_id",
                  .subject = submitted.report.election_id};
  Receipt receipt{.key = KeyAsSubmitted(submitted.report), .state = ReceiptState::kRefused};
  receipt.findings.push_back(std::move(unknown));
  LimitTexts(receipt.findings);
  receipts_.push_back(std::move(receipt));
}

void ReportGroup::AddChecked(const BookedLedger& booked, const SubmittedReport& submitted,
                             CheckedReport checked) {
  if (IsWellFormed(checked) && AddIfRepeated(booked, submitted, checked)) return;
  if (checked.identified) election::CheckAgainstCount(booked.count(), checked);
  LimitTexts(checked.findings);
  Receipt receipt{.key = KeyOf(booked.count().definition(), submitted.report, checked),
                  .findings = checked.findings};
  if (checked.outcome == Severity::kReject) {
    Refuse(submitted, std::move(receipt));
  } else {
    Record(booked, submitted, std::move(receipt), std::move(checked.recorded));
  }
}

bool ReportGroup::AddIfRepeated(const BookedLedger& booked, const SubmittedReport& submitted,
                                const CheckedReport& checked) {
  const std::optional<std::int64_t> sequence =
      booked.count().FindRevision(checked.recorded.key, checked.recorded.revision);
  if (!sequence.has_value()) return false;
  const election::Entry entry = booked.folded().EntryAt(*sequence);
  const auto& recorded = std::get<ReportRecorded>(entry.event);
  if (ledger::EncodeContent(recorded) != ledger::EncodeContent(checked.recorded)) return false;
  receipts_.push_back({.key = KeyOf(booked.count().definition(), submitted.report, checked),
                       .state = recorded.held ? ReceiptState::kHeld : ReceiptState::kRecorded,
                       .sequence = *sequence,
                       .entry_hash = booked.folded().log().LeafHashOf(*sequence),
                       .recorded_at = entry.recorded_at,
                       .findings = recorded.findings,
                       .repeated_submission = true});
  return true;
}

void ReportGroup::Refuse(const SubmittedReport& submitted, Receipt receipt) {
  receipt.state = ReceiptState::kRefused;
  if (!submitted.validate_only) {
    append_.refusals.push_back(WithinLimits({.report = submitted.report,
                                             .findings = receipt.findings,
                                             .refused_at = now_,
                                             .actor = submitted.actor}));
  }
  receipts_.push_back(std::move(receipt));
}

void ReportGroup::Record(const BookedLedger& booked, const SubmittedReport& submitted,
                         Receipt receipt, ReportRecorded recorded) {
  receipt.state = recorded.held ? ReceiptState::kHeld : ReceiptState::kRecorded;
  if (!submitted.validate_only) {
    AppendedEntry entry = BuilderOf(booked).Next(submitted.actor, std::move(recorded));
    receipt.sequence = entry.entry.sequence;
    receipt.entry_hash = entry.leaf_hash;
    receipt.recorded_at = entry.entry.recorded_at;
    append_.entries.push_back(std::move(entry));
  }
  receipts_.push_back(std::move(receipt));
}

EntryBuilder& ReportGroup::BuilderOf(const BookedLedger& booked) {
  const auto found = builders_.find(&booked);
  if (found != builders_.end()) return found->second;
  return builders_.emplace(&booked, NewBuilder(booked)).first->second;
}

// Goes on where the group before will end.
EntryBuilder ReportGroup::NewBuilder(const BookedLedger& booked) const {
  if (before_ != nullptr) {
    const auto found = before_->builders_.find(&booked);
    if (found != before_->builders_.end()) return found->second.Behind(now_);
  }
  return {booked.folded().election_id(), &booked, now_};
}

}  // namespace canvass::aggregator
