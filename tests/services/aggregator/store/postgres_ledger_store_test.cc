#include "services/aggregator/store/postgres_ledger_store.h"

#include <libpq-fe.h>

#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/postgres/session.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/schema.h"
#include "tests/services/aggregator/store/ledger_store_contract.h"
#include "tests/services/aggregator/store/postgres_database.h"
#include "tests/support/memory_ledger_store.h"
#include "tests/support/report_builder.h"
#include "tests/support/test_database.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, LedgerContractTest, PostgresDatabase);

// The ledger that other tests put in its place keeps the contract too.
struct InMemory {
  std::unique_ptr<LedgerStore> Open() {
    return std::make_unique<testing::MemoryLedgerStore>(store);
  }
  void Delete(const std::string& election_id, std::int64_t last_sequence) {
    store.Delete(election_id, last_sequence);
  }
  testing::MemoryDatabase store;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LedgerContractTest, InMemory);

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

class PostgresLedgerStoreTest : public ::testing::Test {
 protected:
  PostgresLedgerStoreTest() : election_(SmallDefinition()), ledger_(store_.Open()) {}

  void SetUp() override {
    ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
    ASSERT_EQ(ledger_->Append(election_.Next()), absl::OkStatus());
  }

  // A transaction with the next report.
  Transaction NextReport(const std::string& station_id) {
    election_->Submit(testing::ReportBuilder().WithStation(station_id).Build());
    return election_.Next();
  }

  static std::vector<std::string> Select(const std::string& statement) {
    return PostgresDatabase::database().Select(statement);
  }

  PostgresDatabase store_;
  RecordedElection election_;
  std::unique_ptr<LedgerStore> ledger_;
};

TEST_F(PostgresLedgerStoreTest, AKilledSessionIsNoticedWhileIdleAndTheLeadTakenAgain) {
  PostgresDatabase::KillLeadersSession();
  const absl::Status status = ledger_->Heartbeat();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(ledger_->Heartbeat()), "NOT_ACTIVE");
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), 2U);
  EXPECT_EQ(ledger_->Append(NextReport("s-1")), absl::OkStatus());
}

TEST_F(PostgresLedgerStoreTest, AnAppendOnAKilledSessionLeavesNothing) {
  PostgresDatabase::KillLeadersSession();
  const Transaction transaction = NextReport("s-1");
  EXPECT_EQ(ledger_->Append(transaction).code(), absl::StatusCode::kUnavailable);
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), 2U);
  EXPECT_EQ(ledger_->Append(transaction), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_, {{"e-1", 2}}), AsReplayed(transaction));
}

TEST_F(PostgresLedgerStoreTest, SurvivesARestartOfTheServer) {
  testing::TestCluster::Get().Stop();
  const Transaction transaction = NextReport("s-1");
  EXPECT_EQ(ledger_->Append(transaction).code(), absl::StatusCode::kUnavailable);
  const absl::Status away = ledger_->TakeLead();
  EXPECT_EQ(away.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(away), "DATABASE_UNAVAILABLE");
  testing::TestCluster::Get().Start();
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), 2U);
  EXPECT_EQ(ledger_->Append(transaction), absl::OkStatus());
}

TEST_F(PostgresLedgerStoreTest, LosesNothingWhenTheServerIsKilled) {
  const Transaction transaction = NextReport("s-1");
  ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  kill(testing::TestCluster::Get()->pid(), SIGKILL);
  testing::TestCluster::Get().Stop();
  testing::TestCluster::Get().Start();
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_, {{"e-1", 2}}), AsReplayed(transaction));
}

// A session that still lives, but whose lead has gone to another: as after a failover that its
// network did not see.
TEST_F(PostgresLedgerStoreTest, AFencedWriterCannotCommit) {
  Select("UPDATE canvass.writer SET epoch = epoch + 1, writer_id = gen_random_uuid()");
  Transaction transaction = NextReport("s-1");
  transaction.refusals.push_back(MakeRefusal("e-1", "clerk", 1));
  const absl::Status status = ledger_->Append(transaction);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "NOT_ACTIVE");
  EXPECT_THAT(Select("SELECT max(sequence) FROM canvass.entries"), ElementsAre("2"));
  EXPECT_THAT(Select("SELECT FROM canvass.refused_reports"), IsEmpty());
}

TEST_F(PostgresLedgerStoreTest, AFencedWriterNoticesWhileIdle) {
  Select("UPDATE canvass.writer SET epoch = epoch + 1, writer_id = gen_random_uuid()");
  EXPECT_EQ(ReasonOf(ledger_->Heartbeat()), "NOT_ACTIVE");
}

TEST_F(PostgresLedgerStoreTest, ASecondLedgerTakesOverFromAKilledSession) {
  const auto other = store_.Open();
  PostgresDatabase::KillLeadersSession();
  ASSERT_EQ(other->TakeLead(), absl::OkStatus());
  const Transaction transaction = NextReport("s-1");
  EXPECT_EQ(ledger_->Append(transaction).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReplayAll(*other).size(), 2U);
  EXPECT_EQ(other->Append(transaction), absl::OkStatus());
  EXPECT_EQ(ReasonOf(ledger_->TakeLead()), "NOT_ACTIVE");
}

constexpr absl::Duration kSilenceMax = absl::Milliseconds(400);

TEST_F(PostgresLedgerStoreTest, ALeaderThatIsSilentLosesTheLead) {
  const auto standby = store_.Open({}, kSilenceMax);
  ASSERT_EQ(TryForLead(*standby, absl::Seconds(20)), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*standby).size(), 2U);
  // The one that was frozen comes back.
  const Transaction transaction = NextReport("s-1");
  EXPECT_EQ(ledger_->Append(transaction).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(ledger_->TakeLead()), "NOT_ACTIVE");
  EXPECT_EQ(standby->Append(transaction), absl::OkStatus());
}

TEST_F(PostgresLedgerStoreTest, ALeaderThatLivesKeepsTheLead) {
  const auto standby = store_.Open({}, kSilenceMax);
  const auto heartbeat = [this] { EXPECT_EQ(ledger_->Heartbeat(), absl::OkStatus()); };
  EXPECT_EQ(ReasonOf(TryForLead(*standby, 5 * kSilenceMax, heartbeat)), "NOT_ACTIVE");
}

// Frozen with its transaction open, its row locked and a COPY under way, which no timeout ends.
TEST_F(PostgresLedgerStoreTest, ALeaderThatFrozeInACopyLosesTheLead) {
  ledger_.reset();
  const std::string connection = PostgresDatabase::database().writer_connection();
  const std::unique_ptr<PGconn, void (*)(PGconn*)> frozen(PQconnectdb(connection.c_str()),
                                                          PQfinish);
  const auto run = [&frozen](const char* statement) {
    PGresult* const result = PQexec(frozen.get(), statement);
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status;
  };
  ASSERT_EQ(run("SELECT pg_advisory_lock(hashtextextended('canvass.writer', 0))"), PGRES_TUPLES_OK);
  ASSERT_EQ(run("BEGIN; SET statement_timeout = 100; SELECT canvass.assert_writer(writer_id) FROM "
                "canvass.writer"),
            PGRES_TUPLES_OK);
  ASSERT_EQ(run("COPY canvass.elections (election_no, election_id) FROM STDIN"), PGRES_COPY_IN);
  const auto standby = store_.Open({}, kSilenceMax);
  ASSERT_EQ(TryForLead(*standby, absl::Seconds(20)), absl::OkStatus());
  EXPECT_EQ(standby->Append(NextReport("s-1")), absl::OkStatus());
}

// The server process of the append stands still with everything but the commit done.
TEST_F(PostgresLedgerStoreTest, ATakeoverWaitsForTheAppendThatRuns) {
  const Transaction transaction = NextReport("s-1");
  // Holds the append up in its COPY, behind the writer's row.
  postgres::SessionOptions options{.connection =
                                       PostgresDatabase::database().superuser_connection()};
  const auto blocker = *postgres::Session::Open(options);
  ASSERT_EQ(blocker->Run("BEGIN; LOCK canvass.entries IN SHARE MODE"), absl::OkStatus());
  auto append = std::async(std::launch::async, [&] { return ledger_->Append(transaction); });
  PostgresDatabase::WaitFor("SELECT count(*) FROM pg_locks WHERE NOT granted", "1");
  auto takeover = std::async(std::launch::async, [&] {
    const auto session = *postgres::Session::Open(options);
    return session->Run("UPDATE canvass.writer SET writer_id = gen_random_uuid()");
  });
  PostgresDatabase::WaitFor("SELECT count(*) FROM pg_locks WHERE NOT granted", "2");
  ASSERT_EQ(blocker->Run("COMMIT"), absl::OkStatus());
  EXPECT_EQ(append.get(), absl::OkStatus());
  EXPECT_EQ(takeover.get(), absl::OkStatus());
  EXPECT_THAT(Select("SELECT max(sequence) FROM canvass.entries"), ElementsAre("3"));
}

TEST_F(PostgresLedgerStoreTest, TheSameKeyTwiceIsRefused) {
  ASSERT_EQ(ledger_->Append(NextReport("s-1")), absl::OkStatus());
  Transaction transaction = NextReport("s-2");
  std::get<election::ReportRecorded>(transaction.entries.front().entry.event).key.station_no = 0;
  const absl::Status status = ledger_->Append(transaction);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_EQ(ReasonOf(ledger_->Append(transaction)), "NOT_ACTIVE");
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), 3U);
}

// The standby of the server is away: what commits waits for it.
void LoseStandby() {
  PostgresDatabase::database().Select("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  PostgresDatabase::database().Select("SELECT pg_reload_conf()");
  PostgresDatabase::WaitFor("SHOW synchronous_standby_names", "standby");
}

void NeedNoStandby() {
  PostgresDatabase::database().Select("ALTER SYSTEM RESET synchronous_standby_names");
  PostgresDatabase::database().Select("SELECT pg_reload_conf()");
  PostgresDatabase::WaitFor("SHOW synchronous_standby_names", "");
}

// Of the one server process that waits for the standby.
std::string WaitingPid() {
  const std::string waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  PostgresDatabase::WaitFor(StrCat("SELECT count(*) ", waiting), "1");
  return PostgresDatabase::database().Select(StrCat("SELECT pid ", waiting)).at(0);
}

// What an isolated primary shows may be gone after the failover.
TEST_F(PostgresLedgerStoreTest, AFollowerDoesNotReadWhatMayNotBeOnTheStandby) {
  const auto follower = store_.Open();
  EXPECT_EQ(ReasonOf(follower->TakeLead()), "NOT_ACTIVE");
  const Transaction transaction = NextReport("s-1");
  LoseStandby();
  auto append = std::async(std::launch::async, [&] { return ledger_->Append(transaction); });
  Select(StrCat("SELECT pg_cancel_backend(", WaitingPid(), ")"));
  EXPECT_EQ(ReasonOf(append.get()), "COMMIT_IN_DOUBT");
  EXPECT_THAT(Select("SELECT max(sequence) FROM canvass.entries"), ElementsAre("3"));

  // Another one holds the lead, as the old leader does that waits to take it once more.
  const auto holder =
      postgres::Session::Open({.connection = PostgresDatabase::database().writer_connection()});
  ASSERT_EQ(holder.status(), absl::OkStatus());
  ASSERT_EQ((*holder)->Run("SELECT pg_advisory_lock(hashtextextended('canvass.writer', 0))"),
            absl::OkStatus());
  auto follow = std::async(std::launch::async, [&] { return follower->TakeLead(); });
  Select(StrCat("SELECT pg_cancel_backend(", WaitingPid(), ")"));
  EXPECT_EQ(ReasonOf(follow.get()), "COMMIT_IN_DOUBT");

  NeedNoStandby();
  EXPECT_EQ(ReasonOf(follower->TakeLead()), "NOT_ACTIVE");
  EXPECT_EQ(ReplayAll(*follower, {{"e-1", 2}}), AsReplayed(transaction));
}

// It may be a primary that was replaced, and does not know it.
TEST_F(PostgresLedgerStoreTest, AFollowerLeavesAServerWhoseStandbyIsAway) {
  const auto follower = store_.Open({}, absl::Milliseconds(200));
  EXPECT_EQ(ReasonOf(follower->TakeLead()), "NOT_ACTIVE");
  const Transaction transaction = NextReport("s-1");
  LoseStandby();
  auto append = std::async(std::launch::async, [&] { return ledger_->Append(transaction); });
  WaitingPid();
  EXPECT_EQ(ReasonOf(TryForLead(*follower, absl::Seconds(20))), "DATABASE_TIMEOUT");

  NeedNoStandby();
  EXPECT_EQ(append.get(), absl::OkStatus());
  EXPECT_EQ(ReasonOf(follower->TakeLead()), "NOT_ACTIVE");
}

TEST_F(PostgresLedgerStoreTest, ACommitInDoubtIsDecidedByTakingTheLead) {
  auto ledger = store_.Open({.silence_timeout = absl::Milliseconds(1500)});
  ledger_.reset();
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  const Transaction transaction = NextReport("s-1");
  LoseStandby();  // the commit has happened on this server, and waits
  const int pid = PostgresDatabase::LeaderPid();
  const absl::Status status = ledger->Append(transaction);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATABASE_TIMEOUT");
  // Nobody else can see yet how it ends, and nobody else leads.
  EXPECT_THAT(Select("SELECT max(sequence) FROM canvass.entries"), ElementsAre("2"));
  EXPECT_EQ(ReasonOf(ledger->TakeLead()), "NOT_ACTIVE");

  NeedNoStandby();
  PostgresDatabase::WaitFor(StrCat("SELECT count(*) FROM pg_stat_activity WHERE pid = ", pid), "0");
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger, {{"e-1", 2}}), AsReplayed(transaction));
}

TEST_F(PostgresLedgerStoreTest, DamageIsFoundBeforeItIsFolded) {
  ASSERT_EQ(ledger_->Append(NextReport("s-1")), absl::OkStatus());
  Select("UPDATE canvass.entries SET entry = entry || '\\x00' WHERE sequence = 2");
  int visits = 0;
  const auto replay = [&] {
    return ledger_->Replay({}, [&](const StoredEntry&) {
      ++visits;
      return absl::OkStatus();
    });
  };
  absl::Status status = replay();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Entry 2 of e-1"));
  EXPECT_EQ(visits, 1);
  Select("DELETE FROM canvass.entries WHERE sequence = 2");
  status = replay();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has no entry 2"));
}

// PostgreSQL prefers to sort a country's ledger, on a disk that may be full.
TEST_F(PostgresLedgerStoreTest, AReplayNeedsNoRoomOnTheDisk) {
  constexpr int kReports = 2'000;
  for (int revision = 1; revision <= kReports; ++revision) {
    election_->Submit(testing::ReportBuilder().WithStation("s-1").WithRevision(revision).Build());
  }
  ASSERT_EQ(ledger_->Append(election_.Next()), absl::OkStatus());
  const std::string writer =
      StrCat("ALTER ROLE canvass_writer IN DATABASE ", PostgresDatabase::database().name());
  const absl::Cleanup reset = [&writer] { Select(StrCat(writer, " RESET ALL")); };
  for (const char* setting : {"random_page_cost = 1000", "seq_page_cost = 0", "work_mem = '64kB'",
                              "temp_file_limit = 0"}) {
    Select(StrCat(writer, " SET ", setting));
  }
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), kReports + 2U);
}

TEST_F(PostgresLedgerStoreTest, ASchemaOfAnotherVersionIsRefused) {
  Select(
      "INSERT INTO canvass.schema_migrations (number, name, contracts) VALUES "
      "(998, 'future', true), (999, 'later', false)");
  const absl::Status newer = ledger_->TakeLead();
  EXPECT_EQ(newer.code(), absl::StatusCode::kFailedPrecondition) << newer;
  EXPECT_EQ(ReasonOf(newer), "SCHEMA_VERSION");
  EXPECT_THAT(std::string(newer.message()), HasSubstr("999"));
  EXPECT_EQ(ReasonOf(Migrate(PostgresDatabase::database().owner_connection()).status()),
            "SCHEMA_VERSION");
  Select("DROP SCHEMA canvass CASCADE");
  const absl::Status none = ledger_->TakeLead();
  EXPECT_EQ(none.code(), absl::StatusCode::kFailedPrecondition) << none;
  EXPECT_EQ(ReasonOf(none), "SCHEMA_VERSION");
  EXPECT_THAT(std::string(none.message()), HasSubstr("version 0"));
}

// A newer program has migrated it, while this one is still to be replaced.
TEST_F(PostgresLedgerStoreTest, ASchemaThatOnlyExpandedIsWrittenAndRead) {
  ASSERT_EQ(Migrate(PostgresDatabase::database().owner_connection()).status(), absl::OkStatus());
  Select("ALTER TABLE canvass.entries ADD COLUMN later text");
  Select("INSERT INTO canvass.schema_migrations (number, name) VALUES (999, 'expands')");
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  election_->Submit(testing::ReportBuilder().WithStation("s-1").Build());
  ASSERT_EQ(ledger_->Append(election_.Next()), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger_).size(), 3U);
}

TEST_F(PostgresLedgerStoreTest, NoTextThatSomebodySubmitsStopsTheLedger) {
  Transaction transaction;
  transaction.refusals.push_back(MakeRefusal("e-1", "clerk", 1));
  transaction.refusals.front().report.station_id = std::string("s\0\xff'; DROP TABLE", 16);
  transaction.refusals.front().report.counted_at = absl::InfiniteFuture();
  ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  const std::vector<Refusal> kept = ReplayAllRefusals(*ledger_);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.front().report.station_id, "s\xEF\xBF\xBD\xEF\xBF\xBD'; DROP TABLE");
  EXPECT_EQ(kept.front().report.counted_at, absl::InfiniteFuture());
}

TEST_F(PostgresLedgerStoreTest, MadeUpElectionsShareOneBound) {
  Transaction transaction;
  for (int i = 0; i < LedgerStore::kRefusalsKeptPerActor + 5; ++i) {
    transaction.refusals.push_back(MakeRefusal(StrCat("made-up-", i), "clerk", 1));
  }
  ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  EXPECT_EQ(ReplayAllRefusals(*ledger_).size(),
            static_cast<std::size_t>(LedgerStore::kRefusalsKeptPerActor));
}

// What the owner of the tables does to the ledger of two entries and the reports of s-1 and s-2
// below a leader, and what the leader says of it.
TEST_F(PostgresLedgerStoreTest, AnAppendFindsWhatSomebodyElseDidToTheLedger) {
  ASSERT_EQ(ledger_->Append(NextReport("s-1")), absl::OkStatus());
  ASSERT_EQ(ledger_->Append(NextReport("s-2")), absl::OkStatus());
  const Transaction transaction = NextReport("s-3");
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"DELETE FROM canvass.entries WHERE sequence = 4", "the ledger of e-1 ends with entry 3 "},
      {"DELETE FROM canvass.entries WHERE sequence = 3",
       "of the entries 1 to 4 of e-1, 3 are there; the first that is missing is 3"},
      {"DELETE FROM canvass.entries", "the ledger of e-1 ends with entry 0 (leaf hash none)"},
      {"UPDATE canvass.entries SET entry = entry || '\\x00' WHERE sequence = 4",
       "entry 4 of e-1 has the leaf hash "},
      {"UPDATE canvass.entries SET leaf_hash = sha256('') WHERE sequence = 4",
       "is stored with the leaf hash "
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"INSERT INTO canvass.entries (sequence, recorded_at, election_no, kind, actor, entry, "
       "leaf_hash) SELECT 5, now(), 1, kind, actor, entry, leaf_hash FROM canvass.entries "
       "WHERE sequence = 4",
       "the ledger of e-1 ends with entry 5 "}};
  Select("CREATE TABLE IF NOT EXISTS public.backup AS TABLE canvass.entries");
  for (const auto& [change, said] : changes) {
    SCOPED_TRACE(change);
    Select(change);
    const std::vector<std::string> rows = Select("TABLE canvass.entries ORDER BY sequence");
    for (const absl::Status& status : {ledger_->Append(transaction), ledger_->Heartbeat()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
      EXPECT_EQ(ReasonOf(status), "LEDGER_TAMPERED");
      EXPECT_THAT(std::string(status.message()), HasSubstr(said));
    }
    EXPECT_EQ(Select("TABLE canvass.entries ORDER BY sequence"), rows) << "nothing is added";
    Select("TRUNCATE canvass.entries; INSERT INTO canvass.entries TABLE public.backup");
  }
  EXPECT_EQ(ledger_->Append(transaction), absl::OkStatus()) << "the lead stays";
  Select("DROP TABLE public.backup");
}

// More entries than a heartbeat counts.
TEST_F(PostgresLedgerStoreTest, AHoleFarBehindIsFoundByOneOfTheNextHeartbeats) {
  const std::int64_t rows = 3 * PostgresLedgerStore::kCountedByHeartbeat;
  Select(
      StrCat("INSERT INTO canvass.entries (sequence, recorded_at, election_no, kind, actor, "
             "entry, leaf_hash) SELECT n, now(), 1, kind, actor, entry, leaf_hash "
             "FROM canvass.entries, generate_series(3, ",
             rows, ") n WHERE sequence = 2"));
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  for (int round = 0; round < 4; ++round) ASSERT_EQ(ledger_->Heartbeat(), absl::OkStatus());
  Select(StrCat("DELETE FROM canvass.entries WHERE sequence = ", rows - 7));
  absl::Status status;
  for (int round = 0; round < 4 && status.ok(); ++round) status = ledger_->Heartbeat();
  EXPECT_EQ(ReasonOf(status), "LEDGER_TAMPERED");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(StrCat("the first that is missing is ", rows - 7)));
}

TEST_F(PostgresLedgerStoreTest, TheEpochCountsTakeovers) {
  const std::vector<std::string> before = Select("SELECT epoch + 2 FROM canvass.writer");
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
  EXPECT_EQ(Select("SELECT epoch FROM canvass.writer"), before);
}

}  // namespace
}  // namespace canvass::aggregator
