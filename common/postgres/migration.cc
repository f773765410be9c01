#include "common/postgres/migration.h"

#include <cassert>
#include <cstdint>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/error.h"

namespace canvass::postgres {
namespace {

constexpr const char* kLock =
    "SELECT pg_advisory_lock(hashtextextended('canvass.schema_migrations', 0))";
// Whoever waits for a table keeps all behind it from writing, the leader among them; so a step that
// does not get its locks soon gives way, and comes again.
constexpr const char* kSettings = "SET lock_timeout = '1s'; SET client_min_messages = warning";
constexpr int kAttempts = 60;
constexpr absl::Duration kAgainAfter = absl::Seconds(1);

constexpr const char* kMakeVersions = R"sql(
  CREATE SCHEMA IF NOT EXISTS canvass;
  CREATE TABLE IF NOT EXISTS canvass.schema_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );
  ALTER TABLE canvass.schema_migrations ADD COLUMN IF NOT EXISTS
    contracts boolean NOT NULL DEFAULT false;
  COMMENT ON TABLE canvass.schema_migrations IS
    'Steps that made this schema; the highest number is its version.';
  COMMENT ON COLUMN canvass.schema_migrations.number IS 'From 1.';
  COMMENT ON COLUMN canvass.schema_migrations.name IS 'What the step brought.';
  COMMENT ON COLUMN canvass.schema_migrations.applied_at IS 'When it was applied.';
  COMMENT ON COLUMN canvass.schema_migrations.contracts IS
    'Whether programs that were made for an earlier version cannot use the schema any more.';
)sql";

void TryMigration(pqxx::connection& connection, const Migration& migration) {
  pqxx::work transaction(connection);
  transaction.exec(std::string(migration.sql));
  transaction.exec_params(
      "INSERT INTO canvass.schema_migrations (number, name, contracts) VALUES ($1, $2, $3)",
      migration.number, std::string(migration.name), migration.contracts());
  transaction.commit();
}

void ApplyMigration(pqxx::connection& connection, const Migration& migration) {
  constexpr const char* kLockNotAvailable = "55P03";
  for (int attempt = 1;; ++attempt) {
    try {
      return TryMigration(connection, migration);
    } catch (const pqxx::sql_error& error) {
      if (error.sqlstate() != kLockNotAvailable || attempt == kAttempts) throw;
    }
    absl::SleepFor(kAgainAfter);
  }
}

int ReadVersion(pqxx::connection& connection) {
  pqxx::nontransaction session(connection);
  return session.exec1(kSchemaVersionQuery)[0].as<int>();
}

}  // namespace

absl::StatusOr<SchemaVersions> ApplyMigrations(const std::string& connection_string,
                                               std::span<const Migration> migrations) {
  assert(migrations.empty() || std::cmp_equal(migrations.back().number, migrations.size()));
  try {
    pqxx::connection connection(connection_string);
    {
      pqxx::nontransaction session(connection);
      session.exec("SET lock_timeout = '60s'");
      session.exec(kLock);  // held until the connection closes
      session.exec(kSettings);
      session.exec(kMakeVersions);
    }
    SchemaVersions versions{.before = ReadVersion(connection)};
    versions.after = versions.before;
    const int last = migrations.empty() ? 0 : migrations.back().number;
    if (versions.before > last) return CheckSchemaVersion(versions.before, last);
    for (const Migration& migration : migrations) {
      if (migration.number <= versions.before) continue;
      ApplyMigration(connection, migration);
      versions.after = migration.number;
    }
    return versions;
  } catch (const std::exception&) {
    return StatusOfCurrentException();
  }
}

absl::Status CheckSchemaVersion(const absl::StatusOr<std::int64_t>& found, int needed) {
  if (!found.ok() && !HasReason(found.status(), reason::kSchemaMissing)) return found.status();
  const std::int64_t version = found.value_or(0);
  if (version == needed) return absl::OkStatus();
  const std::string_view advice = version > needed
                                      ? "a newer program migrated it; use that program"
                                      : "run `canvass migrate` as the owner of the database";
  return MakeError(reason::kSchemaVersion,
                   StrCat("The database has schema version ", version,
                          ", but this program needs version ", needed, "; ", advice),
                   {.metadata = {{"found", StrCat(version)}, {"needed", StrCat(needed)}}});
}

}  // namespace canvass::postgres
