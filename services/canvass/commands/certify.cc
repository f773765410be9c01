#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

struct CertifyArguments {
  Choice choice{};
  std::int64_t expected_sequence = 0;
  bool read = false;
  std::vector<std::string> elected{};
  std::string reason{};
  bool accept_incomplete = false;
  std::vector<std::string> documents{};
};

// Shows the result that is about to be certified, and returns its sequence.
absl::StatusOr<std::int64_t> ReadResult(const Choice& choice, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const auto names = FetchNames(publisher, choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  const auto answer =
      publisher.GetNationalResult(RequestFor<publisher::v1::GetNationalResultRequest>(choice));
  if (!answer.ok()) return answer.status();
  invocation.console.messages << "Certifying this result:\n\n"
                              << ResultText(answer->result(), *names,
                                            invocation.console.messages_colours)
                              << '\n';
  return answer->result().as_of().sequence();
}

absl::Status RunCertify(const CertifyArguments& arguments, const Invocation& invocation) {
  std::int64_t sequence = arguments.expected_sequence;
  if (arguments.read) {
    const absl::StatusOr<std::int64_t> read = ReadResult(arguments.choice, invocation);
    if (!read.ok()) return read.status();
    sequence = *read;
  }
  auto request = RequestFor<aggregator::v1::CertifyResultRequest>(arguments.choice);
  request.set_expected_sequence(sequence);
  for (const std::string& id : arguments.elected) request.add_elected_candidate_ids(id);
  request.set_reason(arguments.reason);
  request.set_accept_incomplete(arguments.accept_incomplete);
  *request.mutable_documents() = DocumentsOf(arguments.documents);
  const AggregatorClient aggregator(invocation.options);
  // Fetched before the decision, so that no error after it suggests that the decision was not made.
  const auto names =
      FetchNames(aggregator, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  const auto answer = aggregator.CertifyResult(request);
  if (!answer.ok()) return answer.status();
  if (answer->awaits_second_operator()) {
    PrintDecision(invocation, kAwaitsSecondOperator, answer->sequence(), *answer);
    return absl::OkStatus();
  }
  Print(invocation, ResultText(answer->result(), *names, invocation.console.out_colours),
        CandidateTable(answer->result(), *names), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddCertify(CommandLine& commands) {
  auto arguments = std::make_shared<CertifyArguments>();
  CLI::App& app = commands.Add(
      "certify",
      "Certifies a result with the figures that were read and the candidates declared elected.",
      "canvass certify az-2024-presidential --expected-sequence 6557 --elected ilham-aliyev\n"
      "canvass certify az-2024-presidential --read --accept-incomplete --reason \"2 stations lost "
      "to the flood\"",
      [arguments](const Invocation& invocation) { return RunCertify(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  CLI::Option_group* const figures = app.add_option_group("Result to certify");
  figures
      ->add_option("--expected-sequence", arguments->expected_sequence,
                   "Sequence of the result that was read and signed. Refused if the result has "
                   "changed since")
      ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax));
  figures->add_flag("--read", arguments->read, "Read, show and certify the newest result");
  figures->require_option(1);
  app.add_option("--elected", arguments->elected,
                 "Candidate who is declared elected. Can be repeated")
      ->type_name("ID")
      ->expected(1)
      ->take_all();
  app.add_option("--reason", arguments->reason,
                 "Statement of the commission. Required if the votes alone do not decide");
  app.add_flag("--accept-incomplete", arguments->accept_incomplete,
               "Certify even if stations are missing or held");
  AddDocumentOption(app, arguments->documents);
}

}  // namespace canvass::cli
