#include "services/aggregator/store/schema.h"

#include <string>

#include "absl/status/statusor.h"
#include "common/postgres/migration.h"
#include "services/aggregator/store/migrations.h"

namespace canvass::aggregator {

int SchemaVersion() { return Migrations().back().number; }

absl::StatusOr<postgres::SchemaVersions> Migrate(const std::string& owner_connection) {
  return postgres::ApplyMigrations(owner_connection, Migrations());
}

}  // namespace canvass::aggregator
