#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "common/election/report.h"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/poll_figures_text.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/commands/time_text.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/proto_json.h"

namespace canvass::cli {
namespace {

struct PollArguments {
  Choice choice{};
  std::string file{};
  std::int32_t revision = 1;
  std::string reason{};
  bool retract = false;
  std::vector<std::string> shares{};
  std::int64_t sample_size = 0;
  std::string margin_of_error{};
  std::string published_at{};
  std::vector<std::string> documents{};
};

absl::StatusOr<v1::PollFigures> FiguresInFile(const PollArguments& arguments) {
  v1::PollFigures figures;
  const absl::Status read = ReadProtoJson(arguments.file, figures);
  if (!read.ok()) return read;
  if (figures.election_id().empty()) figures.set_election_id(arguments.choice.election_id);
  if (figures.election_id() != arguments.choice.election_id) {
    return UsageError(fmt::format("{} has figures for election {}, not for {}", arguments.file,
                                  figures.election_id(), arguments.choice.election_id));
  }
  return figures;
}

absl::StatusOr<v1::PollFigures> FiguresInOptions(const PollArguments& arguments) {
  auto figures = AreaRequestFor<v1::PollFigures>(arguments.choice);
  figures.set_revision(arguments.revision);
  figures.set_reason(arguments.reason);
  figures.set_retracted(arguments.retract);
  for (const std::string& text : arguments.shares) {
    const absl::StatusOr<v1::PollShare> share = ParsePollShare(text);
    if (!share.ok()) return share.status();
    *figures.add_shares() = *share;
  }
  if (arguments.sample_size > 0) figures.set_sample_size(arguments.sample_size);
  figures.set_margin_of_error_points(arguments.margin_of_error);
  if (!arguments.published_at.empty()) {
    const auto published_at = ParseTime(arguments.published_at);
    if (!published_at) {
      return UsageError(fmt::format(
          "--published-at {}: must be a time with its zone, e.g. 2024-02-07T19:30:00+04:00",
          arguments.published_at));
    }
    *figures.mutable_published_at() = *published_at;
  }
  *figures.mutable_documents() = DocumentsOf(arguments.documents);
  return figures;
}

absl::Status RunPoll(const PollArguments& arguments, const Invocation& invocation) {
  const auto figures =
      arguments.file.empty() ? FiguresInOptions(arguments) : FiguresInFile(arguments);
  if (!figures.ok()) return figures.status();
  if (figures->source_id().empty())
    return UsageError("--source is required; give the id of the exit poll");
  aggregator::v1::PublishPollFiguresRequest request;
  *request.mutable_figures() = *figures;
  const AggregatorClient aggregator(invocation.options);
  const auto answer = aggregator.PublishPollFigures(request);
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                fmt::format("{} figures of {}", figures->retracted() ? "Retracted" : "Published",
                            figures->source_id()),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

void AddFigureOptions(CLI::App& app, PollArguments& arguments) {
  app.add_option("--share", arguments.shares, "Published share of a candidate. Can be repeated")
      ->type_name("CANDIDATE=PERCENT")
      ->expected(1)
      ->take_all();
  app.add_option("--sample-size", arguments.sample_size, "Number of people interviewed")
      ->check(CLI::Range(std::int64_t{1}, election::kCountMax));
  app.add_option("--margin-of-error", arguments.margin_of_error,
                 "Margin of error in percentage points, e.g. 2.5");
  app.add_option("--published-at", arguments.published_at,
                 "Time of publication, e.g. 2024-02-07T19:30:00+04:00");
  app.add_option("--revision", arguments.revision,
                 "Revision of the figures. Add 1 for each correction")
      ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()))
      ->capture_default_str();
  app.add_option("--reason", arguments.reason,
                 "Reason for replacing the earlier figures. Required from revision 2");
  app.add_flag("--retract", arguments.retract,
               "Retract the figures because the source took them back");
  AddDocumentOption(app, arguments.documents);
}

}  // namespace

void AddPoll(CommandLine& commands) {
  auto arguments = std::make_shared<PollArguments>();
  CLI::App& app = commands.Add(
      "poll", "Publishes, corrects or retracts the shares of an exit poll.",
      "canvass poll az-2024-presidential --source oracle-advisory-group --share ilham-aliyev=93.9\n"
      "canvass poll az-2024-presidential figures.json    (canvass.v1.PollFigures in JSON)",
      [arguments](const Invocation& invocation) { return RunPoll(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  CLI::Option* const file =
      app.add_option("file", arguments->file,
                     "canvass.v1.PollFigures in JSON, or - for standard input")
          ->type_name("FILE.json");
  AddContestOption(app, arguments->choice);
  app.add_option("--source", arguments->choice.source_id, "Exit poll")->type_name("ID");
  app.add_option("--area", arguments->choice.area_id,
                 "Area of the poll. Default: the contest's whole area")
      ->type_name("ID");
  AddFigureOptions(app, *arguments);
  // A file has all figures. Options would be ignored, so they are errors.
  for (const char* const name :
       {"--contest", "--source", "--area", "--share", "--sample-size", "--margin-of-error",
        "--published-at", "--revision", "--reason", "--retract", "--document"}) {
    app.get_option(name)->excludes(file);
  }
}

}  // namespace canvass::cli
