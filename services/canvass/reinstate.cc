#include <memory>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/aggregator_client.h"
#include "services/canvass/command.h"
#include "services/canvass/commands.h"
#include "services/canvass/report_decision.h"

namespace canvass {
namespace {

absl::Status Run(const ReportDecision& decision, const Session& session) {
  const AggregatorClient aggregator(session.options);
  const auto answer =
      aggregator.ReinstateReport(DecisionRequest<aggregator::v1::ReinstateReportRequest>(decision));
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
      commands.Add("reinstate", "Takes an annulment back: what counted before counts again.",
                   "canvass reinstate az-2024-presidential c-86-s-12 --revision 1 --reason \"Court "
                   "decision 12/2024\"",
                   [decision](const Session& session) { return Run(*decision, session); });
  AddReportDecisionOptions(app, *decision);
}

}  // namespace canvass
