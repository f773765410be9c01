#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/ledger/merkle.h"
#include "fmt/format.h"
#include "services/aggregator/store/database_audit.h"
#include "services/aggregator/store/row_difference.h"
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
  std::string database{};  // empty: the aggregator is asked
  KnownRoot root{};        // empty: there is none
};

std::string CheckRoot(const std::string& text) {
  if (ParseKnownRoot(text).has_value()) return "";
  return fmt::format("'{}' is not 64 hex digits, or those with @ and a sequence from 1 behind",
                     Printable(text));
}

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

// The findings, one on each line.
absl::Status Differing(const aggregator::RowDifferences& differences) {
  std::string text = fmt::format("{} in the database {} what the ledger's entries say:",
                                 Counted(differences.total(), "value", "values"),
                                 differences.total() == 1 ? "is not" : "are not");
  for (const aggregator::RowDifference& difference : differences.kept()) {
    text += "\n  " + Describe(difference);
  }
  const auto kept = static_cast<std::int64_t>(differences.kept().size());
  if (differences.total() > kept)
    text += fmt::format("\n  and {} more", differences.total() - kept);
  return MakeError(reason::kRowDiffers, text);
}

v1::LedgerEntry AsListed(const aggregator::StoredEntry& stored) {
  v1::LedgerEntry entry;
  entry.set_sequence(stored.sequence);
  entry.set_entry(std::string(stored.bytes));
  entry.set_entry_hash(ledger::ToHex(stored.leaf_hash));
  return entry;
}

// Reads the database's entries into `audit` and compares all rows with them. Sets `text` to what
// was compared besides.
absl::Status ReadDatabase(const LedgerArguments& arguments, LedgerAudit& audit, std::string& text) {
  absl::Status found;
  const auto audited =
      aggregator::AuditDatabase(arguments.database, arguments.choice.election_id,
                                [&found, &audit](const aggregator::StoredEntry& stored) {
                                  if (found.ok()) found = audit.Add(AsListed(stored));
                                });
  if (!audited.ok()) return audited.status();
  // They name the row that `found` is about, if it is about a row.
  if (audited->differences.total() > 0) return Differing(audited->differences);
  text = "The rows of the database say what the entries say.\n";
  text += audited->sealed_contents.has_value()
              ? fmt::format("{} what was committed to.\n",
                            Counted(*audited->sealed_contents, "content of a seal is",
                                    "contents of seals are"))
              : "This role may not read what seals hide.\n";
  return found;
}

// Without services, the root that was written down takes the place of the publisher's.
bool AsksPublisher(const LedgerArguments& arguments) {
  return arguments.database.empty() || arguments.root.root.empty();
}

absl::Status Verify(const LedgerArguments& arguments, const Invocation& invocation) {
  const std::string& election_id = arguments.choice.election_id;
  LedgerAudit audit;
  std::string text;
  v1::AsOf published;
  if (AsksPublisher(arguments)) {
    const absl::StatusOr<v1::AsOf> moment = PublishedMoment(election_id, invocation);
    if (!moment.ok()) return moment.status();
    published = *moment;
    audit.LookFor({.root = published.root_hash(), .sequence = published.sequence()});
    text += fmt::format("The publisher has the same root at sequence {}.\n",
                        Grouped(published.sequence()));
  }
  if (!arguments.root.root.empty()) {
    audit.LookFor(arguments.root);
    text += "The ledger continues the given root.\n";
  }
  std::string of_database;
  absl::Status read =
      arguments.database.empty()
          ? ReadEntries(election_id, std::max(published.sequence(), arguments.root.sequence),
                        invocation, audit)
          : ReadDatabase(arguments, audit, of_database);
  if (read.ok()) read = audit.CheckRoots();
  if (!read.ok()) return read;
  if (published.sequence() != audit.sequence()) {  // the times are of the publisher's sequence
    published.clear_recorded_at();
    published.clear_confirmed_at();
  }
  published.set_sequence(audit.sequence());
  published.set_root_hash(audit.Root());
  Print(invocation, AuditText(audit) + of_database + text,
        {.columns = {{"sequence", "sequence", ColumnKind::kCount},
                     {"root_hash", "root", ColumnKind::kText},
                     {"closed_seals", "closed seals", ColumnKind::kCount}},
         .rows = {{std::to_string(audit.sequence()), audit.Root(),
                   std::to_string(audit.closed_seals())}}},
        published);
  return absl::OkStatus();
}

}  // namespace

void AddLedger(CommandLine& commands) {
  auto arguments = std::make_shared<LedgerArguments>();
  CLI::App& app = commands.Add("ledger", "Lists the aggregator's ledger or verifies its hashes.",
                               "canvass ledger az-2024-presidential --from 6500\n"
                               "canvass ledger az-2024-presidential --verify\n"
                               "canvass ledger az-2024-presidential --verify --database "
                               "\"host=db.example.org dbname=canvass user=auditor\"",
                               [arguments](const Invocation& invocation) {
                                 return arguments->verify ? Verify(*arguments, invocation)
                                                          : List(*arguments, invocation);
                               });
  AddElectionArgument(app, arguments->choice);
  CLI::Option* const from =
      app.add_option("--from", arguments->from_sequence, "First sequence to list")
          ->check(CLI::Range(std::int64_t{1}, kOptionNumberMax))
          ->capture_default_str();
  CLI::Option* const verify =
      app.add_flag("--verify", arguments->verify,
                   "Recompute all leaf hashes and the RFC 6962 root from the entries' bytes, and "
                   "compare the root with the publisher's")
          ->excludes(from);
  app.add_option("--database", arguments->database,
                 "PostgreSQL connection string or URI, e.g. of the role canvass_reader: read the "
                 "entries there, and compare every column of the tables with them")
      ->needs(verify)
      ->type_name("CONNECTION");
  app.add_option_function<std::string>(
         "--root",
         [arguments](const std::string& text) { arguments->root = *ParseKnownRoot(text); },
         "A root that was written down, as --verify prints it: tell whether the ledger continues "
         "it. With --database, no service is asked then")
      ->needs(verify)
      ->check(CLI::Validator(CheckRoot, "", "root"))
      ->type_name("HEX[@SEQUENCE]");
}

}  // namespace canvass::cli
