#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/definition_messages.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

struct DefineArguments {
  std::string file{};
  bool validate_only = false;
  std::string reason{};
};

// Returns the last sequence before the definition, or 0 if the election does not exist yet.
absl::StatusOr<std::int64_t> SequenceBefore(const AggregatorClient& aggregator,
                                            const std::string& election_id) {
  aggregator::v1::GetElectionRequest request;
  request.set_election_id(election_id);
  const auto answer = aggregator.GetElection(request);
  if (answer.ok()) return answer->as_of().sequence();
  if (absl::IsNotFound(answer.status())) return 0;
  return answer.status();
}

// Returns a line for each definition entry after `sequence` with the parts that are new or changed.
absl::StatusOr<std::string> ChangesAfter(const AggregatorClient& aggregator,
                                         const std::string& election_id, std::int64_t sequence) {
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(election_id);
  request.set_from_sequence(sequence + 1);
  std::string text;
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return aggregator.ListLedgerEntries(page); },
      [&](const aggregator::v1::ListLedgerEntriesResponse& page) {
        for (const v1::LedgerEntry& entry : page.entries()) {
          if (!entry.has_definition()) continue;
          text += fmt::format("  new or changed: {} (sequence {})\n", PartsText(entry.definition()),
                              Grouped(entry.sequence()));
        }
        return true;
      });
  if (!status.ok()) return status;
  return text;
}

// Shows the changes if they can be listed. An error is only a message, because the definition is
// already in the ledger.
void ShowChanges(const AggregatorClient& aggregator, const std::string& election_id,
                 std::int64_t before, const Invocation& invocation) {
  const absl::StatusOr<std::string> changes = ChangesAfter(aggregator, election_id, before);
  if (changes.ok()) {
    invocation.console.out << *changes;
  } else {
    invocation.console.messages << "The changes cannot be listed: " << ErrorText(changes.status());
  }
}

std::string AnswerText(const std::string& election_id,
                       const aggregator::v1::DefineElectionResponse& answer, bool validate_only) {
  if (answer.parts_changed() == 0) return fmt::format("{}: nothing changes\n", election_id);
  return fmt::format("{}: {} {}; {} and {}, sequence {}\n", election_id,
                     Counted(answer.parts_changed(), "part", "parts"),
                     validate_only ? "would change" : "changed",
                     Counted(answer.areas(), "area", "areas"),
                     Counted(answer.stations(), "station", "stations"), Grouped(answer.sequence()));
}

absl::StatusOr<v1::DefinitionChange> ReadDefinition(const DefineArguments& arguments) {
  v1::DefinitionChange definition;
  const absl::Status read = ReadProtoJson(arguments.file, definition);
  if (!read.ok()) return read;
  if (!arguments.reason.empty()) definition.set_reason(arguments.reason);
  return definition;
}

absl::Status RunDefine(const DefineArguments& arguments, const Invocation& invocation) {
  const absl::StatusOr<v1::DefinitionChange> definition = ReadDefinition(arguments);
  if (!definition.ok()) return definition.status();
  const std::string& election_id = definition->election().election_id();
  const AggregatorClient aggregator(invocation.options);
  const absl::StatusOr<std::int64_t> before = SequenceBefore(aggregator, election_id);
  if (!before.ok()) return before.status();
  const auto answer =
      aggregator.DefineElection(DefinitionMessages(*definition, arguments.validate_only));
  if (!answer.ok()) return answer.status();
  Print(invocation, AnswerText(election_id, *answer, arguments.validate_only),
        {.columns = {{"sequence", "sequence", ColumnKind::kCount},
                     {"stations", "stations", ColumnKind::kCount},
                     {"areas", "areas", ColumnKind::kCount},
                     {"parts_changed", "changed", ColumnKind::kCount}},
         .rows = {{std::to_string(answer->sequence()), std::to_string(answer->stations()),
                   std::to_string(answer->areas()), std::to_string(answer->parts_changed())}}},
        *answer);
  const bool changed = !arguments.validate_only && answer->parts_changed() > 0;
  if (changed && invocation.options.format == OutputFormat::kTable) {
    ShowChanges(aggregator, election_id, *before, invocation);
  }
  return absl::OkStatus();
}

}  // namespace

void AddDefine(CommandLine& commands) {
  auto arguments = std::make_shared<DefineArguments>();
  CLI::App& app = commands.Add(
      "define",
      "Defines an election or changes its definition. Sending the same definition again changes "
      "nothing.",
      "canvass define election.json --validate-only\n"
      "canvass define election.json\n"
      "\n"
      "election.json is a canvass.v1.DefinitionChange:\n"
      "{\"election\": {\"electionId\": \"town-2025\", \"names\": {\"en\": \"Mayor\"},\n"
      "              \"pollingDate\": \"2025-06-01\", \"timeZone\": \"Europe/Paris\"},\n"
      " \"contests\": [{\"contestId\": \"mayor\", \"candidates\": [{\"candidateId\": \"a\"}, "
      "{\"candidateId\": \"b\"}]}],\n"
      " \"sources\": [{\"sourceId\": \"office\", \"kind\": \"SOURCE_KIND_OFFICIAL\"}],\n"
      " \"areas\": [{\"areaId\": \"town\", \"kind\": \"town\"}],\n"
      " \"stations\": [{\"stationId\": \"s-1\", \"areaId\": \"town\"}]}",
      [arguments](const Invocation& invocation) { return RunDefine(*arguments, invocation); });
  app.add_option("file", arguments->file,
                 "canvass.v1.DefinitionChange in JSON, or - for standard input")
      ->required()
      ->type_name("FILE.json");
  app.add_flag("--validate-only", arguments->validate_only,
               "Check the definition and show the changes without making them");
  app.add_option("--reason", arguments->reason,
                 "Reason for changing an existing definition. Replaces the reason in the file");
}

}  // namespace canvass::cli
