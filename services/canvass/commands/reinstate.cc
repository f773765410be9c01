#include <memory>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

absl::Status RunReinstate(const ReportDecision& decision, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  const auto answer =
      aggregator.ReinstateReport(RequestOf<aggregator::v1::ReinstateReportRequest>(decision));
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                fmt::format("Reinstated {} revision {}", decision.station_id, decision.revision),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddReinstate(CommandLine& commands) {
  auto decision = std::make_shared<ReportDecision>();
  CLI::App& app = commands.Add(
      "reinstate", "Takes back an annulment, so the report counts again as before.",
      "canvass reinstate az-2024-presidential c-86-s-12 --revision 1 --reason \"Court "
      "decision 12/2024\"",
      [decision](const Invocation& invocation) { return RunReinstate(*decision, invocation); });
  AddReportDecisionOptions(app, *decision);
}

}  // namespace canvass::cli
