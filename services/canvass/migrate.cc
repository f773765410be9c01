#include <memory>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/aggregator/schema.h"
#include "services/canvass/command.h"
#include "services/canvass/commands.h"
#include "services/canvass/console.h"

namespace canvass {
namespace {

absl::Status Run(const std::string& connection, const Session& session) {
  const absl::StatusOr<postgres::SchemaVersions> versions = aggregator::Migrate(connection);
  if (!versions.ok()) return versions.status();
  session.console.messages << fmt::format("The schema was at version {} and is at version {}.\n",
                                          versions->before, versions->after);
  return absl::OkStatus();
}

}  // namespace

void AddMigrate(CommandLine& commands) {
  auto connection = std::make_shared<std::string>();
  CLI::App& app = commands.Add(
      "migrate",
      "Brings a database's schema up to date, as its owner; the same again changes nothing.",
      "canvass migrate \"host=db.example.org dbname=canvass user=canvass_owner\"",
      [connection](const Session& session) { return Run(*connection, session); });
  app.add_option("connection", *connection,
                 "PostgreSQL connection string or URI of the database's owner")
      ->required()
      ->envname("CANVASS_OWNER_DATABASE")
      ->type_name("CONNECTION");
}

}  // namespace canvass
