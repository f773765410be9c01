#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "services/canvass/aggregator_client.h"
#include "services/canvass/choice.h"
#include "services/canvass/command.h"
#include "services/canvass/commands.h"
#include "services/canvass/console.h"
#include "services/canvass/fetch_names.h"
#include "services/canvass/print.h"
#include "services/canvass/publisher_client.h"
#include "services/canvass/report_decision.h"
#include "services/canvass/result_view.h"

namespace canvass {
namespace {

struct Arguments {
  Choice choice{};
  std::int64_t expected_sequence = 0;
  bool read = false;
  std::vector<std::string> elected{};
  std::string reason{};
  bool accept_incomplete = false;
  std::vector<std::string> documents{};
};

// Shows the result that is about to be certified; its sequence.
absl::StatusOr<std::int64_t> ReadResult(const Choice& choice, const Session& session) {
  const PublisherClient publisher(session.options);
  const auto names = FetchNames(publisher, choice.election_id, session.options.language);
  if (!names.ok()) return names.status();
  const auto answer =
      publisher.GetNationalResult(RequestFor<publisher::v1::GetNationalResultRequest>(choice));
  if (!answer.ok()) return answer.status();
  session.console.messages << "Certifying what was read:\n\n"
                           << ResultText(answer->result(), *names, session.console.messages_colours)
                           << '\n';
  return answer->result().as_of().sequence();
}

absl::Status Run(const Arguments& arguments, const Session& session) {
  std::int64_t sequence = arguments.expected_sequence;
  if (arguments.read) {
    const absl::StatusOr<std::int64_t> read = ReadResult(arguments.choice, session);
    if (!read.ok()) return read.status();
    sequence = *read;
  }
  auto request = RequestFor<aggregator::v1::CertifyResultRequest>(arguments.choice);
  request.set_expected_sequence(sequence);
  for (const std::string& id : arguments.elected) request.add_elected_candidate_ids(id);
  request.set_reason(arguments.reason);
  request.set_accept_incomplete(arguments.accept_incomplete);
  *request.mutable_documents() = DocumentsOf(arguments.documents);
  const AggregatorClient aggregator(session.options);
  // Before the decision: nothing that fails after it may look as if it had not been taken.
  const auto names = FetchNames(aggregator, arguments.choice.election_id, session.options.language);
  if (!names.ok()) return names.status();
  const auto answer = aggregator.CertifyResult(request);
  if (!answer.ok()) return answer.status();
  Print(session, ResultText(answer->result(), *names, session.console.out_colours),
        CandidateTable(answer->result(), *names), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddCertify(CommandLine& commands) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& app = commands.Add(
      "certify", "Makes a result final: the figures that were read, and who is declared elected.",
      "canvass certify az-2024-presidential --expected-sequence 6557 --elected ilham-aliyev\n"
      "canvass certify az-2024-presidential --read --accept-incomplete --reason \"2 stations lost "
      "to the flood\"",
      [arguments](const Session& session) { return Run(*arguments, session); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  CLI::Option_group* const figures = app.add_option_group("Which figures");
  figures
      ->add_option("--expected-sequence", arguments->expected_sequence,
                   "Sequence of the result that was read and signed; refused if it changed since")
      ->check(CLI::PositiveNumber);
  figures->add_flag("--read", arguments->read,
                    "Read the newest result now, show it, and certify that");
  figures->require_option(1);
  app.add_option("--elected", arguments->elected,
                 "Candidate who is declared elected; may be repeated")
      ->type_name("ID")
      ->expected(1)
      ->take_all();
  app.add_option("--reason", arguments->reason,
                 "The commission's words; required where the votes alone do not decide");
  app.add_flag("--accept-incomplete", arguments->accept_incomplete,
               "Certify although stations are missing or held");
  AddDocumentOption(app, arguments->documents);
}

}  // namespace canvass
