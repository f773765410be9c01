#ifndef CANVASS_COMMON_POSTGRES_ERROR_H_
#define CANVASS_COMMON_POSTGRES_ERROR_H_

#include <string_view>

#include "absl/status/status.h"

// Converts PostgreSQL's errors to statuses. No other code does. Every status carries an
// ErrorDetail. Its metadata holds `sql_state` if the server gave one.
namespace canvass::postgres {

// Returns the status for an error of the server:
// - UNAVAILABLE DATABASE_UNAVAILABLE: the connection is broken or refused, the server is starting,
//   stopping or read-only, or has too many sessions. The caller may retry.
// - UNAVAILABLE DATABASE_TIMEOUT: a statement or a lock took longer than its limit. The caller may
//   retry.
// - ABORTED TRANSACTION_CONFLICT: serialization failure or deadlock. The transaction was rolled
//   back.
// - ALREADY_EXISTS ROW_EXISTS: unique violation.
// - PERMISSION_DENIED DATABASE_PERMISSION_DENIED: the role lacks a permission or may not log in.
// - RESOURCE_EXHAUSTED DATABASE_FULL: disk, memory or another limit of the server.
// - FAILED_PRECONDITION SCHEMA_MISSING: a table, column, function, schema or database is missing,
//   because it was not migrated or is another database.
// - DATA_LOSS DATABASE_CORRUPT: the server found damaged pages.
// - INTERNAL DATABASE_ERROR: anything else.
absl::Status StatusOfSqlState(std::string_view sql_state, std::string_view message);

// Returns UNAVAILABLE DATABASE_UNAVAILABLE for a connection that broke or could not be made.
absl::Status StatusOfBrokenConnection(std::string_view message);

// Returns the status for the current exception of libpqxx. REQUIRES: called in a catch block.
absl::Status StatusOfCurrentException();

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_ERROR_H_
