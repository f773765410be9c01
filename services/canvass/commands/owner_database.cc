#include "services/canvass/commands/owner_database.h"

#include <filesystem>
#include <system_error>

#include "CLI/App.hpp"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "services/canvass/commands/data_folder.h"

namespace canvass::cli {
namespace {

std::string ClusterFolderOf(const DatabaseChoice& choice) {
  return (std::filesystem::absolute(choice.data_folder) / "postgres").lexically_normal().string();
}

}  // namespace

void AddDatabaseOptions(CLI::App& app, DatabaseChoice& choice) {
  choice.data_folder = DefaultDataFolder();
  CLI::Option* const database =
      app.add_option("--database", choice.connection,
                     "PostgreSQL connection string or URI that logs in as the database's owner. "
                     "Default: the database of canvass up")
          ->envname("CANVASS_OWNER_DATABASE")
          ->type_name("CONNECTION");
  app.add_option("--data", choice.data_folder, "Data folder of canvass up")
      ->excludes(database)
      ->type_name("FOLDER")
      ->capture_default_str();
}

absl::StatusOr<OwnerDatabase> OwnerDatabase::Open(const DatabaseChoice& choice) {
  if (!choice.connection.empty()) return OwnerDatabase(choice.connection);
  const std::string folder = ClusterFolderOf(choice);
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) {
    return MakeError(reason::kDataFolderUnusable,
                     StrCat("There is no database of canvass up in ", choice.data_folder,
                            ". Name one with --database or --data"));
  }
  auto cluster = postgres::PrivateCluster::Start({.folder = folder});
  if (HasReason(cluster.status(), reason::kDataFolderInUse)) {
    return OwnerDatabase(postgres::PrivateCluster::OwnerConnectionOf(folder));
  }
  if (!cluster.ok()) return cluster.status();
  OwnerDatabase database((*cluster)->owner_connection());
  database.cluster_ = *std::move(cluster);
  return database;
}

absl::StatusOr<OwnerDatabase> OwnerDatabase::OpenAlone(const DatabaseChoice& choice) {
  if (!choice.connection.empty()) return OwnerDatabase(choice.connection);
  auto cluster = postgres::PrivateCluster::Start({.folder = ClusterFolderOf(choice)});
  if (!cluster.ok()) return cluster.status();
  absl::Status made = (*cluster)->CreateDatabase();
  if (!made.ok()) return made;
  OwnerDatabase database((*cluster)->owner_connection());
  database.cluster_ = *std::move(cluster);
  return database;
}

}  // namespace canvass::cli
