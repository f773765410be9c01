#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

struct ReopenArguments {
  Choice choice{};
  bool recount = false;
  bool correction = false;
  std::string reason{};
  std::vector<std::string> documents{};
};

absl::Status RunReopen(const ReopenArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  auto request = RequestFor<aggregator::v1::ReopenContestRequest>(arguments.choice);
  request.set_status(arguments.recount ? v1::RESULT_STATUS_RECOUNT : v1::RESULT_STATUS_CORRECTION);
  request.set_reason(arguments.reason);
  *request.mutable_documents() = DocumentsOf(arguments.documents);
  const auto answer = aggregator.ReopenContest(request);
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                fmt::format("Reopened {} for a {}", arguments.choice.election_id,
                            arguments.recount ? "recount" : "correction"),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddReopen(CommandLine& commands) {
  auto arguments = std::make_shared<ReopenArguments>();
  CLI::App& app = commands.Add(
      "reopen",
      "Reopens a certified result. Reports held by the certification still need a release.",
      "canvass reopen az-2024-presidential --recount --reason \"Constitutional Court, "
      "13 February 2024\"",
      [arguments](const Invocation& invocation) { return RunReopen(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  CLI::Option_group* const kind = app.add_option_group("Purpose");
  kind->add_flag("--recount", arguments->recount, "Reopen for a recount of the ballots");
  kind->add_flag("--correction", arguments->correction, "Reopen for a correction of the figures");
  kind->require_option(1);
  AddReasonOption(app, arguments->reason);
  AddDocumentOption(app, arguments->documents);
}

}  // namespace canvass::cli
