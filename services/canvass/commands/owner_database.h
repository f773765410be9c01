#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_OWNER_DATABASE_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_OWNER_DATABASE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/postgres/private_cluster.h"

namespace CLI {
class App;
}  // namespace CLI

namespace canvass::cli {

// The database that a command works on as its owner, as the command line names it.
struct DatabaseChoice {
  std::string connection{};   // empty: that of `canvass up` in data_folder
  std::string data_folder{};  // of `canvass up`
};

// Adds --database and --data. `choice` must outlive `app`.
void AddDatabaseOptions(CLI::App& app, DatabaseChoice& choice);

// A database and, if it is that of `canvass up` and `canvass up` does not run, its server.
class OwnerDatabase {
 public:
  // Returns the errors of PrivateCluster::Start, and DATA_FOLDER_UNUSABLE if there is no database
  // in the data folder.
  static absl::StatusOr<OwnerDatabase> Open(const DatabaseChoice& choice);
  // The same for a database that may be made, and that nobody may work on: `canvass up` must not
  // run.
  static absl::StatusOr<OwnerDatabase> OpenAlone(const DatabaseChoice& choice);

  const std::string& connection() const { return connection_; }

 private:
  explicit OwnerDatabase(std::string connection) : connection_(std::move(connection)) {}

  std::string connection_;
  std::unique_ptr<postgres::PrivateCluster> cluster_;  // null if the server is not ours
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_OWNER_DATABASE_H_
