#include <memory>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/aggregator/store/schema.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

absl::Status RunMigrate(const std::string& connection, const Invocation& invocation) {
  const absl::StatusOr<postgres::SchemaVersions> versions = aggregator::Migrate(connection);
  if (!versions.ok()) return versions.status();
  invocation.console.messages << fmt::format(
      "The schema was migrated from version {} to version {}.\n", versions->before,
      versions->after);
  return absl::OkStatus();
}

}  // namespace

void AddMigrate(CommandLine& commands) {
  auto connection = std::make_shared<std::string>();
  CLI::App& app = commands.Add(
      "migrate",
      "Migrates a database's schema to the current version. Running it again changes nothing.",
      "canvass migrate \"host=db.example.org dbname=canvass user=canvass_owner\"",
      [connection](const Invocation& invocation) { return RunMigrate(*connection, invocation); });
  app.add_option("connection", *connection,
                 "PostgreSQL connection string or URI that logs in as the database's owner")
      ->required()
      ->envname("CANVASS_OWNER_DATABASE")
      ->type_name("CONNECTION");
}

}  // namespace canvass::cli
