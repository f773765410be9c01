#ifndef CANVASS_COMMON_POSTGRES_ERROR_H_
#define CANVASS_COMMON_POSTGRES_ERROR_H_

#include <string_view>

#include "absl/status/status.h"

// Where an error of PostgreSQL becomes a status, and the only place. Every status carries an
// ErrorDetail whose metadata has `sql_state` where the server gave one.
namespace canvass::postgres {

// UNAVAILABLE: DATABASE_UNAVAILABLE (connection broken or refused, server starting, stopping or
// read-only,
//   too many sessions), DATABASE_TIMEOUT (a statement or a lock took longer than its limit). Try
//   again.
// ABORTED TRANSACTION_CONFLICT: serialization failure or deadlock; the transaction did not happen.
// ALREADY_EXISTS ROW_EXISTS: unique violation.
// PERMISSION_DENIED DATABASE_PERMISSION_DENIED: the role may not do this, or not log in.
// RESOURCE_EXHAUSTED DATABASE_FULL: disk, memory or another limit of the server.
// FAILED_PRECONDITION SCHEMA_MISSING: no such table, column or function: not migrated, or another
// database. DATA_LOSS DATABASE_CORRUPT: the server found damaged pages. INTERNAL DATABASE_ERROR:
// anything else.
absl::Status StatusOfSqlState(std::string_view sql_state, std::string_view message);

// A connection that broke or could not be made. UNAVAILABLE DATABASE_UNAVAILABLE.
absl::Status StatusOfBrokenConnection(std::string_view message);

// Of what libpqxx threw. REQUIRES: called in a catch block.
absl::Status StatusOfCurrentException();

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_ERROR_H_
