#include "services/aggregator/aggregator_metrics.h"

#include <array>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/rule.h"
#include "common/election/tally.h"

namespace canvass::aggregator {
namespace {

using telemetry::MetricLabels;
using telemetry::MetricSheet;

constexpr std::array<std::pair<ReceiptState, const char*>, 3> kResults = {
    {{ReceiptState::kRecorded, "RECORDED"},
     {ReceiptState::kHeld, "HELD"},
     {ReceiptState::kRefused, "REFUSED"}}};

void AddReceipts(const WriterFigures& figures, ReceiptState state, const char* result,
                 MetricSheet& sheet) {
  sheet.AddCounter("canvass_reports_total", "Reports that were answered, by result.",
                   static_cast<double>(figures.receipts(state)), {{"result", result}});
  for (const election::Rule rule : election::AllRules()) {
    const WriterFigures::Count count = figures.receipts(state, rule);
    if (count == 0) continue;
    sheet.AddCounter("canvass_report_findings_total",
                     "Reports that broke a rule, by rule and result.", static_cast<double>(count),
                     {{"rule", std::string(election::RuleName(rule))}, {"result", result}});
  }
}

void AddProgress(const election::Progress& progress, MetricLabels labels, MetricSheet& sheet) {
  labels.emplace_back("state", "");
  const auto add = [&](const char* state, std::int32_t stations) {
    labels.back().second = state;
    sheet.AddGauge("canvass_stations",
                   "Stations of a contest, by source and state. The states are those of expected "
                   "stations, which are their sum.",
                   stations, labels);
  };
  add("counted", progress.counted);
  add("held", progress.held);
  add("annulled", progress.annulled);
  add("missing", progress.missing());
}

void AddContests(const std::string& election_id, const election::Count& count, MetricSheet& sheet) {
  const election::Definition& definition = count.definition();
  for (std::size_t contest = 0; contest < definition.contests().size(); ++contest) {
    for (std::size_t source = 0; source < definition.sources().size(); ++source) {
      const auto contest_no = static_cast<int>(contest);
      const election::Progress progress = count.ProgressOfArea(
          contest_no, static_cast<int>(source), definition.AreaOfContest(contest_no));
      if (progress.expected == 0) continue;
      AddProgress(progress,
                  {{"election", election_id},
                   {"contest", definition.contests()[contest].id},
                   {"source", definition.sources()[source].id}},
                  sheet);
    }
  }
}

void AddTimes(const std::string& election_id, const ledger::ElectionLedger& ledger,
              MetricSheet& sheet) {
  sheet.AddGauge(
      "canvass_last_entry_timestamp_seconds", "When the newest entry of the ledger was recorded.",
      absl::ToDoubleSeconds(ledger.recorded_at() - absl::UnixEpoch()), {{"election", election_id}});
  const auto& polls_close_at = ledger.count().definition().policy().polls_close_at;
  if (!polls_close_at) return;
  sheet.AddGauge("canvass_polls_close_timestamp_seconds", "When the polls close.",
                 absl::ToDoubleSeconds(*polls_close_at - absl::UnixEpoch()),
                 {{"election", election_id}});
}

}  // namespace

void AddLead(const LeadFigures& lead, MetricSheet& sheet) {
  sheet.AddGauge("canvass_leader", "1 if this aggregator has the right to write.",
                 lead.leads ? 1 : 0);
  sheet.AddGauge("canvass_lead_epoch",
                 "How often the lead had been taken when this aggregator took it last.",
                 static_cast<double>(lead.epoch));
  sheet.AddGauge("canvass_ledger_diverged",
                 "1 if the ledger is not what it was; an operator has to look at it.",
                 lead.diverged ? 1 : 0);
}

void AddWriter(const WriterFigures& figures, const WriteQueue::Size& waiting, MetricSheet& sheet) {
  for (const auto& [state, result] : kResults) AddReceipts(figures, state, result, sheet);
  sheet.AddCounter("canvass_reports_repeated_total", "Reports that were recorded before.",
                   static_cast<double>(figures.repeated()));
  sheet.AddCounter("canvass_reports_validated_total", "Reports that were only validated.",
                   static_cast<double>(figures.validated()));
  sheet.AddHistogram("canvass_commit_seconds",
                     "Time from the start of a commit until its outcome was known.",
                     figures.commit_seconds);
  sheet.AddHistogram("canvass_group_reports", "Reports that were committed together.",
                     figures.group_reports);
  sheet.AddGauge("canvass_write_queue_reports",
                 "Reports that were accepted and not answered; other requests count as one.",
                 static_cast<double>(waiting.reports));
  sheet.AddGauge("canvass_write_queue_bytes", "Memory that they hold.",
                 static_cast<double>(waiting.bytes));
}

void AddWatchers(std::size_t watchers, std::size_t report_streams, MetricSheet& sheet) {
  sheet.AddGauge("canvass_ledger_watchers", "Open calls of WatchLedger that are served.",
                 static_cast<double>(watchers));
  sheet.AddGauge("canvass_report_streams", "Open calls of RecordReports.",
                 static_cast<double>(report_streams));
}

void AddElections(const CommittedLedgers::Contents& committed, MetricSheet& sheet) {
  for (const auto& [election_id, ledger] : committed.ledgers) {
    sheet.AddGauge("canvass_ledger_sequence", "Sequence of the newest entry.",
                   static_cast<double>(ledger->sequence()), {{"election", election_id}});
    if (!ledger->count().defined()) continue;
    AddTimes(election_id, *ledger, sheet);
    AddContests(election_id, ledger->count(), sheet);
  }
}

}  // namespace canvass::aggregator
