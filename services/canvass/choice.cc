#include "services/canvass/choice.h"

#include "CLI/App.hpp"

namespace canvass {

void AddElectionArgument(CLI::App& app, Choice& choice) {
  app.add_option("election", choice.election_id, "Id of the election")
      ->required()
      ->type_name("ELECTION");
}

void AddContestOption(CLI::App& app, Choice& choice) {
  app.add_option("--contest", choice.contest_id, "Contest; may be left out where there is only one")
      ->type_name("ID");
}

void AddSourceOption(CLI::App& app, Choice& choice) {
  app.add_option("--source", choice.source_id,
                 "Source; may be left out where there is only one official source")
      ->type_name("ID");
}

void AddAreaOption(CLI::App& app, Choice& choice) {
  app.add_option("--area", choice.area_id, "Area; the contest's whole area if left out")
      ->type_name("ID");
}

}  // namespace canvass
