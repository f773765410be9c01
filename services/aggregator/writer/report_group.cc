#include "services/aggregator/writer/report_group.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>

#include "common/election/entitlement_check.h"
#include "common/ledger/encoding.h"
#include "common/telemetry/trace_context.h"
#include "services/aggregator/writer/held_bytes.h"
#include "services/aggregator/writer/refused_reports.h"
#include "services/aggregator/writer/seals.h"

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

// Whether a recorded report may break this rule only because the definition was changed later.
bool DependsOnDefinition(election::Rule rule) {
  return election::MaySetSeverity(rule) || rule == election::Rule::kStationClosed ||
         rule == election::Rule::kStationCountedElsewhere;
}

// Whether the report itself is sound, so that it can be compared with recorded ones. Its texts are
// compared as they are: one that was recorded under older rules is still the same.
bool IsWellFormed(const CheckedReport& checked) {
  return checked.identified &&
         std::none_of(checked.findings.begin(), checked.findings.end(), [](const Finding& finding) {
           return finding.severity == Severity::kReject && !DependsOnDefinition(finding.rule) &&
                  finding.rule != election::Rule::kTextInvalid;
         });
}

// A receipt with the findings, whose state is still to be set.
Receipt ReceiptOf(const ledger::ElectionLedger& ledger, const SubmittedReport& submitted,
                  const CheckedReport& checked) {
  return {.key = KeyOf(ledger.count().definition(), submitted.report, checked),
          .findings = checked.findings};
}

}  // namespace

void ReportGroup::SetTime(absl::Time now) {
  now_ = now;
  for (auto& [ledger, builder] : builders_) builder = builder.Behind(now);
}

void ReportGroup::Reserve(std::size_t reports) {
  receipts_.reserve(reports);
  transaction_.entries.reserve(reports);
  touched_.reserve(reports);
}

void ReportGroup::Prefetch(const CommittedLedgers::Contents& committed,
                           const SubmittedReport& submitted) {
  const ledger::ElectionLedger* const ledger = Find(committed, submitted.report.election_id);
  if (ledger != nullptr) {
    ledger->count().definition().PrefetchStation(submitted.report.station_id);
  }
}

bool ReportGroup::IsTouched(const Station& station) const {
  return touched_.contains(station) || (before_ != nullptr && before_->touched_.contains(station));
}

std::optional<ReportGroup::Station> ReportGroup::Add(
    const CommittedLedgers::Contents& committed, const SubmittedReport& submitted,
    absl::FunctionRef<bool(const Station&)> is_waiting) {
  const ledger::ElectionLedger* const ledger = Find(committed, submitted.report.election_id);
  if (ledger == nullptr) {
    AddForUnknownElection(submitted);
    return std::nullopt;
  }
  const election::Definition& definition = ledger->count().definition();
  CheckedReport checked = election::CheckReport(definition, submitted.report, now_);
  if (checked.identified && !election::CheckEntitlement(definition, submitted.actor, checked)) {
    RefuseChecked(*ledger, submitted, checked);
    return std::nullopt;
  }
  // A wait would tell that a sealed report of the station is being recorded.
  const bool may_wait = !submitted.validate_only || !checked.identified ||
                        !MustSeal(ledger->count(), checked.recorded.key.source_no, now_);
  if (checked.identified && may_wait) {
    const Station station = {ledger, checked.recorded.key};
    if (IsTouched(station) || is_waiting(station)) return station;
  }
  const Basis basis = BasisOf(committed, *ledger, submitted, checked);
  AddChecked(basis, submitted, std::move(checked));
  return std::nullopt;
}

// Anyone may validate a report, so the answer does not depend on what is sealed.
ReportGroup::Basis ReportGroup::BasisOf(const CommittedLedgers::Contents& committed,
                                        const ledger::ElectionLedger& ledger,
                                        const SubmittedReport& submitted,
                                        const CheckedReport& checked) {
  const bool may_know = checked.identified && !submitted.validate_only;
  return {
      .ledger = ledger,
      .sealed = may_know ? committed.FindSealed(ledger, checked.recorded.key.source_no) : nullptr};
}

// Keeps the last result, because the reports of one election usually come in a row.
const ledger::ElectionLedger* ReportGroup::Find(const CommittedLedgers::Contents& committed,
                                                const std::string& election_id) {
  if (found_ == nullptr || found_->election_id() != election_id) {
    found_ = committed.Find(election_id);
  }
  return found_;
}

void ReportGroup::AddReceipt(Receipt receipt) {
  bytes_ += HeldBytes(receipt);
  receipts_.push_back(std::move(receipt));
}

// What is kept says who submitted what for which election, without the numbers: nobody can know
// whether they are under embargo.
void ReportGroup::AddForUnknownElection(const SubmittedReport& submitted) {
  Finding unknown{.rule = election::Rule::kElectionUnknown,
                  .severity = Severity::kReject,
                  .field = "election_id",
                  .subject = submitted.report.election_id};
  Receipt receipt{.key = KeyAsSubmitted(submitted.report)};
  receipt.findings.push_back(std::move(unknown));
  LimitTexts(receipt.findings);
  const election::StationReport& report = submitted.report;
  Refuse({.report = {.election_id = report.election_id,
                     .contest_id = report.contest_id,
                     .source_id = report.source_id,
                     .station_id = report.station_id,
                     .revision = report.revision},
          .actor = submitted.actor,
          .validate_only = submitted.validate_only},
         std::move(receipt));
}

void ReportGroup::AddChecked(const Basis& basis, const SubmittedReport& submitted,
                             CheckedReport checked) {
  if (IsWellFormed(checked) && AddIfRepeated(basis, submitted, checked)) return;
  if (checked.identified) election::CheckAgainstCount(basis.count(), checked);
  if (checked.outcome == Severity::kReject) {
    RefuseChecked(basis.ledger, submitted, checked);
    return;
  }
  LimitTexts(checked.findings);
  Record(basis.ledger, submitted, ReceiptOf(basis.ledger, submitted, checked),
         std::move(checked.recorded));
}

void ReportGroup::RefuseChecked(const ledger::ElectionLedger& ledger,
                                const SubmittedReport& submitted, CheckedReport& checked) {
  LimitTexts(checked.findings);
  Refuse(submitted, ReceiptOf(ledger, submitted, checked));
}

bool ReportGroup::AddIfRepeated(const Basis& basis, const SubmittedReport& submitted,
                                const CheckedReport& checked) {
  const ledger::ElectionLedger& ledger = basis.ledger;
  const std::optional<std::int64_t> sequence =
      basis.count().FindRevision(checked.recorded.key, checked.recorded.revision);
  if (!sequence.has_value()) return false;
  election::Entry stored = ledger.EntryAt(*sequence);
  const ledger::ElectionLedger::Acknowledgement acknowledged = ledger.AcknowledgementOf(stored);
  const election::Entry entry = election::AsCounted(std::move(stored));
  const SealedContents::Item* const item =
      basis.sealed == nullptr ? nullptr : basis.sealed->Find(*sequence);
  const auto& recorded = item == nullptr ? std::get<ReportRecorded>(entry.event)
                                         : std::get<ReportRecorded>(item->content.event);
  if (ledger::EncodeContent(recorded) != ledger::EncodeContent(checked.recorded)) return false;
  AddReceipt({.key = KeyOf(ledger.count().definition(), submitted.report, checked),
              .state = recorded.held ? ReceiptState::kHeld : ReceiptState::kRecorded,
              .sequence = acknowledged.sequence,
              .entry_hash = acknowledged.entry_hash,
              .recorded_at = acknowledged.recorded_at,
              .findings = recorded.findings,
              .repeated_submission = true,
              .sealed = item != nullptr || acknowledged.sealed});
  return true;
}

void ReportGroup::Refuse(const SubmittedReport& submitted, Receipt receipt) {
  receipt.state = ReceiptState::kRefused;
  if (!submitted.validate_only) {
    transaction_.refusals.push_back(WithinLimits({.report = submitted.report,
                                                  .findings = receipt.findings,
                                                  .refused_at = now_,
                                                  .actor = submitted.actor}));
    refusal_bytes_ += BytesOf(transaction_.refusals.back());
    if (refusal_bytes_ > refusal_bytes_max_) {
      refusal_bytes_ = DropOld(transaction_.refusals);
      refusal_bytes_max_ = 2 * std::max(refusal_bytes_, RefusedReports::kBytesPerActorMax);
    }
  }
  AddReceipt(std::move(receipt));
}

Transaction& ReportGroup::transaction() {
  refusal_bytes_ = DropOld(transaction_.refusals);
  return transaction_;
}

void ReportGroup::Record(const ledger::ElectionLedger& ledger, const SubmittedReport& submitted,
                         Receipt receipt, ReportRecorded recorded) {
  receipt.state = recorded.held ? ReceiptState::kHeld : ReceiptState::kRecorded;
  receipt.sealed = MustSeal(ledger.count(), recorded.key.source_no, now_);
  if (!submitted.validate_only) {
    touched_.insert({&ledger, recorded.key});
    const AppendedEntry& entry =
        AddEntry(ledger, submitted.actor, std::move(recorded), receipt.sealed);
    bytes_ += entry.bytes.size();
    receipt.sequence = entry.entry.sequence;
    receipt.entry_hash = entry.leaf_hash;
    receipt.recorded_at = entry.entry.recorded_at;
    // A seal hides whose it is.
    const auto trace = receipt.sealed || submitted.traceparent.empty()
                           ? std::nullopt
                           : telemetry::ParseTraceparent(submitted.traceparent);
    if (trace) transaction_.entries.back().trace_id = trace->trace_id;
  }
  AddReceipt(std::move(receipt));
}

const AppendedEntry& ReportGroup::AddEntry(const ledger::ElectionLedger& ledger,
                                           const std::string& actor, ReportRecorded recorded,
                                           bool is_sealed) {
  EntryBuilder& builder = BuilderOf(ledger);
  if (is_sealed) {
    return AddSeal(builder, ledger.count().definition(),
                   {.actor = actor, .event = std::move(recorded)}, new_nonce_(), now_,
                   transaction_);
  }
  return transaction_.entries.emplace_back(builder.Next(actor, std::move(recorded)));
}

EntryBuilder& ReportGroup::BuilderOf(const ledger::ElectionLedger& ledger) {
  const auto found = builders_.find(&ledger);
  if (found != builders_.end()) return found->second;
  return builders_.emplace(&ledger, NewBuilder(ledger)).first->second;
}

// Continues after the entries of the group before.
EntryBuilder ReportGroup::NewBuilder(const ledger::ElectionLedger& ledger) const {
  if (before_ != nullptr) {
    const auto found = before_->builders_.find(&ledger);
    if (found != before_->builders_.end()) return found->second.Behind(now_);
  }
  return {ledger.election_id(), &ledger, now_};
}

}  // namespace canvass::aggregator
