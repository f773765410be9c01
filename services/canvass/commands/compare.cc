#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/session.h"
#include "services/canvass/views/comparison_view.h"

namespace canvass::cli {
namespace {

absl::Status Run(const Choice& choice, const Session& session) {
  const PublisherClient publisher(session.options);
  const auto names = FetchNames(publisher, choice.election_id, session.options.language);
  if (!names.ok()) return names.status();
  const auto answer =
      publisher.CompareSources(AreaRequestFor<publisher::v1::CompareSourcesRequest>(choice));
  if (!answer.ok()) return answer.status();
  Print(session, ComparisonText(*answer, *names, session.console.out_colours),
        ComparisonTable(*answer, *names), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddCompare(CommandLine& commands) {
  auto choice = std::make_shared<Choice>();
  CLI::App& app = commands.Add("compare", "Compares every other source with the official source.",
                               "canvass compare az-2024-presidential",
                               [choice](const Session& session) { return Run(*choice, session); });
  AddElectionArgument(app, *choice);
  AddContestOption(app, *choice);
  AddSourceOption(app, *choice);
  AddAreaOption(app, *choice);
}

}  // namespace canvass::cli
