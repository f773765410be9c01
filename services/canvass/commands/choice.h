#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_CHOICE_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_CHOICE_H_

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace canvass::cli {

// Figures that a command is about, from its options. The service chooses for options that are
// empty: the only contest, the only official source, the contest's whole area.
struct Choice {
  std::string election_id{};
  std::string contest_id{};
  std::string source_id{};
  std::string area_id{};
};

// Each adds one option to a command. The election is the command's first argument. `choice` must
// outlive `app`.
void AddElectionArgument(CLI::App& app, Choice& choice);
void AddContestOption(CLI::App& app, Choice& choice);
void AddSourceOption(CLI::App& app, Choice& choice);
void AddAreaOption(CLI::App& app, Choice& choice);

// Returns a request with the election, contest and source of `choice`.
template <typename Request>
Request RequestFor(const Choice& choice) {
  Request request;
  request.set_election_id(choice.election_id);
  request.set_contest_id(choice.contest_id);
  request.set_source_id(choice.source_id);
  return request;
}

// Same, with the area of `choice`.
template <typename Request>
Request AreaRequestFor(const Choice& choice) {
  auto request = RequestFor<Request>(choice);
  request.set_area_id(choice.area_id);
  return request;
}

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_CHOICE_H_
