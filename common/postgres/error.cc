#include "common/postgres/error.h"

#include <cassert>
#include <exception>
#include <pqxx/except>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::postgres {
namespace {

struct Meaning {
  std::string_view sql_state{};  // five characters, or two characters for a class
  const Reason* reason = nullptr;
};

// SQLSTATE values from appendix A of PostgreSQL's manual. The first match applies.
constexpr Meaning kMeanings[] = {
    {"40001", &reason::kTransactionConflict},  // serialization_failure
    {"40P01", &reason::kTransactionConflict},  // deadlock_detected
    {"23505", &reason::kRowExists},            // unique_violation
    {"57014", &reason::kDatabaseTimeout},      // query_canceled
    {"55P03", &reason::kDatabaseTimeout},      // lock_not_available
    {"53300", &reason::kDatabaseUnavailable},  // too_many_connections
    {"25006", &reason::kDatabaseUnavailable},  // read_only_sql_transaction
    {"25P03", &reason::kDatabaseUnavailable},  // idle_in_transaction_...
    {"57P04", &reason::kSchemaMissing},        // database_dropped
    {"57", &reason::kDatabaseUnavailable},     // shutting down or not yet started
    {"08", &reason::kDatabaseUnavailable},     // connection exceptions
    {"42501", &reason::kDatabasePermissionDenied},
    {"28", &reason::kDatabasePermissionDenied},  // authorization
    {"42P01", &reason::kSchemaMissing},          // undefined_table
    {"42703", &reason::kSchemaMissing},          // undefined_column
    {"42883", &reason::kSchemaMissing},          // undefined_function
    {"3D", &reason::kSchemaMissing},             // no such database
    {"3F", &reason::kSchemaMissing},             // no such schema
    {"53", &reason::kDatabaseFull},              // insufficient resources
    {"54", &reason::kDatabaseFull},              // program limits
    {"58", &reason::kDatabaseCorrupt},           // a file is missing or cannot be read
    {"XX001", &reason::kDatabaseCorrupt},
    {"XX002", &reason::kDatabaseCorrupt},
};

// libpqxx 6.4 keeps the SQLSTATE only of errors for which it has no class.
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
  const Reason* reason = &reason::kDatabaseError;
  for (const Meaning& meaning : kMeanings) {
    if (!sql_state.starts_with(meaning.sql_state)) continue;
    reason = meaning.reason;
    break;
  }
  ErrorDetail detail;
  if (!sql_state.empty()) detail.metadata.emplace_back("sql_state", sql_state);
  return MakeError(*reason, StrCat("PostgreSQL: ", absl::StripAsciiWhitespace(ToAbsl(message))),
                   std::move(detail));
}

absl::Status StatusOfBrokenConnection(std::string_view message) {
  constexpr std::string_view kConnectionFailure = "08006";
  return StatusOfSqlState(kConnectionFailure, message);
}

absl::Status StatusOfCurrentException() {
  assert(std::current_exception() != nullptr);
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::in_doubt_error& error) {
    // The transaction may have been committed. Migrations and queries look again.
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::statement_completion_unknown& error) {
    return StatusOfBrokenConnection(error.what());
  } catch (const pqxx::transaction_rollback& error) {
    return StatusOfSqlState("40001", error.what());  // libpqxx leaves out the SQLSTATE here
  } catch (const pqxx::sql_error& error) {
    return StatusOfSqlState(SqlStateOf(error), error.what());
  } catch (const std::exception& error) {
    return StatusOfSqlState("", error.what());
  }
}

}  // namespace canvass::postgres
