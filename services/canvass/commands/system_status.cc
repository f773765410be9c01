#include "services/canvass/commands/system_status.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "nlohmann/json.hpp"
#include "services/canvass/terminal/table.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kRulesShown = 5;

std::int64_t WholeOf(const MetricList& metrics, std::string_view name, std::string_view label = "",
                     std::string_view value = "") {
  return static_cast<std::int64_t>(metrics.Value(name, label, value).value_or(0));
}

// Each service is known by a metric that no other one has.
std::string KindOf(const MetricList& metrics) {
  if (metrics.Value("canvass_leader")) return "aggregator";
  if (metrics.Value("canvass_aggregator_reached")) return "reporter";
  return metrics.Value("canvass_result_watchers") ? "publisher" : "unknown";
}

std::string StateOf(const ServicePages& pages) {
  const MetricList& metrics = pages.metrics;
  if (metrics.all().empty()) return StrCat("does not answer: ", pages.ready);
  if (WholeOf(metrics, "canvass_ledger_diverged") == 1) return StrCat("DIVERGED: ", pages.ready);
  if (WholeOf(metrics, "canvass_leader") == 1) {
    return StrCat("leads (epoch ", WholeOf(metrics, "canvass_lead_epoch"), ")");
  }
  if (pages.ready.ends_with("(NOT_ACTIVE)")) return "stands by";
  if (pages.ready != "ok") return StrCat("not ready: ", pages.ready);
  const bool alone = metrics.Value("canvass_aggregator_reached").value_or(1) == 0;
  return alone ? "ready, but reaches no active aggregator" : "ready";
}

ServiceStatus ServiceOf(const ServicePages& pages) {
  const MetricList& metrics = pages.metrics;
  ServiceStatus status{
      .service = KindOf(metrics), .address = pages.address, .state = StateOf(pages)};
  for (const Metric& sequence : metrics.Find("canvass_ledger_sequence")) {
    status.sequences[sequence.Label("election")] = static_cast<std::int64_t>(sequence.value);
  }
  status.reports_waiting = WholeOf(metrics, "canvass_write_queue_reports") +
                           WholeOf(metrics, "canvass_report_queue_reports") +
                           WholeOf(metrics, "canvass_reports_in_flight");
  status.bytes_waiting = WholeOf(metrics, "canvass_write_queue_bytes") +
                         WholeOf(metrics, "canvass_report_queue_bytes");
  status.reports_queued = WholeOf(metrics, "canvass_outbox_reports", "state", "queued");
  status.memory_bytes = WholeOf(metrics, "process_resident_memory_bytes");
  return status;
}

// Stations of one contest by one source.
struct Stations {
  std::int64_t expected = 0;
  std::int64_t in = 0;
  std::int64_t held = 0;
};

// By election, contest and source, as one service has it.
using StationsBySource =
    std::map<std::string, std::map<std::string, std::map<std::string, Stations>>>;

StationsBySource StationsOf(const MetricList& metrics) {
  StationsBySource by_source;
  for (const Metric& metric : metrics.Find("canvass_stations")) {
    Stations& stations =
        by_source[metric.Label("election")][metric.Label("contest")][metric.Label("source")];
    const auto count = static_cast<std::int64_t>(metric.value);
    const std::string state = metric.Label("state");
    stations.expected += count;
    if (state == "counted" || state == "annulled") stations.in += count;
    if (state == "held") stations.held += count;
  }
  return by_source;
}

// Of each contest the source that has most, which is nearly always the official one.
Stations Furthest(const std::map<std::string, std::map<std::string, Stations>>& contests) {
  Stations sum;
  for (const auto& [contest, sources] : contests) {
    Stations furthest;
    for (const auto& [source, stations] : sources) {
      sum.held += stations.held;
      if (furthest.expected == 0 || stations.in > furthest.in) furthest = stations;
    }
    sum.expected += furthest.expected;
    sum.in += furthest.in;
  }
  return sum;
}

// Standbys follow the leader a moment later, so the highest figures are the newest.
void AddElections(const std::vector<ServicePages>& pages, SystemStatus& status) {
  std::map<std::string, ElectionStatus> elections;
  for (const ServicePages& each : pages) {
    const StationsBySource stations = StationsOf(each.metrics);
    for (const Metric& sequence : each.metrics.Find("canvass_ledger_sequence")) {
      const std::string id = sequence.Label("election");
      ElectionStatus& election = elections[id];
      const auto own = static_cast<std::int64_t>(sequence.value);
      const auto found = stations.find(id);
      if (found != stations.end() && own >= election.sequence) {
        const Stations furthest = Furthest(found->second);
        election.expected = furthest.expected;
        election.in = furthest.in;
        election.held = furthest.held;
      }
      election.id = id;
      election.sequence = std::max(election.sequence, own);
    }
  }
  for (auto& [id, election] : elections) status.elections.push_back(std::move(election));
}

void AddRefused(const std::vector<ServicePages>& pages, SystemStatus& status) {
  std::map<std::string, std::int64_t> by_rule;
  for (const ServicePages& each : pages) {
    for (const Metric& finding : each.metrics.Find("canvass_report_findings_total")) {
      if (finding.Label("result") != "REFUSED") continue;
      by_rule[finding.Label("rule")] += static_cast<std::int64_t>(finding.value);
    }
  }
  status.refused.assign(by_rule.begin(), by_rule.end());
  std::stable_sort(status.refused.begin(), status.refused.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

Row ServiceRow(const SystemStatus& status, const ServiceStatus& service) {
  return {service.service,
          service.address,
          Printable(service.state),
          service.sequences.empty() ? "" : StrCat(status.Behind(service)),
          StrCat(service.reports_waiting),
          service.service == "reporter" ? StrCat(service.reports_queued) : "",
          StrCat(service.memory_bytes >> 20)};
}

std::string LeadText(int leaders) {
  if (leaders == 1) return "";
  return leaders == 0 ? "NOBODY LEADS: nothing is recorded.\n"
                      : StrCat("MORE THAN ONE LEADS: ", leaders, " aggregators say so.\n");
}

std::string RefusedText(const SystemStatus& status) {
  if (status.refused.empty()) return "Nothing was refused.\n";
  std::string text = "Refused most:";
  for (std::size_t i = 0; i < std::min(kRulesShown, status.refused.size()); ++i) {
    const auto& [rule, reports] = status.refused[i];
    StrAppend(&text, i == 0 ? " " : ", ", Printable(rule), " ", GroupThousands(StrCat(reports)));
  }
  return text + "\n";
}

std::string ElectionsText(const SystemStatus& status) {
  Table table{.columns = {{"election_id", "election", ColumnKind::kText},
                          {"sequence", "sequence", ColumnKind::kCount},
                          {"stations_in", "in", ColumnKind::kCount},
                          {"stations_expected", "of stations", ColumnKind::kCount},
                          {"stations_held", "held", ColumnKind::kCount}}};
  for (const ElectionStatus& election : status.elections) {
    table.rows.push_back({Printable(election.id), StrCat(election.sequence), StrCat(election.in),
                          StrCat(election.expected), StrCat(election.held)});
  }
  return table.rows.empty() ? "" : StrCat("\n", RenderTable(table));
}

}  // namespace

std::int64_t SystemStatus::Behind(const ServiceStatus& service) const {
  std::int64_t behind = 0;
  for (const ElectionStatus& election : elections) {
    const auto own = service.sequences.find(election.id);
    behind += election.sequence - (own == service.sequences.end() ? 0 : own->second);
  }
  return behind;
}

SystemStatus StatusOf(const std::vector<ServicePages>& pages) {
  SystemStatus status;
  for (const ServicePages& each : pages) {
    status.services.push_back(ServiceOf(each));
    status.leaders += WholeOf(each.metrics, "canvass_leader") == 1 ? 1 : 0;
  }
  AddElections(pages, status);
  AddRefused(pages, status);
  return status;
}

std::string StatusText(const SystemStatus& status) {
  Table table{.columns = {{"service", "service", ColumnKind::kText},
                          {"address", "metrics at", ColumnKind::kText},
                          {"state", "state", ColumnKind::kText},
                          {"entries_behind", "behind", ColumnKind::kCount},
                          {"reports_waiting", "waiting", ColumnKind::kCount},
                          {"reports_queued", "in outbox", ColumnKind::kCount},
                          {"memory_mib", "MiB", ColumnKind::kCount}}};
  for (const ServiceStatus& service : status.services) {
    table.rows.push_back(ServiceRow(status, service));
  }
  return StrCat(LeadText(status.leaders), RenderTable(table), ElectionsText(status), "\n",
                RefusedText(status));
}

std::string StatusJson(const SystemStatus& status) {
  ordered_json json = {{"leaders", status.leaders},
                       {"services", ordered_json::array()},
                       {"elections", ordered_json::array()},
                       {"refused", ordered_json::array()}};
  for (const ServiceStatus& service : status.services) {
    json["services"].push_back({{"service", service.service},
                                {"address", service.address},
                                {"state", service.state},
                                {"sequences", service.sequences},
                                {"entriesBehind", status.Behind(service)},
                                {"reportsWaiting", service.reports_waiting},
                                {"bytesWaiting", service.bytes_waiting},
                                {"reportsQueued", service.reports_queued},
                                {"memoryBytes", service.memory_bytes}});
  }
  for (const ElectionStatus& election : status.elections) {
    json["elections"].push_back({{"electionId", election.id},
                                 {"sequence", election.sequence},
                                 {"stationsIn", election.in},
                                 {"stationsExpected", election.expected},
                                 {"stationsHeld", election.held}});
  }
  for (const auto& [rule, reports] : status.refused) {
    json["refused"].push_back({{"rule", rule}, {"reports", reports}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace canvass::cli
