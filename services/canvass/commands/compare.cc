#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/views/comparison_view.h"

namespace canvass::cli {
namespace {

absl::Status RunCompare(const Choice& choice, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const auto names = FetchNames(publisher, choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  const auto answer =
      publisher.CompareSources(AreaRequestFor<publisher::v1::CompareSourcesRequest>(choice));
  if (!answer.ok()) return answer.status();
  Print(invocation, ComparisonText(*answer, *names, invocation.console.out_colours),
        ComparisonTable(*answer, *names), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddCompare(CommandLine& commands) {
  auto choice = std::make_shared<Choice>();
  CLI::App& app = commands.Add(
      "compare", "Compares every other source with the official source.",
      "canvass compare az-2024-presidential",
      [choice](const Invocation& invocation) { return RunCompare(*choice, invocation); });
  AddElectionArgument(app, *choice);
  AddContestOption(app, *choice);
  AddSourceOption(app, *choice);
  AddAreaOption(app, *choice);
}

}  // namespace canvass::cli
