#ifndef CANVASS_COMMON_POSTGRES_MIGRATION_H_
#define CANVASS_COMMON_POSTGRES_MIGRATION_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::postgres {

// A numbered step of a schema: SQL statements that run in one transaction.
struct Migration {
  int number = 0;  // from 1, without gaps
  std::string_view name{};
  std::string_view sql{};
};

// Where a schema was, and where it is now: numbers of its last migrations, 0 for none.
struct SchemaVersions {
  int before = 0;
  int after = 0;
};

// Brings the schema canvass of a database to the last of `migrations`, as its owner; makes the
// schema if there is none. Each step is a transaction with its row in canvass.schema_migrations,
// under an advisory lock: of several that try at once, one works and the others find it done.
// REQUIRES: numbers 1, 2, 3, ...
//
// FAILED_PRECONDITION SCHEMA_VERSION for a schema that is newer than the migrations (names both
// numbers).
absl::StatusOr<SchemaVersions> ApplyMigrations(const std::string& connection,
                                               std::span<const Migration> migrations);

// Selects the number of the last migration of a database.
inline constexpr const char* kSchemaVersionQuery =
    "SELECT coalesce(max(number), 0) FROM canvass.schema_migrations";

// OK if a database's schema, which `found` or an error says, is the one that this program needs.
// FAILED_PRECONDITION SCHEMA_VERSION names both numbers and what to do.
absl::Status CheckSchemaVersion(const absl::StatusOr<int>& found, int needed);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_MIGRATION_H_
