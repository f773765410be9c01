#include <cstdint>
#include <memory>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

struct ChangesArguments {
  Choice choice{};
  std::int64_t from_sequence = 1;
  bool corrections_only = false;
};

absl::Status RunChanges(const ChangesArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const auto names =
      FetchNames(publisher, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  publisher::v1::ListChangesRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_area_id(arguments.choice.area_id);
  request.set_from_sequence(arguments.from_sequence);
  request.set_corrections_only(arguments.corrections_only);
  ListOutput list(invocation, EntryColumns(), names->Notice());
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return publisher.ListChanges(page); },
      [&](const publisher::v1::ListChangesResponse& page) {
        for (const v1::LedgerEntry& entry : page.entries())
          list.Add(EntryRow(entry, *names), entry);
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddChanges(CommandLine& commands) {
  auto arguments = std::make_shared<ChangesArguments>();
  CLI::App& app = commands.Add(
      "changes", "Lists all public ledger entries by sequence.",
      "canvass changes az-2024-presidential --corrections-only\n"
      "canvass changes az-2024-presidential --area c-86 --from 6000",
      [arguments](const Invocation& invocation) { return RunChanges(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  app.add_option(
         "--area", arguments->choice.area_id,
         "Only changes of this area, of the areas and stations below it, or of this station")
      ->type_name("ID");
  app.add_option("--from", arguments->from_sequence, "First sequence to list")
      ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax))
      ->capture_default_str();
  app.add_flag("--corrections-only", arguments->corrections_only,
               "Only entries that took votes out of a total or changed a definition or status");
}

}  // namespace canvass::cli
