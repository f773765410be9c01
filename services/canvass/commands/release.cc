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

absl::Status RunRelease(const ReportDecision& decision, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  const auto answer =
      aggregator.ReleaseReport(RequestOf<aggregator::v1::ReleaseReportRequest>(decision));
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                fmt::format("Released {} revision {}", decision.station_id, decision.revision),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddRelease(CommandLine& commands) {
  auto decision = std::make_shared<ReportDecision>();
  CLI::App& app = commands.Add(
      "release", "Puts a held report into the totals.",
      "canvass release az-2024-presidential c-86-s-12 --revision 1 --reason \"List "
      "had been extended\"",
      [decision](const Invocation& invocation) { return RunRelease(*decision, invocation); });
  AddReportDecisionOptions(app, *decision);
}

}  // namespace canvass::cli
