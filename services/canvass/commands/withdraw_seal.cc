#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

struct WithdrawSealArguments {
  Choice choice{};
  std::int64_t seal_sequence = 0;
  std::string reason{};
  std::vector<std::string> documents{};
};

absl::Status RunWithdrawSeal(const WithdrawSealArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  aggregator::v1::WithdrawSealRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_seal_sequence(arguments.seal_sequence);
  request.set_reason(arguments.reason);
  *request.mutable_documents() = DocumentsOf(arguments.documents);
  const auto answer = aggregator.WithdrawSeal(request);
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation, fmt::format("Withdrew seal {}", arguments.seal_sequence),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

}  // namespace

void AddWithdrawSeal(CommandLine& commands) {
  auto arguments = std::make_shared<WithdrawSealArguments>();
  CLI::App& app = commands.Add(
      "withdraw-seal",
      "Decides that a seal of a source under embargo is never opened. To open seals before their "
      "time, define the source with an earlier visible_from.",
      "canvass withdraw-seal az-2024-presidential 6540 --reason \"The pollster withdrew its poll\"",
      [arguments](const Invocation& invocation) {
        return RunWithdrawSeal(*arguments, invocation);
      });
  AddElectionArgument(app, arguments->choice);
  app.add_option("SEQUENCE", arguments->seal_sequence, "Ledger sequence of the seal")
      ->required()
      ->check(CLI::PositiveNumber);
  AddReasonOption(app, arguments->reason);
  AddDocumentOption(app, arguments->documents);
}

}  // namespace canvass::cli
