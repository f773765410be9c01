#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/choice.h"
#include "services/canvass/command.h"
#include "services/canvass/commands.h"
#include "services/canvass/fetch_names.h"
#include "services/canvass/list_output.h"
#include "services/canvass/pages.h"
#include "services/canvass/publisher_client.h"
#include "services/canvass/result_row.h"

namespace canvass {
namespace {

struct Arguments {
  Choice choice{};
  int limit = 100;
};

absl::Status Run(const Arguments& arguments, const Session& session) {
  const PublisherClient publisher(session.options);
  const auto names = FetchNames(publisher, arguments.choice.election_id, session.options.language);
  if (!names.ok()) return names.status();
  std::optional<ResultRows> rows;
  std::optional<ListOutput> list;
  int shown = 0;
  const absl::Status status = ForEachPage(
      AreaRequestFor<publisher::v1::GetHistoryRequest>(arguments.choice),
      [&](const auto& page) { return publisher.GetHistory(page); },
      [&](const publisher::v1::GetHistoryResponse& page) {
        for (const v1::Result& result : page.results()) {
          if (shown++ == arguments.limit) return false;
          if (!rows)
            rows.emplace(ResultRows::Subject::kMoment, session.options.format, *names,
                         result.contest_id());
          if (!list) list.emplace(session, rows->Columns(), names->Notice());
          list->Add(rows->RowOf(result), result);
        }
        return true;
      });
  if (!list) list.emplace(session, std::vector<Column>{});
  list->Finish();
  return status;
}

}  // namespace

void AddHistory(CommandLine& commands) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& app =
      commands.Add("history", "Lists how a result developed, newest first.",
                   "canvass history az-2024-presidential --limit 20",
                   [arguments](const Session& session) { return Run(*arguments, session); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  AddAreaOption(app, arguments->choice);
  app.add_option("--limit", arguments->limit, "Results at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace canvass
