#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

struct ResultsArguments {
  Choice choice{};
  std::string tag{};
  bool final_result = false;
  bool all_contests = false;
};

void PrintResult(const Invocation& invocation, const ElectionNames& names, const v1::Result& result,
                 const google::protobuf::Message& answer) {
  Print(invocation, ResultText(result, names, invocation.console.out_colours),
        CandidateTable(result, names), answer);
}

// Prints results of many contests as they arrive: texts for people, one CSV or one JSON array.
class ContestResults {
 public:
  ContestResults(const Invocation& invocation, const ElectionNames& names)
      : invocation_(invocation), names_(names), list_(invocation, ContestCandidateColumns()) {}

  void Add(const v1::Result& result) {
    switch (invocation_.options.format) {
      case OutputFormat::kTable:
        if (!first_) invocation_.console.out << '\n';
        first_ = false;
        invocation_.console.out << ResultText(result, names_, invocation_.console.out_colours);
        return;
      case OutputFormat::kCsv:
        for (Row& row : ContestCandidateRows(result, names_)) list_.Add(std::move(row), result);
        return;
      case OutputFormat::kJson:
        list_.Add({}, result);
        return;
    }
  }
  void Finish() {
    if (invocation_.options.format != OutputFormat::kTable) list_.Finish();
  }

 private:
  const Invocation& invocation_;
  const ElectionNames& names_;
  ListOutput list_;
  bool first_ = true;
};

absl::Status PrintFinal(const ResultsArguments& arguments, const PublisherClient& publisher,
                        const ElectionNames& names, const Invocation& invocation) {
  const auto answer =
      publisher.GetFinalResult(RequestFor<publisher::v1::GetFinalResultRequest>(arguments.choice));
  if (!answer.ok()) return answer.status();
  if (answer->current_status() != v1::RESULT_STATUS_CERTIFIED) {
    invocation.console.messages << "The contest is " << StatusText(answer->current_status())
                                << " now. These are the last certified figures.\n";
  }
  PrintResult(invocation, names, answer->result(), *answer);
  return absl::OkStatus();
}

absl::Status PrintAllContests(const ResultsArguments& arguments, const PublisherClient& publisher,
                              const ElectionNames& names, const Invocation& invocation) {
  publisher::v1::ListContestResultsRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_source_id(arguments.choice.source_id);
  ContestResults list(invocation, names);
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return publisher.ListContestResults(page); },
      [&](const publisher::v1::ListContestResultsResponse& page) {
        for (const v1::Result& result : page.results()) list.Add(result);
        return true;
      });
  list.Finish();
  return status;
}

absl::Status PrintNewest(const ResultsArguments& arguments, const PublisherClient& publisher,
                         const ElectionNames& names, const Invocation& invocation) {
  auto request = AreaRequestFor<publisher::v1::GetAreaResultRequest>(arguments.choice);
  request.set_tag(arguments.tag);
  const auto answer = publisher.GetAreaResult(request);
  if (!answer.ok()) return answer.status();
  PrintResult(invocation, names, answer->result(), *answer);
  return absl::OkStatus();
}

absl::Status PrintNational(const ResultsArguments& arguments, const PublisherClient& publisher,
                           const ElectionNames& names, const Invocation& invocation) {
  const auto answer = publisher.GetNationalResult(
      RequestFor<publisher::v1::GetNationalResultRequest>(arguments.choice));
  if (!answer.ok()) return answer.status();
  PrintResult(invocation, names, answer->result(), *answer);
  return absl::OkStatus();
}

absl::Status RunResults(const ResultsArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const Choice& choice = arguments.choice;
  const auto names = FetchNamesWithArea(publisher, choice.election_id, choice.area_id,
                                        invocation.options.language);
  if (!names.ok()) return names.status();
  if (arguments.final_result) return PrintFinal(arguments, publisher, *names, invocation);
  if (arguments.all_contests) return PrintAllContests(arguments, publisher, *names, invocation);
  const bool part = !arguments.choice.area_id.empty() || !arguments.tag.empty();
  return part ? PrintNewest(arguments, publisher, *names, invocation)
              : PrintNational(arguments, publisher, *names, invocation);
}

}  // namespace

void AddResults(CommandLine& commands) {
  auto arguments = std::make_shared<ResultsArguments>();
  CLI::App& app = commands.Add(
      "results", "Shows the newest or the certified result of a contest.",
      "canvass results az-2024-presidential\n"
      "canvass results az-2024-presidential --final -o json\n"
      "canvass results az-2024-presidential --area c-86\n"
      "canvass results az-2024-presidential --tag liberated-territory",
      [arguments](const Invocation& invocation) { return RunResults(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  CLI::Option* const area = app.add_option("--area", arguments->choice.area_id,
                                           "Area or station. Default: the contest's whole area")
                                ->type_name("ID");
  CLI::Option* const tag =
      app.add_option("--tag", arguments->tag, "Only the stations with this tag");
  CLI::Option* const final_result =
      app.add_flag("--final", arguments->final_result, "Show the last certified figures");
  final_result->excludes(area)->excludes(tag);
  app.add_flag("--all-contests", arguments->all_contests, "Show all contests of the election")
      ->excludes(area)
      ->excludes(tag)
      ->excludes(final_result);
}

}  // namespace canvass::cli
