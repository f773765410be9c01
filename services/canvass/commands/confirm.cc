#include <cstdint>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/report_decision.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/views/entry_view.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

struct ConfirmArguments {
  Choice choice{};
  std::int64_t sequence = 0;
};

absl::Status ProposalUnknown(std::int64_t sequence, const std::string& what) {
  return MakeError(reason::kProposalUnknown,
                   fmt::format("Entry {} is {}, which cannot be confirmed", sequence, what));
}

absl::StatusOr<v1::LedgerEntry> ReadEntry(const AggregatorClient& aggregator,
                                          const ConfirmArguments& arguments) {
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_from_sequence(arguments.sequence);
  request.set_page_size(1);
  const auto page = aggregator.ListLedgerEntries(request);
  if (!page.ok()) return page.status();
  if (page->entries().empty()) return ProposalUnknown(arguments.sequence, "not there yet");
  return Unsealed(page->entries(0));
}

aggregator::v1::AnnulReportRequest RequestOf(const v1::ReportAnnulment& proposed) {
  aggregator::v1::AnnulReportRequest request;
  *request.mutable_key() = proposed.key();
  request.set_reason(proposed.reason());
  request.set_station_expected_again(proposed.station_expected_again());
  *request.mutable_documents() = proposed.documents();
  return request;
}

aggregator::v1::CertifyResultRequest RequestOf(const std::string& election_id,
                                               const v1::ResultCertification& proposed) {
  const v1::Certification& certification = proposed.result().certification();
  aggregator::v1::CertifyResultRequest request;
  request.set_election_id(election_id);
  request.set_contest_id(proposed.contest_id());
  request.set_source_id(proposed.source_id());
  request.set_expected_sequence(proposed.result().as_of().sequence());
  *request.mutable_elected_candidate_ids() = certification.elected_candidate_ids();
  request.set_reason(certification.reason());
  request.set_accept_incomplete(proposed.accept_incomplete());
  *request.mutable_documents() = certification.documents();
  return request;
}

absl::Status ConfirmAnnulment(const AggregatorClient& aggregator, const v1::LedgerEntry& entry,
                              const Invocation& invocation) {
  const auto answer = aggregator.AnnulReport(RequestOf(entry.annulment_proposal()));
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                answer->awaits_second_operator() ? kAwaitsSecondOperator
                                                 : fmt::format("Annulled {}, as {} proposed",
                                                               EventSubject(entry), entry.actor()),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

absl::Status ConfirmCertification(const AggregatorClient& aggregator,
                                  const ConfirmArguments& arguments, const v1::LedgerEntry& entry,
                                  const ElectionNames& names, const Invocation& invocation) {
  const v1::ResultCertification& proposed = entry.certification_proposal();
  invocation.console.messages << "Certifying this result:\n\n"
                              << ResultText(proposed.result(), names,
                                            invocation.console.messages_colours)
                              << '\n';
  const auto answer = aggregator.CertifyResult(RequestOf(arguments.choice.election_id, proposed));
  if (!answer.ok()) return answer.status();
  PrintDecision(invocation,
                answer->awaits_second_operator() ? kAwaitsSecondOperator
                                                 : fmt::format("Certified {}, as {} proposed",
                                                               EventSubject(entry), entry.actor()),
                answer->sequence(), *answer);
  return absl::OkStatus();
}

absl::Status RunConfirm(const ConfirmArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  const auto names =
      FetchNames(aggregator, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  const auto entry = ReadEntry(aggregator, arguments);
  if (!entry.ok()) return entry.status();
  if (entry->has_annulment_proposal()) return ConfirmAnnulment(aggregator, *entry, invocation);
  if (entry->has_certification_proposal()) {
    return ConfirmCertification(aggregator, arguments, *entry, *names, invocation);
  }
  if (entry->has_embargo_seal()) {
    return ProposalUnknown(
        arguments.sequence,
        "sealed: nobody can read it yet. Whoever knows what was proposed sends the "
        "same decision, with reason and documents; an entry that is sealed");
  }
  return ProposalUnknown(arguments.sequence, fmt::format("\"{}\"", EventKind(*entry)));
}

}  // namespace

void AddConfirm(CommandLine& commands) {
  auto arguments = std::make_shared<ConfirmArguments>();
  CLI::App& app = commands.Add(
      "confirm",
      "Confirms what another operator has proposed, if the election needs two for an annulment or "
      "certification.",
      "canvass confirm az-2024-presidential --sequence 6558",
      [arguments](const Invocation& invocation) { return RunConfirm(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  app.add_option("--sequence", arguments->sequence,
                 "Sequence of the proposal, as canvass ledger lists it")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax));
}

}  // namespace canvass::cli
