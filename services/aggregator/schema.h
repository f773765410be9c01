#ifndef CANVASS_SERVICES_AGGREGATOR_SCHEMA_H_
#define CANVASS_SERVICES_AGGREGATOR_SCHEMA_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/postgres/migration.h"

namespace canvass::aggregator {

// Version of the ledger's schema that this program needs: the number of its last migration.
int SchemaVersion();

// Brings a database to SchemaVersion(), as its owner; does nothing if it is there. Errors: see
// postgres::ApplyMigrations.
absl::StatusOr<postgres::SchemaVersions> Migrate(const std::string& owner_connection);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_SCHEMA_H_
