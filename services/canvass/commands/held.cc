#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

Row HeldRow(const v1::LedgerEntry& listed) {
  const v1::LedgerEntry entry = Unsealed(listed);
  const v1::StationReport& report = entry.report().report();
  return {report.station_id(),
          std::to_string(report.revision()),
          report.contest_id(),
          report.source_id(),
          std::to_string(entry.sequence()),
          RulesText(entry.report().findings()),
          FindingsText(entry.report().findings())};
}

absl::Status RunHeld(const Choice& choice, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  ListOutput list(invocation, {{"station_id", "station", ColumnKind::kText},
                               {"revision", "revision", ColumnKind::kCount},
                               {"contest_id", "contest", ColumnKind::kText},
                               {"source_id", "source", ColumnKind::kText},
                               {"sequence", "sequence", ColumnKind::kCount},
                               {"rules", "rules", ColumnKind::kText},
                               {"message", "what was found", ColumnKind::kText}});
  const absl::Status status = ForEachPage(
      RequestFor<aggregator::v1::ListHeldReportsRequest>(choice),
      [&](const auto& page) { return aggregator.ListHeldReports(page); },
      [&](const aggregator::v1::ListHeldReportsResponse& page) {
        for (const v1::LedgerEntry& entry : page.entries()) list.Add(HeldRow(entry), entry);
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddHeld(CommandLine& commands) {
  auto choice = std::make_shared<Choice>();
  CLI::App& app =
      commands.Add("held", "Lists held reports, which wait for a decision, oldest first.",
                   "canvass held az-2024-presidential",
                   [choice](const Invocation& invocation) { return RunHeld(*choice, invocation); });
  AddElectionArgument(app, *choice);
  app.add_option("--contest", choice->contest_id, "Only this contest")->type_name("ID");
  app.add_option("--source", choice->source_id, "Only this source")->type_name("ID");
}

}  // namespace canvass::cli
