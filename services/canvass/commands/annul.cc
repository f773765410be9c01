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

struct AnnulArguments {
  ReportDecision decision{};
  bool station_expected_again = false;
};

absl::Status RunAnnul(const AnnulArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  auto request = RequestOf<aggregator::v1::AnnulReportRequest>(arguments.decision);
  request.set_station_expected_again(arguments.station_expected_again);
  const auto answer = aggregator.AnnulReport(request);
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                answer->awaits_second_operator()
                    ? kAwaitsSecondOperator
                    : fmt::format("Annulled {} revision {}", arguments.decision.station_id,
                                  arguments.decision.revision),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddAnnul(CommandLine& commands) {
  auto arguments = std::make_shared<AnnulArguments>();
  CLI::App& app = commands.Add(
      "annul", "Takes a station's report out of the totals.",
      "canvass annul az-2024-presidential c-86-s-12 --revision 1 --reason "
      "\"Commission's decision 31/142\"",
      [arguments](const Invocation& invocation) { return RunAnnul(*arguments, invocation); });
  AddReportDecisionOptions(app, arguments->decision);
  app.add_flag(
      "--station-expected-again", arguments->station_expected_again,
      "The report was a mistake or voting is repeated, so the station counts as missing again");
}

}  // namespace canvass::cli
