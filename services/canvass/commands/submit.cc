#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/clients/reporter_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/input_file.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/receipt_view.h"

namespace canvass::cli {
namespace {

struct SubmitArguments {
  std::string file{};
  bool validate_only = false;
  RetryLimits retry{};
};

absl::StatusOr<std::vector<v1::StationReport>> ReadReports(const std::string& file) {
  const absl::StatusOr<std::string> content = ReadInput(file);
  if (!content.ok()) return content.status();
  const absl::StatusOr<std::vector<std::string>> values = SplitJsonValues(*content, file);
  if (!values.ok()) return values.status();
  std::vector<v1::StationReport> reports(values->size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const absl::Status parsed =
        ParseProtoJson((*values)[i], fmt::format("{}, report {}", file, i + 1), reports[i]);
    if (!parsed.ok()) return parsed;
  }
  return reports;
}

absl::Status RefusedError(std::size_t refused, std::size_t of) {
  if (refused == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("The services refused {} of {}", refused, Counted(of, "report", "reports")));
}

// Validates each report with one call.
absl::Status Validate(const ReporterClient& reporter, const std::vector<v1::StationReport>& reports,
                      const Invocation& invocation, ListOutput& list) {
  std::size_t refused = 0;
  for (const v1::StationReport& report : reports) {
    const absl::StatusOr<v1::Receipt> receipt = reporter.ValidateReport(report);
    if (receipt.ok()) {
      refused += receipt->state() == v1::RECEIPT_STATE_REFUSED ? 1 : 0;
      list.Add(ReceiptRow(*receipt), *receipt);
    } else if (ExitCodeOf(receipt.status()) == ExitCode::kUnreachable) {
      return receipt.status();
    } else {
      ++refused;
      invocation.console.messages << report.station_id() << ": " << ErrorText(receipt.status());
    }
  }
  return RefusedError(refused, reports.size());
}

absl::Status Submit(const SubmitArguments& arguments, const ReporterClient& reporter,
                    const std::vector<v1::StationReport>& reports, const Invocation& invocation,
                    ListOutput& list) {
  std::size_t refused = 0;
  const absl::Status status = reporter.SubmitReports(
      {.count = reports.size(),
       .report_at = [&reports](std::size_t index) { return reports[index]; },
       .on_receipt =
           [&](std::size_t /*index*/, const v1::Receipt& receipt) {
             refused += receipt.state() == v1::RECEIPT_STATE_REFUSED ? 1 : 0;
             list.Add(ReceiptRow(receipt), receipt);
           },
       .on_retry =
           [&invocation](const absl::Status& why, absl::Duration wait) {
             invocation.console.messages << ErrorText(why) << "Retrying in "
                                         << absl::FormatDuration(wait) << ".\n";
           }},
      arguments.retry);
  return status.ok() ? RefusedError(refused, reports.size()) : status;
}

absl::Status RunSubmit(const SubmitArguments& arguments, const Invocation& invocation) {
  const absl::StatusOr<std::vector<v1::StationReport>> reports = ReadReports(arguments.file);
  if (!reports.ok()) return reports.status();
  const ReporterClient reporter(invocation.options);
  ListOutput list(invocation, ReceiptColumns());
  const absl::Status status = arguments.validate_only
                                  ? Validate(reporter, *reports, invocation, list)
                                  : Submit(arguments, reporter, *reports, invocation, list);
  list.Finish();
  return status;
}

}  // namespace

void AddSubmit(CommandLine& commands) {
  auto arguments = std::make_shared<SubmitArguments>();
  arguments->retry.give_up_after = absl::ZeroDuration();
  CLI::App& app = commands.Add(
      "submit",
      "Submits reports and prints their receipts. Submitting the same report again is harmless.",
      "canvass submit reports.json\n"
      "\n"
      "reports.json holds one canvass.v1.StationReport, an array of them or one per line:\n"
      "{\"electionId\": \"town-2025\", \"stationId\": \"s-1\", \"ballots\": {\"registeredVoters\": "
      "900,\n"
      " \"ballotsCast\": 510, \"blankVotes\": 3, \"invalidVotes\": 2,\n"
      " \"votes\": [{\"candidateId\": \"a\", \"count\": 300}, {\"candidateId\": \"b\", \"count\": "
      "205}]}}",
      [arguments](const Invocation& invocation) { return RunSubmit(*arguments, invocation); });
  app.add_option("file", arguments->file, "Reports in JSON, or - for standard input")
      ->required()
      ->type_name("FILE.json");
  app.add_flag("--validate-only", arguments->validate_only,
               "Check each report without recording anything");
  AddDurationOption(app, "--retry-for", arguments->retry.give_up_after,
                    "How long to retry while the services cannot be reached. Default: no retries");
}

}  // namespace canvass::cli
