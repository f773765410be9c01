#include <memory>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/session.h"

namespace canvass::cli {
namespace {

absl::Status Run(const ReportDecision& decision, const Session& session) {
  const AggregatorClient aggregator(session.options);
  const auto answer =
      aggregator.ReinstateReport(RequestOf<aggregator::v1::ReinstateReportRequest>(decision));
  if (!answer.ok()) return answer.status();
  PrintDecision(session,
                fmt::format("Reinstated {} revision {}", decision.station_id, decision.revision),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddReinstate(CommandLine& commands) {
  auto decision = std::make_shared<ReportDecision>();
  CLI::App& app =
      commands.Add("reinstate", "Takes back an annulment, so the report counts again as before.",
                   "canvass reinstate az-2024-presidential c-86-s-12 --revision 1 --reason \"Court "
                   "decision 12/2024\"",
                   [decision](const Session& session) { return Run(*decision, session); });
  AddReportDecisionOptions(app, *decision);
}

}  // namespace canvass::cli
