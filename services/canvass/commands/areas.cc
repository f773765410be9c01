#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/views/result_list.h"
#include "services/canvass/views/result_row.h"

namespace canvass::cli {
namespace {

struct AreasArguments {
  Choice choice{};
  std::string parent_area_id{};
  std::string kind{};
};

absl::Status AddAreaNames(const AreasArguments& arguments, const PublisherClient& publisher,
                          ElectionNames& names) {
  publisher::v1::ListAreasRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_parent_area_id(arguments.parent_area_id);
  request.set_kind(arguments.kind);
  return ForEachPage(
      request, [&](const auto& page) { return publisher.ListAreas(page); },
      [&](const publisher::v1::ListAreasResponse& page) {
        for (const v1::Area& area : page.areas()) names.AddArea(area);
        return true;
      });
}

absl::Status RunAreas(const AreasArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  auto names = FetchNames(publisher, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  const absl::Status named = AddAreaNames(arguments, publisher, *names);
  if (!named.ok()) return named;
  auto request = RequestFor<publisher::v1::ListAreaResultsRequest>(arguments.choice);
  request.set_parent_area_id(arguments.parent_area_id);
  request.set_kind(arguments.kind);
  ResultList list(ResultRows::Subject::kArea, invocation, *names);
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return publisher.ListAreaResults(page); },
      [&](const publisher::v1::ListAreaResultsResponse& page) {
        for (const v1::Result& result : page.results()) list.Add(result);
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddAreas(CommandLine& commands) {
  auto arguments = std::make_shared<AreasArguments>();
  CLI::App& app = commands.Add(
      "areas", "Lists the results of areas, all at the same ledger sequence.",
      "canvass areas az-2024-presidential --kind constituency\n"
      "canvass areas az-2024-presidential --kind constituency -o csv > areas.csv",
      [arguments](const Invocation& invocation) { return RunAreas(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  app.add_option("--area", arguments->parent_area_id, "Only areas directly below this area")
      ->type_name("ID");
  app.add_option("--kind", arguments->kind, "Only areas of this level, e.g. constituency");
}

}  // namespace canvass::cli
