#include "services/canvass/report_decision.h"

#include <google/protobuf/message.h>

#include <cstddef>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/print.h"
#include "services/canvass/text_width.h"

namespace canvass {
namespace {

constexpr std::size_t kSha256Digits = 64;

// Empty for a well-formed document: CLI11's way to say so.
std::string CheckDocument(const std::string& text) {
  const std::string hash = text.substr(0, text.find(','));
  const bool hexadecimal = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hash.size() == kSha256Digits && hexadecimal) return "";
  return fmt::format(
      "'{}' must be the SHA-256 of the file in 64 lower-case hex digits, then ',' and where to "
      "read it",
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
                 "Revision of the report that was looked at, so that nothing unseen is decided on")
      ->required()
      ->check(CLI::PositiveNumber);
  AddReasonOption(app, decision.reason);
  AddDocumentOption(app, decision.documents);
}

void AddReasonOption(CLI::App& app, std::string& reason) {
  app.add_option("--reason", reason, "Why; goes into the ledger for everyone to read")->required();
}

void AddDocumentOption(CLI::App& app, std::vector<std::string>& documents) {
  app.add_option("--document", documents,
                 "The decision on paper: its SHA-256, ',' and where to read it")
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

void PrintDecision(const Session& session, std::string_view decided, std::int64_t sequence,
                   const google::protobuf::Message& answer) {
  Print(session,
        fmt::format("{}: sequence {}\n", decided, GroupThousands(std::to_string(sequence))),
        {.columns = {{"sequence", "sequence", ColumnKind::kCount}},
         .rows = {{std::to_string(sequence)}}},
        answer);
}

}  // namespace canvass
