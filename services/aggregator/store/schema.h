#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_SCHEMA_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_SCHEMA_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/postgres/migration.h"

namespace canvass::aggregator {

// Returns the version of the ledger's schema that this program needs: the number of its last
// migration.
int SchemaVersion();

// Migrates a database to SchemaVersion(). Does nothing if it has that version. `owner_connection`
// must log in as the owner. Returns the errors of postgres::ApplyMigrations.
absl::StatusOr<postgres::SchemaVersions> Migrate(const std::string& owner_connection);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_SCHEMA_H_
