#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "absl/time/clock.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/table.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/terminal/watch_screen.h"
#include "services/canvass/views/result_row.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

// Interval between attempts to reach a publisher again. It is short enough for a watcher and long
// enough for the publisher.
constexpr absl::Duration kReconnectAfter = absl::Seconds(2);

struct WatchArguments {
  Choice choice{};
  std::int64_t updates = 0;  // 0 for no limit
};

// Shows each result that is newer than the last one.
class Watcher {
 public:
  Watcher(const WatchArguments& arguments, const Invocation& invocation, const ElectionNames& names)
      : arguments_(arguments), invocation_(invocation), names_(names) {}

  // Returns false once --updates results have been shown.
  bool See(const v1::Result& result) {
    const bool newer = result.as_of().sequence() != sequence_;
    sequence_ = result.as_of().sequence();
    const bool live =
        invocation_.console.out_is_terminal && invocation_.options.format == OutputFormat::kTable;
    // Redraws a live screen for repeated results too, because they show that the publisher is still
    // connected.
    if (live) {
      invocation_.console.out << RenderScreen(
          ResultText(result, names_, invocation_.console.out_colours), shown_ == 0,
          invocation_.console.window());
    } else if (newer) {
      ShowLine(result);
    }
    invocation_.console.out.flush();
    shown_ += newer ? 1 : 0;
    return arguments_.updates == 0 || shown_ < arguments_.updates;
  }

  bool enough() const { return arguments_.updates > 0 && shown_ >= arguments_.updates; }
  bool seen_any() const { return shown_ > 0; }

 private:
  void ShowLine(const v1::Result& result) {
    std::ostream& out = invocation_.console.out;
    switch (invocation_.options.format) {
      case OutputFormat::kTable:
        out << ResultLine(result, names_);
        return;
      case OutputFormat::kJson:
        out << ToJsonLine(result) << '\n';
        return;
      case OutputFormat::kCsv:
        if (!rows_) {
          rows_.emplace(ResultRows::Subject::kMoment, OutputFormat::kCsv, names_,
                        result.contest_id());
          out << CsvHeader(rows_->Columns());
        }
        out << CsvLineFor(invocation_.console, rows_->RowOf(result));
        return;
    }
  }

  const WatchArguments& arguments_;
  const Invocation& invocation_;
  const ElectionNames& names_;
  std::optional<ResultRows> rows_;
  std::int64_t sequence_ = -1;
  std::int64_t shown_ = 0;
};

absl::Status RunWatch(const WatchArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const Choice& choice = arguments.choice;
  const auto names = FetchNamesWithArea(publisher, choice.election_id, choice.area_id,
                                        invocation.options.language);
  if (!names.ok()) return names.status();
  if (invocation.options.format == OutputFormat::kTable && !invocation.console.out_is_terminal &&
      !names->Notice().empty()) {
    invocation.console.out << Printable(names->Notice()) << '\n' << std::flush;
  }
  Watcher watcher(arguments, invocation, *names);
  for (;;) {
    const absl::Status status =
        publisher.WatchResult(AreaRequestFor<publisher::v1::WatchResultRequest>(choice),
                              [&watcher](const v1::Result& result) { return watcher.See(result); });
    if (status.ok() || watcher.enough()) return absl::OkStatus();
    if (!absl::IsUnavailable(status) || !watcher.seen_any()) return status;
    invocation.console.messages << ErrorText(status);
    absl::SleepFor(kReconnectAfter);
  }
}

}  // namespace

void AddWatch(CommandLine& commands) {
  auto arguments = std::make_shared<WatchArguments>();
  CLI::App& app = commands.Add(
      "watch",
      "Shows a result as it changes: redraws it on a terminal, and otherwise prints a "
      "line for each change. Press Ctrl-C to stop.",
      "canvass watch az-2024-presidential\n"
      "canvass watch az-2024-presidential -o json | jq .progress.percent",
      [arguments](const Invocation& invocation) { return RunWatch(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  AddAreaOption(app, arguments->choice);
  app.add_option("--updates", arguments->updates, "Stop after this many results. 0 means never")
      ->check(CLI::Range(std::int64_t{0}, kOptionNumberMax))
      ->capture_default_str();
}

}  // namespace canvass::cli
