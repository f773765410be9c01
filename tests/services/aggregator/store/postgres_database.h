#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_POSTGRES_DATABASE_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_POSTGRES_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/postgres/session.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_ledger_store.h"
#include "services/aggregator/store/schema.h"
#include "tests/support/test_database.h"

namespace canvass::aggregator {

// An empty ledger in PostgreSQL, in one database for the whole program: a new schema is there
// sooner than a new database.
class PostgresDatabase {
 public:
  PostgresDatabase() {
    database().Select("DROP SCHEMA IF EXISTS canvass CASCADE");
    EXPECT_EQ(Migrate(database().owner_connection()).status(), absl::OkStatus());
  }

  static testing::TestDatabase& database() {
    static auto* const kDatabase = new testing::TestDatabase();  // goes with the cluster
    return *kDatabase;
  }

  std::unique_ptr<LedgerStore> Open(
      postgres::SessionOptions options = {},
      absl::Duration leader_silence_max = PostgresLedgerStore::kLeaderSilenceMax) const {
    options.connection = database().writer_connection();
    return std::make_unique<PostgresLedgerStore>(options, leader_silence_max);
  }
  static std::unique_ptr<LedgerStore> OpenAnother() {
    return std::make_unique<PostgresLedgerStore>(
        postgres::SessionOptions{.connection = database().writer_connection()});
  }

  // Deletes the entries after `last_sequence`, as the owner can.
  void Delete(const std::string& election_id, std::int64_t last_sequence) const {
    database().Select(
        StrCat("DELETE FROM canvass.entries USING canvass.elections WHERE entries.election_no = "
               "elections.election_no AND election_id = '",
               election_id, "' AND sequence > ", last_sequence));
  }

  // Of the server process that holds the lead.
  static int LeaderPid() {
    const auto rows = database().Select(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = "
        "'ExclusiveLock'");
    int pid = 0;
    EXPECT_TRUE(rows.size() == 1 && absl::SimpleAtoi(rows.front(), &pid));
    return pid;
  }

  static void KillLeadersSession() {
    EXPECT_EQ(database().Select(StrCat("SELECT pg_terminate_backend(", LeaderPid(), ", 10000)")),
              std::vector<std::string>{"t"});
  }

  // Waits until a query gives this one row.
  static void WaitFor(const std::string& query, const std::string& row) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (database().Select(query) != std::vector<std::string>{row}) {
      ASSERT_LT(absl::Now(), deadline) << query;
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
};

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_POSTGRES_DATABASE_H_
