#include "services/canvass/commands/choice.h"

#include "CLI/App.hpp"

namespace canvass::cli {

void AddElectionArgument(CLI::App& app, Choice& choice) {
  app.add_option("election", choice.election_id, "Id of the election")
      ->required()
      ->type_name("ELECTION");
}

void AddContestOption(CLI::App& app, Choice& choice) {
  app.add_option("--contest", choice.contest_id, "Contest. Can be left out if there is only one")
      ->type_name("ID");
}

void AddSourceOption(CLI::App& app, Choice& choice) {
  app.add_option("--source", choice.source_id,
                 "Source. Can be left out if there is only one official source")
      ->type_name("ID");
}

void AddAreaOption(CLI::App& app, Choice& choice) {
  app.add_option("--area", choice.area_id, "Area. Default: the contest's whole area")
      ->type_name("ID");
}

}  // namespace canvass::cli
