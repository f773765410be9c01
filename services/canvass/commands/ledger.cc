#include <cstdint>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/ledger_audit.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

struct LedgerArguments {
  Choice choice{};
  std::int64_t from_sequence = 1;
  bool verify = false;
};

std::string Grouped(std::int64_t number) { return GroupThousands(std::to_string(number)); }

absl::Status List(const LedgerArguments& arguments, const Invocation& invocation) {
  const AggregatorClient aggregator(invocation.options);
  const auto names =
      FetchNames(aggregator, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(arguments.choice.election_id);
  request.set_from_sequence(arguments.from_sequence);
  std::vector<Column> columns = EntryColumns();
  columns.push_back({"entry_hash", "entry hash", ColumnKind::kText});
  ListOutput list(invocation, columns);
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return aggregator.ListLedgerEntries(page); },
      [&](const aggregator::v1::ListLedgerEntriesResponse& page) {
        for (const v1::LedgerEntry& entry : page.entries()) {
          Row row = EntryRow(entry, *names);
          row.push_back(entry.entry_hash());
          list.Add(std::move(row), entry);
        }
        return true;
      });
  list.Finish();
  return status;
}

// Returns the publisher's newest sequence and root, which the audit must reproduce.
absl::StatusOr<v1::AsOf> PublishedMoment(const std::string& election_id,
                                         const Invocation& invocation) {
  publisher::v1::GetElectionRequest request;
  request.set_election_id(election_id);
  const auto answer = PublisherClient(invocation.options).GetElection(request);
  if (!answer.ok()) return answer.status();
  return answer->as_of();
}

// Reads the aggregator's entries up to `sequence` into `audit`.
absl::Status ReadEntries(const std::string& election_id, std::int64_t sequence,
                         const Invocation& invocation, LedgerAudit& audit) {
  const AggregatorClient aggregator(invocation.options);
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(election_id);
  absl::Status found;
  const absl::Status listed = ForEachPage(
      request, [&](const auto& page) { return aggregator.ListLedgerEntries(page); },
      [&](const aggregator::v1::ListLedgerEntriesResponse& page) {
        for (const v1::LedgerEntry& entry : page.entries()) {
          if (!found.ok() || audit.sequence() == sequence) return false;
          found = audit.Add(entry);
        }
        return found.ok();
      });
  return found.ok() ? listed : found;
}

absl::Status Verify(const LedgerArguments& arguments, const Invocation& invocation) {
  const std::string& election_id = arguments.choice.election_id;
  const absl::StatusOr<v1::AsOf> published = PublishedMoment(election_id, invocation);
  if (!published.ok()) return published.status();
  LedgerAudit audit;
  const absl::Status read = ReadEntries(election_id, published->sequence(), invocation, audit);
  if (!read.ok()) return read;
  if (audit.sequence() != published->sequence() || audit.Root() != published->root_hash()) {
    return MakeError(reason::kLedgerDiverged,
                     fmt::format("The entries 1 to {} of the aggregator's ledger have the root {}, "
                                 "but the publisher has the root {} at sequence {}",
                                 Grouped(audit.sequence()), audit.Root(), published->root_hash(),
                                 Grouped(published->sequence())));
  }
  Print(invocation, AuditText(audit),
        {.columns = {{"sequence", "sequence", ColumnKind::kCount},
                     {"root_hash", "root", ColumnKind::kText},
                     {"closed_seals", "closed seals", ColumnKind::kCount}},
         .rows = {{std::to_string(audit.sequence()), audit.Root(),
                   std::to_string(audit.closed_seals())}}},
        *published);
  return absl::OkStatus();
}

}  // namespace

void AddLedger(CommandLine& commands) {
  auto arguments = std::make_shared<LedgerArguments>();
  CLI::App& app = commands.Add("ledger", "Lists the aggregator's ledger or verifies its hashes.",
                               "canvass ledger az-2024-presidential --from 6500\n"
                               "canvass ledger az-2024-presidential --verify",
                               [arguments](const Invocation& invocation) {
                                 return arguments->verify ? Verify(*arguments, invocation)
                                                          : List(*arguments, invocation);
                               });
  AddElectionArgument(app, arguments->choice);
  CLI::Option* const from =
      app.add_option("--from", arguments->from_sequence, "First sequence to list")
          ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax))
          ->capture_default_str();
  app.add_flag("--verify", arguments->verify,
               "Recompute all leaf hashes and the RFC 6962 root from the entries' bytes, and "
               "compare the root with the publisher's")
      ->excludes(from);
}

}  // namespace canvass::cli
