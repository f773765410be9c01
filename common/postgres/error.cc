#include "common/postgres/error.h"

#include <exception>
#include <pqxx/except>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace canvass::postgres {
namespace {

struct Meaning {
  std::string_view sql_state{};  // five characters, or the first two: a class
  absl::StatusCode code = absl::StatusCode::kInternal;
  std::string_view reason{};
};

// Of PostgreSQL's appendix A. The first match counts.
constexpr Meaning kMeanings[] = {
    {"40001", absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"},      // serialization_failure
    {"40P01", absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"},      // deadlock_detected
    {"23505", absl::StatusCode::kAlreadyExists, "ROW_EXISTS"},          // unique_violation
    {"57014", absl::StatusCode::kUnavailable, "DATABASE_TIMEOUT"},      // query_canceled
    {"55P03", absl::StatusCode::kUnavailable, "DATABASE_TIMEOUT"},      // lock_not_available
    {"53300", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},  // too_many_connections
    {"25006", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},  // read_only_sql_transaction
    {"25P03", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},  // idle_in_transaction_...
    {"57P04", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},  // database_dropped
    {"57", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},  // shutdowns, not yet started
    {"08", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},  // connection exceptions
    {"42501", absl::StatusCode::kPermissionDenied, "DATABASE_PERMISSION_DENIED"},
    {"28", absl::StatusCode::kPermissionDenied, "DATABASE_PERMISSION_DENIED"},  // authorization
    {"42P01", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},         // undefined_table
    {"42703", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},         // undefined_column
    {"42883", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},  // undefined_function
    {"3D", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},     // no such database
    {"3F", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},     // no such schema
    {"53", absl::StatusCode::kResourceExhausted, "DATABASE_FULL"},       // insufficient resources
    {"54", absl::StatusCode::kResourceExhausted, "DATABASE_FULL"},       // program limits
    {"XX001", absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"},
    {"XX002", absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"},
};

// libpqxx 6.4 keeps the state only of errors for which it has no class.
std::string_view SqlStateOf(const pqxx::sql_error& error) {
  if (!error.sqlstate().empty()) return error.sqlstate();
  const auto is = [&error](const auto* of_class) {
    return dynamic_cast<decltype(of_class)>(&error) != nullptr;
  };
  if (is(static_cast<const pqxx::unique_violation*>(nullptr))) return "23505";
  if (is(static_cast<const pqxx::insufficient_privilege*>(nullptr))) return "42501";
  if (is(static_cast<const pqxx::undefined_table*>(nullptr))) return "42P01";
  if (is(static_cast<const pqxx::undefined_column*>(nullptr))) return "42703";
  if (is(static_cast<const pqxx::undefined_function*>(nullptr))) return "42883";
  if (is(static_cast<const pqxx::disk_full*>(nullptr))) return "53100";
  if (is(static_cast<const pqxx::out_of_memory*>(nullptr))) return "53200";
  if (is(static_cast<const pqxx::insufficient_resources*>(nullptr))) return "53000";
  return "";
}

}  // namespace

absl::Status StatusOfSqlState(std::string_view sql_state, std::string_view message) {
  Meaning meaning{.reason = "DATABASE_ERROR"};
  for (const Meaning& candidate : kMeanings) {
    if (!sql_state.starts_with(candidate.sql_state)) continue;
    meaning = candidate;
    break;
  }
  ErrorDetail detail{.reason = std::string(meaning.reason)};
  if (!sql_state.empty()) detail.metadata.emplace_back("sql_state", sql_state);
  return MakeError(meaning.code,
                   StrCat("PostgreSQL: ", absl::StripAsciiWhitespace(ToAbsl(message))), detail);
}

absl::Status StatusOfBrokenConnection(std::string_view message) {
  constexpr std::string_view kConnectionFailure = "08006";
  return StatusOfSqlState(kConnectionFailure, message);
}

absl::Status StatusOfCurrentException() {
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::in_doubt_error& error) {
    // Whether the transaction happened is not known; a migration or a query looks again.
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::statement_completion_unknown& error) {
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::transaction_rollback& error) {
    return StatusOfSqlState("40001", error.what());  // libpqxx leaves the state out here
  } catch (const pqxx::sql_error& error) {
    return StatusOfSqlState(SqlStateOf(error), error.what());
  } catch (const std::exception& error) {
    return StatusOfSqlState("", error.what());
  }
}

}  // namespace canvass::postgres
