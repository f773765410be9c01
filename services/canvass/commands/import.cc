#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/definition_proto.h"
#include "fmt/format.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/definition_messages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/clients/reporter_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/import/checked_sheet.h"
#include "services/canvass/import/fetch_recorded.h"
#include "services/canvass/import/import_plan.h"
#include "services/canvass/import/import_summary.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/station_sheet.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/input_file.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/progress_bar.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

// Rejected rows that are shown on the terminal. The rejects file has all of them.
constexpr std::size_t kRejectionsShown = 10;

struct ImportArguments {
  std::string file{};
  std::string mapping_file{};
  bool dry_run = false;
  bool reports_only = false;
  std::string rejects_file{};
  std::string election_id{};
  std::vector<std::string> severities{};
  std::string reason{};
  RetryLimits retry{};
};

absl::StatusOr<Mapping> LoadMapping(const ImportArguments& arguments) {
  const absl::StatusOr<std::string> json = ReadInput(arguments.mapping_file);
  if (!json.ok()) return json.status();
  absl::StatusOr<Mapping> mapping = ParseMapping(*json, arguments.mapping_file);
  if (!mapping.ok()) return mapping.status();
  if (!arguments.election_id.empty()) mapping->election.id = arguments.election_id;
  for (const std::string& severity : arguments.severities) {
    const absl::Status set = SetSeverity(severity, mapping->election);
    if (!set.ok()) return set;
  }
  return mapping;
}

// Imports a checked sheet.
class Import {
 public:
  Import(const ImportArguments& arguments, const Invocation& invocation, CheckedSheet sheet)
      : arguments_(arguments),
        invocation_(invocation),
        sheet_(std::move(sheet)),
        rejections_(sheet_.rejections) {
    outcome_.rejected = static_cast<std::int64_t>(rejections_.size());
  }

  // Defines the election, compares the sheet with the recorded reports and sends the rest. After an
  // error, outcome() has the progress so far.
  absl::Status Send() {
    const absl::StatusOr<RecordedStations> recorded = Define();
    if (!recorded.ok()) return recorded.status();
    plan_ = PlanImport(sheet_, *recorded, arguments_.reason);
    outcome_.unchanged = plan_.unchanged;
    outcome_.rejected += static_cast<std::int64_t>(plan_.rejections.size());
    rejections_.insert(rejections_.end(), plan_.rejections.begin(), plan_.rejections.end());
    if (plan_.reports.empty()) return absl::OkStatus();
    return SendReports();
  }

  const CheckedSheet& sheet() const { return sheet_; }
  const ImportOutcome& outcome() const { return outcome_; }
  const std::vector<Rejection>& rejections() const { return rejections_; }

 private:
  absl::StatusOr<RecordedStations> Define();
  absl::StatusOr<bool> IsDefined(const AggregatorClient& aggregator) const;
  absl::StatusOr<std::int64_t> SendDefinition(const AggregatorClient& aggregator) const;
  absl::StatusOr<RecordedStations> Recorded(std::int64_t sequence) const;
  absl::Status SendReports();
  void TakeReceipt(const PlannedReport& planned, const v1::Receipt& receipt);

  const ImportArguments& arguments_;
  const Invocation& invocation_;
  const CheckedSheet sheet_;
  ImportPlan plan_{};
  ImportOutcome outcome_{};
  std::vector<Rejection> rejections_;
};

// Defines the election if necessary. Returns the reports that are already recorded for the stations
// of the file.
absl::StatusOr<RecordedStations> Import::Define() {
  const AggregatorClient aggregator(invocation_.options);
  const absl::StatusOr<bool> defined = IsDefined(aggregator);
  if (!defined.ok()) return defined.status();
  std::int64_t sequence = 0;
  if (!arguments_.reports_only) {
    const absl::StatusOr<std::int64_t> sent = SendDefinition(aggregator);
    if (!sent.ok()) return sent.status();
    sequence = *sent;
  }
  // A new election has no recorded reports to compare with.
  if (!*defined) return RecordedStations();
  return Recorded(sequence);
}

absl::StatusOr<bool> Import::IsDefined(const AggregatorClient& aggregator) const {
  aggregator::v1::GetElectionRequest request;
  request.set_election_id(sheet_.definition.election().id);
  const auto answer = aggregator.GetElection(request);
  if (answer.ok()) return true;
  if (absl::IsNotFound(answer.status()) && !arguments_.reports_only) return false;
  return answer.status();
}

absl::StatusOr<std::int64_t> Import::SendDefinition(const AggregatorClient& aggregator) const {
  v1::DefinitionChange change = rpc::ToProto(sheet_.change);
  change.set_reason(arguments_.reason);
  const auto answer = aggregator.DefineElection(DefinitionMessages(change, false));
  if (!answer.ok()) return answer.status();
  if (answer->parts_changed() > 0) {
    invocation_.console.messages << fmt::format("Defined {}: {} new or changed.\n",
                                                sheet_.definition.election().id,
                                                Counted(answer->parts_changed(), "part", "parts"));
  }
  return answer->sequence();
}

absl::StatusOr<RecordedStations> Import::Recorded(std::int64_t sequence) const {
  const PublisherClient publisher(invocation_.options);
  absl::StatusOr<RecordedStations> recorded = FetchRecorded(publisher, sheet_, sequence);
  if (!HasReason(recorded.status(), reason::kSourceEmbargoed)) return recorded;
  invocation_.console.messages
      << "The source is under embargo, so the file cannot be compared with the recorded reports. "
         "All reports are sent, and those already recorded count as repeated.\n";
  return RecordedStations();
}

absl::Status Import::SendReports() {
  const ReporterClient reporter(invocation_.options);
  ProgressBar progress(invocation_.console, static_cast<std::int64_t>(plan_.reports.size()),
                       "reports");
  return reporter.SubmitReports(
      {.count = plan_.reports.size(),
       .report_at =
           [this](std::size_t i) {
             return ReportToSend(sheet_, plan_.reports[i], arguments_.reason);
           },
       .on_receipt =
           [&](std::size_t i, const v1::Receipt& receipt) {
             TakeReceipt(plan_.reports[i], receipt);
             progress.Advance();
           },
       .on_retry =
           [&progress](const absl::Status& why, absl::Duration wait) {
             progress.Say(fmt::format("{} Retrying in {}.", StrCat(why.message()),
                                      absl::FormatDuration(wait)));
           }},
      arguments_.retry);
}

void Import::TakeReceipt(const PlannedReport& planned, const v1::Receipt& receipt) {
  if (receipt.repeated_submission()) {
    ++outcome_.repeated;
    return;
  }
  switch (receipt.state()) {
    case v1::RECEIPT_STATE_RECORDED:
      ++outcome_.recorded;
      if (planned.revision > 1) ++outcome_.corrections;
      return;
    case v1::RECEIPT_STATE_HELD:
      ++outcome_.held;
      return;
    case v1::RECEIPT_STATE_QUEUED:
      ++outcome_.queued;
      return;
    default:
      break;
  }
  ++outcome_.refused;
  const CheckedStation& station = sheet_.stations[planned.index];
  Rejection rejection = {.rows = station.rows, .station_no = station.station_no};
  for (const v1::Finding& finding : receipt.findings()) {
    if (finding.severity() != v1::SEVERITY_REJECT) continue;  // does not cause the refusal
    std::vector<std::string> numbers;
    for (const auto& [name, number] : finding.numbers())
      numbers.push_back(fmt::format("{}={}", name, number));
    rejection.faults.push_back({.rule = finding.rule(),
                                .field = finding.field(),
                                .numbers = fmt::format("{}", fmt::join(numbers, " ")),
                                .message = finding.message()});
  }
  rejections_.push_back(std::move(rejection));
}

// Shows the rejected and refused rows, and writes them to the rejects file if there is one.
absl::Status Report(const ImportArguments& arguments, const Invocation& invocation,
                    const std::string& csv, char delimiter, std::vector<Rejection> rejections) {
  std::stable_sort(rejections.begin(), rejections.end(), ComesBefore);
  invocation.console.messages << RejectionsText(rejections, kRejectionsShown);
  const std::string count = GroupThousands(std::to_string(rejections.size()));
  if (!arguments.rejects_file.empty()) {
    const absl::Status written =
        WriteOutput(arguments.rejects_file, RejectsCsv(csv, delimiter, rejections));
    if (!written.ok()) return written;
    invocation.console.messages << fmt::format("{} rejected or refused: {}\n", count,
                                               arguments.rejects_file);
  }
  if (rejections.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "Rejected or refused: {}{}", count,
      arguments.rejects_file.empty() ? "; use --rejects FILE to write their rows to a file" : ""));
}

absl::Status SendSheet(const ImportArguments& arguments, const Invocation& invocation,
                       const std::string& csv, char delimiter, CheckedSheet sheet) {
  Import import(arguments, invocation, std::move(sheet));
  const absl::Status sent = import.Send();
  invocation.console.out << OutcomeText(import.sheet(), import.outcome(),
                                        invocation.options.format);
  const absl::Status reported = Report(arguments, invocation, csv, delimiter, import.rejections());
  if (sent.ok()) return reported;
  invocation.console.messages
      << "Not everything was sent. Run the same command again to continue.\n";
  return sent;
}

absl::Status RunImport(const ImportArguments& arguments, const Invocation& invocation) {
  const absl::StatusOr<Mapping> mapping = LoadMapping(arguments);
  if (!mapping.ok()) return mapping.status();
  const absl::StatusOr<std::string> csv = ReadInput(arguments.file);
  if (!csv.ok()) return csv.status();
  absl::StatusOr<StationSheet> read = ReadStationSheet(*csv, *mapping);
  if (!read.ok()) return read.status();
  absl::StatusOr<CheckedSheet> sheet = CheckStationSheet(*std::move(read), absl::Now());
  if (!sheet.ok()) return sheet.status();
  for (const std::string& note : sheet->notes) invocation.console.messages << note << '\n';
  if (!arguments.dry_run) {
    return SendSheet(arguments, invocation, *csv, mapping->delimiter, *std::move(sheet));
  }
  invocation.console.out << DryRunText(*sheet, invocation.options.format);
  return Report(arguments, invocation, *csv, mapping->delimiter, sheet->rejections);
}

}  // namespace

void AddImport(CommandLine& commands) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App& app = commands.Add(
      "import",
      "Imports an election and its reports from a CSV file with the results of each station.",
      "canvass import stations.csv --mapping mapping.json --dry-run\n"
      "canvass import stations.csv --mapping mapping.json --rejects rejects.csv\n"
      "canvass import stations.csv --mapping mapping.json --severity CAST_ABOVE_REGISTERED=warn\n"
      "\n"
      "Running the same command again sends only the missing reports. A row that differs from the\n"
      "recorded report is a correction and needs --reason. A corrected rejects file can be "
      "imported\n"
      "like the original file.\n"
      "\n" +
          std::string(MappingHelp()),
      [arguments](const Invocation& invocation) { return RunImport(*arguments, invocation); });
  app.add_option("file", arguments->file,
                 "CSV in UTF-8 with a line of column names, or - for standard input")
      ->required()
      ->type_name("FILE.csv");
  app.add_option("--mapping", arguments->mapping_file, "Maps the columns of the CSV, see below")
      ->required()
      ->type_name("MAPPING.json");
  app.add_flag("--dry-run", arguments->dry_run,
               "Check everything and show the totals without sending anything");
  app.add_option(
         "--rejects", arguments->rejects_file,
         "File for rows that are not imported: line, rule, field, numbers, message and the row")
      ->type_name("FILE.csv");
  app.add_option("--election", arguments->election_id,
                 "Id of the election. Replaces the id in the mapping")
      ->type_name("ID");
  app.add_option("--severity", arguments->severities,
                 "Severity of a rule: off, warn, hold or reject. Replaces the severity in the "
                 "mapping. Can be repeated")
      ->type_name("RULE=SEVERITY")
      ->expected(1)
      ->take_all();
  app.add_option("--reason", arguments->reason,
                 "Reason for corrected reports or a changed definition");
  app.add_flag("--reports-only", arguments->reports_only,
               "Send no definition, because the election is already defined with these stations");
  AddDurationOption(app, "--retry-for", arguments->retry.give_up_after,
                    "How long to retry while the services cannot be reached");
}

}  // namespace canvass::cli
