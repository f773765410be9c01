#include <cstdint>
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

struct HistoryArguments {
  Choice choice{};
  int limit = 100;
};

absl::Status RunHistory(const HistoryArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const auto names =
      FetchNames(publisher, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  ResultList list(ResultRows::Subject::kMoment, invocation, *names);
  int shown = 0;
  const absl::Status status = ForEachPage(
      AreaRequestFor<publisher::v1::GetHistoryRequest>(arguments.choice),
      [&](const auto& page) { return publisher.GetHistory(page); },
      [&](const publisher::v1::GetHistoryResponse& page) {
        for (const v1::Result& result : page.results()) {
          if (shown++ == arguments.limit) return false;
          list.Add(result);
        }
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddHistory(CommandLine& commands) {
  auto arguments = std::make_shared<HistoryArguments>();
  CLI::App& app = commands.Add(
      "history", "Lists the earlier states of a result, newest first.",
      "canvass history az-2024-presidential --limit 20",
      [arguments](const Invocation& invocation) { return RunHistory(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  AddAreaOption(app, arguments->choice);
  app.add_option("--limit", arguments->limit, "Maximum number of results")
      ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax))
      ->capture_default_str();
}

}  // namespace canvass::cli
