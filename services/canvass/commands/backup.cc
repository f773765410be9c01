#include <memory>
#include <ostream>
#include <string>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/backup/backup_folder.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/owner_database.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

struct BackupArguments {
  DatabaseChoice database{};
  std::string folder{};
};

absl::Status RunBackup(const BackupArguments& arguments, const Invocation& invocation) {
  const absl::StatusOr<OwnerDatabase> database = OwnerDatabase::Open(arguments.database);
  if (!database.ok()) return database.status();
  const absl::StatusOr<BackupManifest> made = MakeBackup(database->connection(), arguments.folder);
  if (!made.ok()) return made.status();
  std::ostream& messages = invocation.console.messages;
  messages << fmt::format("Backed up ledger {} to {} ({} bytes).\n", made->ledger_id,
                          Printable(arguments.folder),
                          Grouped(static_cast<std::int64_t>(made->dump_bytes)));
  for (const BackupManifest::Election& election : made->elections) {
    messages << fmt::format("{}: entries 1 to {}, root {}\n", Printable(election.election_id),
                            Grouped(election.sequence), election.root);
  }
  messages << "The backup has what seals hide. Keep it where only those may read it who may know "
              "that before the embargo ends.\n";
  return absl::OkStatus();
}

}  // namespace

void AddBackup(CommandLine& commands) {
  auto arguments = std::make_shared<BackupArguments>();
  CLI::App& app = commands.Add(
      "backup",
      "Backs the database up as it is at one moment, also while it is written to. Needs pg_dump.",
      "canvass backup --to /backups/night-1\n"
      "canvass backup --to /backups/night-1 --database \"host=db.example.org dbname=canvass "
      "user=canvass_owner\"",
      [arguments](const Invocation& invocation) { return RunBackup(*arguments, invocation); });
  app.add_option("--to", arguments->folder,
                 "Folder to make. It appears once everything is in it, for you alone to read")
      ->required()
      ->type_name("FOLDER");
  AddDatabaseOptions(app, arguments->database);
}

}  // namespace canvass::cli
