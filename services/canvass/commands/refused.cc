#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

struct RefusedArguments {
  Choice choice{};
  std::string station_id{};
  std::string rule{};
};

// Of reports that named no election of the aggregator's, the election is what a reader looks for.
std::vector<Column> ColumnsOf(const RefusedArguments& arguments) {
  std::vector<Column> columns;
  if (arguments.choice.election_id.empty()) {
    columns.push_back({"election_id", "election", ColumnKind::kText});
  }
  columns.insert(columns.end(), {{"refused_at", "refused", ColumnKind::kText},
                                 {"actor", "actor", ColumnKind::kText},
                                 {"station_id", "station", ColumnKind::kText},
                                 {"revision", "revision", ColumnKind::kCount},
                                 {"contest_id", "contest", ColumnKind::kText},
                                 {"source_id", "source", ColumnKind::kText},
                                 {"rules", "rules", ColumnKind::kText},
                                 {"message", "what was found", ColumnKind::kText}});
  return columns;
}

Row RefusedRow(const v1::RefusedReport& refused, const ElectionNames& names) {
  const v1::StationReport& report = refused.report();
  return {names.Time(refused.refused_at()),
          refused.actor(),
          report.station_id(),
          std::to_string(report.revision()),
          report.contest_id(),
          report.source_id(),
          RulesText(refused.findings()),
          FindingsText(refused.findings())};
}

absl::Status RunRefused(const RefusedArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  const std::string& election_id = arguments.choice.election_id;
  const auto names =
      election_id.empty()
          ? absl::StatusOr<ElectionNames>(ElectionNames({}, {}, {}, invocation.options.language))
          : FetchNames(aggregator, election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  aggregator::v1::ListRefusedReportsRequest request;
  request.set_election_id(election_id);
  request.set_source_id(arguments.choice.source_id);
  request.set_station_id(arguments.station_id);
  request.set_rule(arguments.rule);
  ListOutput list(invocation, ColumnsOf(arguments));
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return aggregator.ListRefusedReports(page); },
      [&](const aggregator::v1::ListRefusedReportsResponse& page) {
        for (const v1::RefusedReport& refused : page.reports()) {
          Row row = RefusedRow(refused, *names);
          if (election_id.empty()) row.insert(row.begin(), refused.report().election_id());
          list.Add(std::move(row), refused);
        }
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddRefused(CommandLine& commands) {
  auto arguments = std::make_shared<RefusedArguments>();
  CLI::App& app = commands.Add(
      "refused", "Lists refused reports with their reasons, newest first.",
      "canvass refused az-2024-presidential --rule VOTES_NOT_BALANCED",
      [arguments](const Invocation& invocation) { return RunRefused(*arguments, invocation); });
  app.add_option("election", arguments->choice.election_id,
                 "Id of the election. If left out, the reports that named an election which does "
                 "not exist")
      ->type_name("ELECTION");
  app.add_option("--source", arguments->choice.source_id, "Only this source")->type_name("ID");
  app.add_option("--station", arguments->station_id, "Only this station")->type_name("ID");
  app.add_option("--rule", arguments->rule, "Only reports that broke this rule");
}

}  // namespace canvass::cli
