#include <grpcpp/channel.h>

#include <memory>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "fmt/format.h"
#include "services/canvass/clients/endpoint.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/unary_call.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/terminal/text_width.h"
#include "services/canvass/views/entry_view.h"
#include "services/canvass/views/receipt_view.h"

namespace canvass::cli {
namespace {

using reporter::v1::ListOutboxRequest;
using reporter::v1::ListOutboxResponse;
using reporter::v1::StationReporterService;

struct OutboxArguments {
  std::string election_id{};
  std::string station_id{};
  bool refused = false;
  bool queued = false;
};

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

Row OutboxRow(const reporter::v1::OutboxReport& report) {
  const v1::Receipt& receipt = report.receipt();
  return {TimeText(report.queued_at()),  receipt.key().election_id(),
          receipt.key().station_id(),    receipt.key().contest_id(),
          receipt.key().source_id(),     std::to_string(receipt.key().revision()),
          StateText(receipt.state()),    TimeText(report.refused_at()),
          RulesText(receipt.findings()), FindingsText(receipt.findings())};
}

std::string SummaryText(const reporter::v1::OutboxSummary& summary) {
  std::string text = Counted(summary.reports_queued(), "report", "reports") + " queued";
  if (summary.has_oldest_queued_at()) {
    const absl::Duration age =
        absl::Now() - absl::FromUnixSeconds(summary.oldest_queued_at().seconds());
    text += fmt::format(" ({} bytes, oldest {} ago)",
                        GroupThousands(std::to_string(summary.bytes_queued())),
                        absl::FormatDuration(absl::Trunc(age, absl::Seconds(1))));
  }
  text += fmt::format("; {} refused", GroupThousands(std::to_string(summary.reports_refused())));
  if (summary.reports_damaged() > 0) {
    text += fmt::format("; {} DAMAGED on its disk and not sent: have them sent again",
                        GroupThousands(std::to_string(summary.reports_damaged())));
  }
  return fmt::format("{}. The reporter {} an active aggregator.\n", text,
                     summary.aggregator_reached() ? "reaches" : "does not reach");
}

absl::Status RunOutbox(const OutboxArguments& arguments, const Invocation& invocation) {
  const Endpoint endpoint = {.service = "station reporter",
                             .address = invocation.options.reporter,
                             .timeout = invocation.options.timeout};
  const auto stub =
      StationReporterService::NewStub(rpc::NewChannel(endpoint.address, {.service = "reporter"}));
  ListOutboxRequest request;
  request.set_election_id(arguments.election_id);
  request.set_station_id(arguments.station_id);
  if (arguments.queued) request.set_state(v1::RECEIPT_STATE_QUEUED);
  if (arguments.refused) request.set_state(v1::RECEIPT_STATE_REFUSED);
  ListOutput list(invocation, {{"queued_at", "queued", ColumnKind::kText},
                               {"election_id", "election", ColumnKind::kText},
                               {"station_id", "station", ColumnKind::kText},
                               {"contest_id", "contest", ColumnKind::kText},
                               {"source_id", "source", ColumnKind::kText},
                               {"revision", "revision", ColumnKind::kCount},
                               {"state", "state", ColumnKind::kText},
                               {"refused_at", "refused", ColumnKind::kText},
                               {"rules", "rules", ColumnKind::kText},
                               {"message", "what was found", ColumnKind::kText}});
  reporter::v1::OutboxSummary summary;
  const absl::Status status = ForEachPage(
      request,
      [&](const ListOutboxRequest& page) {
        return Call(endpoint, *stub, &StationReporterService::Stub::ListOutbox, page);
      },
      [&](const ListOutboxResponse& page) {
        for (const auto& report : page.reports()) list.Add(OutboxRow(report), report);
        summary = page.summary();
        return true;
      });
  list.Finish();
  if (status.ok()) invocation.console.messages << SummaryText(summary);
  return status;
}

}  // namespace

void AddOutbox(CommandLine& commands) {
  auto arguments = std::make_shared<OutboxArguments>();
  CLI::App& app = commands.Add(
      "outbox",
      "Lists the reports that a reporter keeps until it reaches the aggregator, and "
      "those refused afterwards.",
      "canvass outbox\n"
      "canvass outbox az-2024-presidential --refused",
      [arguments](const Invocation& invocation) { return RunOutbox(*arguments, invocation); });
  app.add_option("election", arguments->election_id, "Only this election")->type_name("ELECTION");
  app.add_option("--station", arguments->station_id, "Only this station")->type_name("ID");
  CLI::Option* const queued =
      app.add_flag("--queued", arguments->queued, "Only reports that have not been sent yet");
  app.add_flag("--refused", arguments->refused,
               "Only reports that the aggregator refused, or that are damaged")
      ->excludes(queued);
}

}  // namespace canvass::cli
