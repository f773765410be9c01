#include <map>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/choice.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/entry_view.h"

namespace canvass::cli {
namespace {

const std::map<std::string, v1::StationState>& States() {
  static const std::map<std::string, v1::StationState> kStates = {
      {"missing", v1::STATION_STATE_MISSING},
      {"counted", v1::STATION_STATE_COUNTED},
      {"held", v1::STATION_STATE_HELD},
      {"annulled", v1::STATION_STATE_ANNULLED},
      {"closed", v1::STATION_STATE_CLOSED}};
  return kStates;
}

std::string StateName(v1::StationState state) {
  for (const auto& [name, value] : States()) {
    if (value == state) return name;
  }
  return "";
}

struct StationsArguments {
  Choice choice{};
  std::string tag{};
  std::string state{};
  std::string differs_from{};
};

Row StandingRow(const v1::StationStanding& standing, const ElectionNames& names) {
  const bool reported = standing.has_report();
  const v1::BallotCount& ballots = standing.report().ballots();
  return {standing.station().station_id(),
          standing.station().area_id(),
          names.TextIn(standing.station().names()),
          StateName(standing.state()),
          reported ? std::to_string(standing.report().revision()) : "",
          reported ? std::to_string(standing.receipt().sequence()) : "",
          ballots.has_ballots_cast() ? std::to_string(ballots.ballots_cast()) : "",
          standing.annulment_reason().empty() ? RulesText(standing.receipt().findings())
                                              : standing.annulment_reason()};
}

absl::Status RunStations(const StationsArguments& arguments, const Invocation& invocation) {
  const PublisherClient publisher(invocation.options);
  const auto names =
      FetchNames(publisher, arguments.choice.election_id, invocation.options.language);
  if (!names.ok()) return names.status();
  auto request = AreaRequestFor<publisher::v1::ListStationReportsRequest>(arguments.choice);
  request.set_tag(arguments.tag);
  request.set_differs_from_source_id(arguments.differs_from);
  if (!arguments.state.empty()) request.set_state(States().at(arguments.state));
  ListOutput list(invocation,
                  {{"station_id", "station", ColumnKind::kText},
                   {"area_id", "area", ColumnKind::kText},
                   {"name", "name", ColumnKind::kText},
                   {"state", "state", ColumnKind::kText},
                   {"revision", "revision", ColumnKind::kCount},
                   {"sequence", "sequence", ColumnKind::kCount},
                   {"ballots_cast", "cast", ColumnKind::kCount},
                   {"note", "note", ColumnKind::kText}},
                  names->Notice());
  const absl::Status status = ForEachPage(
      request, [&](const auto& page) { return publisher.ListStationReports(page); },
      [&](const publisher::v1::ListStationReportsResponse& page) {
        for (const v1::StationStanding& standing : page.standings()) {
          list.Add(StandingRow(standing, *names), standing);
        }
        return true;
      });
  list.Finish();
  return status;
}

}  // namespace

void AddStations(CommandLine& commands) {
  auto arguments = std::make_shared<StationsArguments>();
  CLI::App& app = commands.Add(
      "stations", "Lists stations with their reports.",
      "canvass stations az-2024-presidential --state missing\n"
      "canvass stations az-2024-presidential --area c-86 -o json > c-86.json",
      [arguments](const Invocation& invocation) { return RunStations(*arguments, invocation); });
  AddElectionArgument(app, arguments->choice);
  AddContestOption(app, arguments->choice);
  AddSourceOption(app, arguments->choice);
  app.add_option("--area", arguments->choice.area_id, "Only stations below this area")
      ->type_name("ID");
  app.add_option("--tag", arguments->tag, "Only stations with this tag");
  app.add_option("--state", arguments->state, "Only stations in this state")
      ->check(CLI::IsMember({"missing", "counted", "held", "annulled", "closed"}));
  app.add_option("--differs-from", arguments->differs_from,
                 "Only stations for which this source has different numbers")
      ->type_name("ID");
}

}  // namespace canvass::cli
