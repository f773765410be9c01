#include "services/canvass/commands/report_decision.h"

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <limits>

#include "CLI/App.hpp"
#include "common/base/hash_text.h"
#include "fmt/format.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

// CLI11 validator. Returns "" for a well-formed document and otherwise the error.
std::string CheckDocument(const std::string& text) {
  if (IsHashText(text.substr(0, text.find(',')))) return "";
  return fmt::format(
      "'{}' must be SHA256,URI: the file's SHA-256 in 64 lower-case hex digits and its address",
      text);
}

}  // namespace

void AddReportDecisionOptions(CLI::App& app, ReportDecision& decision) {
  AddElectionArgument(app, decision.choice);
  app.add_option("station", decision.station_id, "Id of the station")
      ->required()
      ->type_name("STATION");
  AddContestOption(app, decision.choice);
  AddSourceOption(app, decision.choice);
  app.add_option("--revision", decision.revision,
                 "Revision of the report that was reviewed. Refused if there is a newer revision")
      ->required()
      ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()));
  AddReasonOption(app, decision.reason);
  AddDocumentOption(app, decision.documents);
}

void AddReasonOption(CLI::App& app, std::string& reason) {
  app.add_option("--reason", reason, "Reason for the decision. The ledger publishes it")
      ->required();
}

void AddDocumentOption(CLI::App& app, std::vector<std::string>& documents) {
  app.add_option("--document", documents,
                 "Document of the decision: the file's SHA-256 and its address. Can be repeated")
      ->type_name("SHA256,URI")
      ->check(CheckDocument)
      ->expected(1)
      ->take_all();
}

v1::ReportKey KeyOf(const ReportDecision& decision) {
  v1::ReportKey key;
  key.set_election_id(decision.choice.election_id);
  key.set_contest_id(decision.choice.contest_id);
  key.set_source_id(decision.choice.source_id);
  key.set_station_id(decision.station_id);
  key.set_revision(decision.revision);
  return key;
}

google::protobuf::RepeatedPtrField<v1::Document> DocumentsOf(
    const std::vector<std::string>& documents) {
  google::protobuf::RepeatedPtrField<v1::Document> parsed;
  for (const std::string& text : documents) {
    v1::Document& document = *parsed.Add();
    const std::size_t comma = text.find(',');
    document.set_sha256(text.substr(0, comma));
    if (comma != std::string::npos) document.set_uri(text.substr(comma + 1));
  }
  return parsed;
}

void PrintDecision(const Invocation& invocation, std::string_view decided, std::int64_t sequence,
                   const google::protobuf::Message& answer) {
  Print(invocation,
        fmt::format("{}: sequence {}\n", decided, GroupThousands(std::to_string(sequence))),
        {.columns = {{"sequence", "sequence", ColumnKind::kCount}},
         .rows = {{std::to_string(sequence)}}},
        answer);
}

}  // namespace canvass::cli
