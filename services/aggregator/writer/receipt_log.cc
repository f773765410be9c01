#include "services/aggregator/writer/receipt_log.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/election/rule.h"
#include "common/telemetry/log.h"
#include "common/telemetry/log_line.h"
#include "common/telemetry/trace_context.h"
#include "services/aggregator/writer/seals.h"

namespace canvass::aggregator {
namespace {

std::string RulesOf(const Receipt& receipt) {
  std::set<std::string> rules;
  for (const election::Finding& finding : receipt.findings) {
    if (finding.severity == election::Severity::kReject) {
      rules.emplace(election::RuleName(finding.rule));
    }
  }
  return absl::StrJoin(rules, ",");
}

telemetry::LogFields FieldsOf(const Receipt& receipt, const SubmittedReport& submitted) {
  telemetry::LogFields fields = {
      {"election", receipt.key.election_id},      {"contest", receipt.key.contest_id},
      {"source", receipt.key.source_id},          {"station", receipt.key.station_id},
      {"revision", StrCat(receipt.key.revision)}, {"identity", submitted.actor}};
  if (receipt.sequence != 0) fields.push_back({"sequence", StrCat(receipt.sequence)});
  auto trace = telemetry::ParseTraceparent(submitted.traceparent);
  if (trace) {
    fields.push_back({"trace_id", std::move(trace->trace_id)});
    fields.push_back({"span_id", std::move(trace->span_id)});
  }
  return fields;
}

}  // namespace

void ReceiptLog::Add(const Receipt& receipt, const SubmittedReport& submitted, absl::Time now) {
  if (submitted.validate_only || receipt.sealed) return;
  if (receipt.state == ReceiptState::kRefused) return AddRefusal(receipt, submitted, now);
  if (submitted.traceparent.empty() || !telemetry::LogsDebug()) return;
  telemetry::LogDebug(receipt.state == ReceiptState::kHeld ? "holds a report" : "recorded a report",
                      FieldsOf(receipt, submitted));
}

void ReceiptLog::AddRefusal(const Receipt& receipt, const SubmittedReport& submitted,
                            absl::Time now) {
  if (IsUnderEmbargo(receipt.key, now)) return;
  refusals_.Info("refused a report", [&] {
    telemetry::LogFields fields = FieldsOf(receipt, submitted);
    fields.insert(fields.begin(), {"rule", RulesOf(receipt)});
    return fields;
  });
}

bool ReceiptLog::IsUnderEmbargo(const election::ReportKey& key, absl::Time now) const {
  return committed_.Reading([&](const CommittedLedgers::Contents& committed) {
    const ledger::ElectionLedger* const ledger = committed.Find(key.election_id);
    if (ledger == nullptr || !ledger->count().defined()) return false;
    const std::optional<int> source_no = ledger->count().definition().FindSource(key.source_id);
    return source_no.has_value() && MustSeal(ledger->count(), *source_no, now);
  });
}

}  // namespace canvass::aggregator
