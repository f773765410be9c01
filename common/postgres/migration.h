#ifndef CANVASS_COMMON_POSTGRES_MIGRATION_H_
#define CANVASS_COMMON_POSTGRES_MIGRATION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::postgres {

// One numbered step of a schema: SQL statements that run in one transaction. A step expands: the
// programs of the version before can go on with it, unless its text begins with "-- Contracts".
struct Migration {
  int number = 0;  // from 1, without gaps
  std::string_view name{};
  std::string_view sql{};

  bool contracts() const { return sql.starts_with("-- Contracts"); }
};

// Version of a schema before and after a migration: the number of its last migration, 0 for none.
struct SchemaVersions {
  int before = 0;
  int after = 0;
};

// Migrates the schema `canvass` of a database to the last of `migrations`. Creates the schema if it
// is missing. `connection` must log in as the owner. Each step runs in one transaction together
// with its row in canvass.schema_migrations. An advisory lock lets one caller at a time work, so
// later callers find the steps done. REQUIRES: numbers 1, 2, 3, ...
//
// Returns FAILED_PRECONDITION SCHEMA_VERSION if the schema is newer than `migrations`. The error
// has both numbers.
absl::StatusOr<SchemaVersions> ApplyMigrations(const std::string& connection,
                                               std::span<const Migration> migrations);

// Selects the number of a database's last migration.
inline constexpr const char* kSchemaVersionQuery =
    "SELECT coalesce(max(number), 0) FROM canvass.schema_migrations";

// Selects the number of the last migration that contracts; 0 if none does. Only a schema that is
// newer than this program's needs to be asked.
inline constexpr const char* kSchemaContractedQuery =
    "SELECT coalesce(max(number), 0) FROM canvass.schema_migrations WHERE contracts";

// Checks that the schema version `found` is the one that this program needs. An error
// SCHEMA_MISSING in `found` counts as version 0. Other errors are returned unchanged. If the
// versions differ, returns FAILED_PRECONDITION SCHEMA_VERSION with both numbers and what to do.
absl::Status CheckSchemaVersion(const absl::StatusOr<std::int64_t>& found, int needed);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_MIGRATION_H_
