// Tables that their owner changed below the ledger: found by whoever reads the ledger, with table,
// sequence, column and both values.
#include "services/aggregator/store/database_audit.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/row_difference.h"
#include "tests/services/aggregator/store/ledger_store_contract.h"
#include "tests/services/aggregator/store/postgres_database.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

// An election with a clean report (entry 3), one that is held (4), a change of the definition (5,
// 6), two seals (7, 8), of which the first one is open (9).
class DatabaseAuditTest : public ::testing::Test {
 protected:
  DatabaseAuditTest() : election_(Definition()), ledger_(store_.Open()) {
    EXPECT_EQ(ledger_->TakeLead(), absl::OkStatus());
    Append({});
    election_->Submit(testing::ReportBuilder().WithStation("s-1").Build());
    election_->Submit(testing::ReportBuilder().WithStation("s-2").WithRegistered(10).Build());
    Append({});
    EXPECT_EQ(election_->Change({.stations = {{.id = "s-3", .closed_reason = "flood"},
                                              {.id = "s-4", .area_id = "north"}},
                                 .reason = "flood"}),
              absl::OkStatus());
    Append({});
    const election::SealedContent content{
        .actor = "pollster",
        .event = election::ReportRecorded{.key = election_->KeyOf("president", "poll", "s-1"),
                                          .counts = {.interviews = true, .votes = {5, 2, 1}}}};
    Transaction transaction;
    std::vector<std::int64_t> seals;
    for (int i = 0; i < 2; ++i) {
      seals.push_back(election_->Seal(content));
      transaction.sealed.push_back(
          {.election_id = "e-1", .sequence = seals.back(), .nonce = {1, 2, 3}, .content = content});
    }
    Append(std::move(transaction));
    election_->Open(seals.front());
    Append({});
  }

  static testing::DefinitionBuilder Definition() {
    testing::DefinitionBuilder definition = SmallDefinition();
    definition.WithSource({.id = "poll",
                           .kind = election::SourceKind::kExitPoll,
                           .visible_from = absl::FromUnixSeconds(1'707'321'600)});
    return definition;
  }

  void Append(Transaction with) {
    Transaction transaction = election_.Next();
    transaction.sealed = std::move(with.sealed);
    ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  }

  static std::vector<std::string> Select(const std::string& statement) {
    return PostgresDatabase::database().Select(statement);
  }

  // What the audit finds, as this role.
  static AuditedDatabase Audit(
      const std::string& connection = PostgresDatabase::database().writer_connection()) {
    std::int64_t visited = 0;
    auto audited = AuditDatabase(connection, "e-1", [&visited](const StoredEntry& entry) {
      EXPECT_EQ(entry.sequence, ++visited);
    });
    EXPECT_EQ(audited.status(), absl::OkStatus());
    return *std::move(audited);
  }

  static std::vector<std::string> FindingsOf(const AuditedDatabase& audited) {
    std::vector<std::string> findings;
    for (const RowDifference& difference : audited.differences.kept()) {
      findings.push_back(Describe(difference));
    }
    return findings;
  }

  // What the patrol of an aggregator finds, which holds the entries up to `upto`.
  absl::Status Patrol(std::int64_t upto = 9) {
    return ledger_->Audit(ledger_->ledger_id(), {{"e-1", upto}},
                          {.check_entry = [](const StoredEntry&) { return absl::OkStatus(); },
                           .rest = [] { return absl::OkStatus(); }});
  }

  PostgresDatabase store_;
  RecordedElection election_;
  std::unique_ptr<LedgerStore> ledger_;
};

TEST_F(DatabaseAuditTest, FindsNothingInWhatTheWriterWrote) {
  const AuditedDatabase as_writer = Audit();
  EXPECT_THAT(FindingsOf(as_writer), IsEmpty());
  EXPECT_EQ(as_writer.sequence, 9);
  EXPECT_THAT(as_writer.sealed_contents, Optional(2));
  const AuditedDatabase as_reader = Audit(PostgresDatabase::database().reader_connection());
  EXPECT_THAT(FindingsOf(as_reader), IsEmpty());
  EXPECT_EQ(as_reader.sequence, 9);
  EXPECT_EQ(as_reader.sealed_contents, std::nullopt) << "it may not read them";
  EXPECT_EQ(Patrol(), absl::OkStatus());
}

TEST_F(DatabaseAuditTest, NamesAnElectionThatIsNotThere) {
  const auto audited = AuditDatabase(PostgresDatabase::database().reader_connection(), "e-2",
                                     [](const StoredEntry&) {});
  EXPECT_EQ(DetailOf(audited.status()).reason, "ELECTION_UNKNOWN");
}

// Each column of a row that SQL readers see.
TEST_F(DatabaseAuditTest, FindsEachColumnThatWasChanged) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"UPDATE canvass.entries SET votes = '{40,35,20}' WHERE sequence = 3",
       "canvass.entries, sequence 3, column votes: {40,35,20} is stored instead of {60,30,6}"},
      {"UPDATE canvass.entries SET ballots_cast = 99 WHERE sequence = 3",
       "canvass.entries, sequence 3, column ballots_cast: 99 is stored instead of 100"},
      {"UPDATE canvass.entries SET station_no = 2 WHERE sequence = 3",
       "canvass.entries, sequence 3, column station_no: 2 is stored instead of 0"},
      {"UPDATE canvass.entries SET held = false WHERE sequence = 4",
       "canvass.entries, sequence 4, column held: false is stored instead of true"},
      {"UPDATE canvass.entries SET findings = NULL WHERE sequence = 4",
       "canvass.entries, sequence 4, column findings: NULL is stored instead of {"},
      {"UPDATE canvass.entries SET actor = 'mallory' WHERE sequence = 3",
       "canvass.entries, sequence 3, column actor: \"mallory\" is stored instead of \"local\""},
      {"UPDATE canvass.entries SET kind = 4 WHERE sequence = 3",
       "canvass.entries, sequence 3, column kind: 4 is stored instead of 3"},
      {"UPDATE canvass.entries SET seal_sequence = NULL WHERE sequence = 9",
       "canvass.entries, sequence 9, column seal_sequence: NULL is stored instead of 7"},
      {"UPDATE canvass.entries SET recorded_at = recorded_at + '1 hour' WHERE sequence = 3",
       "canvass.entries, sequence 3, column recorded_at: 2024-"},
      {"UPDATE canvass.stations SET registered_voters = 5000 WHERE station_no = 0",
       "canvass.stations, sequence 1, station_no 0, column registered_voters: 5000 is stored "
       "instead of 500"},
      {"DELETE FROM canvass.stations WHERE station_no = 3",
       "canvass.stations, sequence 5, station_no 3: the row is missing, but should be there"},
      {"INSERT INTO canvass.areas SELECT election_no, area_no, 900, area_id, parent_no, kind, "
       "'Renamed', names FROM canvass.areas WHERE area_no = 0",
       "canvass.areas, sequence 900, area_no 0: the row is there, but should be missing: no entry "
       "says so"},
      {"UPDATE canvass.candidates SET name = 'B' WHERE candidate_no = 0",
       "canvass.candidates, sequence 1, contest_no 0, candidate_no 0, column name: \"B\" is "
       "stored instead of \""},
      {"UPDATE canvass.contests SET blank_votes_valid = NOT blank_votes_valid",
       "canvass.contests, sequence 1, contest_no 0, column blank_votes_valid: "},
      {"UPDATE canvass.sources SET visible_from = NULL WHERE source_id = 'poll'",
       "canvass.sources, sequence 1, source_no 1, column visible_from: NULL is stored instead of "
       "2024-02-07T16:00:00+00:00"},
      {"UPDATE canvass.election_versions SET polling_date = '2030-01-01'",
       "canvass.election_versions, sequence 1, column polling_date: \"2030-01-01\" is stored"}};
  const std::vector<std::string> tables = {
      "entries", "stations", "areas", "candidates", "contests", "sources", "election_versions"};
  Select("CREATE SCHEMA IF NOT EXISTS kept");
  for (const std::string& table : tables) {
    Select(StrCat("DROP TABLE IF EXISTS kept.", table));
    Select(StrCat("CREATE TABLE kept.", table, " AS TABLE canvass.", table));
  }
  for (const auto& [change, found] : changes) {
    SCOPED_TRACE(change);
    Select(change);
    const std::vector<std::string> findings =
        FindingsOf(Audit(PostgresDatabase::database().reader_connection()));
    EXPECT_THAT(findings, ElementsAre(HasSubstr(found)));
    const absl::Status found_by_patrol = Patrol();
    EXPECT_EQ(found_by_patrol.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(DetailOf(found_by_patrol).reason, "ROW_DIFFERS");
    EXPECT_THAT(std::string(found_by_patrol.message()),
                AllOf(HasSubstr("1 value of e-1 is not"), HasSubstr(found)));
    for (const std::string& table : tables) {
      Select(StrCat("TRUNCATE canvass.", table, "; INSERT INTO canvass.", table, " TABLE kept.",
                    table));
    }
  }
  EXPECT_EQ(Patrol(), absl::OkStatus());
}

// Somebody may append to the definition during an audit, but nobody writes rows of entries that are
// not there.
TEST_F(DatabaseAuditTest, APatrolLeavesOutWhatItDoesNotHoldYet) {
  for (std::int64_t upto = 2; upto <= 9; ++upto) EXPECT_EQ(Patrol(upto), absl::OkStatus()) << upto;
  Select("UPDATE canvass.stations SET name = 'x' WHERE sequence = 5 AND station_no = 3");
  EXPECT_EQ(Patrol(4), absl::OkStatus());
  EXPECT_EQ(DetailOf(Patrol(5)).reason, "ROW_DIFFERS");
  Select("UPDATE canvass.stations SET sequence = 10 WHERE sequence = 5 AND station_no = 3");
  EXPECT_EQ(DetailOf(Patrol(4)).reason, "ROW_DIFFERS");
}

TEST_F(DatabaseAuditTest, ASequenceThatIsFarAwayIsFoundAtOnce) {
  Select(
      "INSERT INTO canvass.entries (sequence, recorded_at, election_no, kind, actor, entry, "
      "leaf_hash) SELECT 9223372036854775807, recorded_at, election_no, kind, actor, entry, "
      "leaf_hash FROM canvass.entries WHERE sequence = 4");
  const AuditedDatabase audited = Audit();
  EXPECT_THAT(FindingsOf(audited).front(),
              Eq("canvass.entries, sequence 10: the row is missing, but should be there"));
  EXPECT_GE(audited.differences.total(), 9'223'372'036'854'775'797);
}

// The owner may drop keys and checks, and then add rows that SQL readers count.
TEST_F(DatabaseAuditTest, FindsRowsThatOnlyATableWithoutItsKeyCanHold) {
  Select("ALTER TABLE canvass.entries DROP CONSTRAINT entries_pkey");
  Select("ALTER TABLE canvass.entries DROP CONSTRAINT entries_sequence_check");
  Select("ALTER TABLE canvass.entries ALTER COLUMN sequence DROP NOT NULL");
  Select("DROP INDEX canvass.entries_natural_key");
  for (const char* const sequence :
       {"3", "0", "-5", "NULL", "-9223372036854775808", "-9223372036854775807"}) {
    SCOPED_TRACE(sequence);
    Select("CREATE TABLE kept_entries AS TABLE canvass.entries");
    Select(StrCat("INSERT INTO canvass.entries SELECT ", sequence,
                  ", recorded_at, election_no, contest_no, source_no, station_no, area_no, "
                  "revision, registered_voters, ballots_issued, ballots_cast, blank_votes, "
                  "invalid_votes, asked, refused, undecided, kind, held, expected_again, actor, "
                  "votes, findings, reason, entry, leaf_hash FROM canvass.entries "
                  "WHERE sequence = 3"));
    EXPECT_THAT(FindingsOf(Audit()),
                Contains(HasSubstr("the row is there, but should be missing")));
    EXPECT_EQ(Audit().sequence, 9);
    EXPECT_EQ(DetailOf(Patrol()).reason, "ROW_DIFFERS");
    Select("TRUNCATE canvass.entries");
    Select("INSERT INTO canvass.entries TABLE kept_entries");
    Select("DROP TABLE kept_entries");
  }
  EXPECT_EQ(Patrol(), absl::OkStatus());
  Select("ALTER TABLE canvass.candidates DROP CONSTRAINT candidates_pkey");
  Select("ALTER TABLE canvass.candidates ALTER COLUMN sequence DROP NOT NULL");
  Select("UPDATE canvass.candidates SET sequence = NULL WHERE candidate_no = 2");
  EXPECT_THAT(FindingsOf(Audit()), UnorderedElementsAre(HasSubstr("the row is there, but should"),
                                                        HasSubstr("the row is missing")));
  EXPECT_EQ(DetailOf(Patrol()).reason, "ROW_DIFFERS");
}

TEST_F(DatabaseAuditTest, APatrolFindsElectionsThatAreMissingOrHaveNoEntries) {
  Select("INSERT INTO canvass.elections (election_no, election_id) VALUES (7, 'e-7')");
  EXPECT_THAT(std::string(Patrol().message()),
              HasSubstr("canvass.elections, sequence 0, election_id e-7: the row is there, but "
                        "should be missing"));
  Select("DELETE FROM canvass.elections WHERE election_no = 7");
  EXPECT_EQ(Patrol(), absl::OkStatus());
  Select("UPDATE canvass.elections SET election_id = 'e-7'");
  EXPECT_THAT(std::string(Patrol().message()),
              HasSubstr("canvass.elections, sequence 0, election_id e-1: the row is missing"));
}

// However many rows were added.
TEST_F(DatabaseAuditTest, APatrolEndsOnceItHasFoundEnough) {
  Select(
      "INSERT INTO canvass.stations SELECT election_no, area_no, 1000 + n, station_id, area_no, "
      "name, names, tags, registered_voters, counted_at_station_no, closed_reason FROM "
      "canvass.stations, generate_series(1, 5000) n WHERE station_no = 0");
  EXPECT_THAT(std::string(Patrol().message()), HasSubstr("at least 100 values"));
}

// A migration that waits for a table, and the leader behind it, wait for one step.
TEST_F(DatabaseAuditTest, APatrolHoldsNoLockWhileItRests) {
  int rests = 0;
  EXPECT_EQ(ledger_->Audit(ledger_->ledger_id(), {{"e-1", 9}},
                           {.check_entry = [](const StoredEntry&) { return absl::OkStatus(); },
                            .rest =
                                [&rests] {
                                  ++rests;
                                  Select(
                                      "SET lock_timeout = '10s'; ALTER TABLE canvass.entries "
                                      "ALTER COLUMN reason DROP NOT NULL; ALTER TABLE "
                                      "canvass.stations ALTER COLUMN name DROP NOT NULL");
                                  return absl::OkStatus();
                                }}),
            absl::OkStatus());
  EXPECT_GE(rests, 8) << "one step of entries, changes and tables of the definition";
}

TEST_F(DatabaseAuditTest, APatrolSaysThatItMayNotReadATable) {
  Select("REVOKE SELECT ON canvass.stations FROM canvass_writer");
  EXPECT_EQ(Patrol().code(), absl::StatusCode::kPermissionDenied);
  Select("GRANT SELECT ON canvass.stations TO canvass_writer");
  EXPECT_EQ(Patrol(), absl::OkStatus());
}

// What nobody numbers so comes before everything else in PostgreSQL's order.
TEST_F(DatabaseAuditTest, FindsANegativeNumberAndNoMore) {
  Select("UPDATE canvass.stations SET station_no = -1 WHERE station_no = 2 AND sequence = 5");
  EXPECT_THAT(FindingsOf(Audit()),
              UnorderedElementsAre(
                  HasSubstr("canvass.stations, sequence 5, station_no -1: the row is there"),
                  HasSubstr("canvass.stations, sequence 5, station_no 2: the row is missing")));
  Select("UPDATE canvass.stations SET station_no = 2, sequence = -4 WHERE station_no = -1");
  EXPECT_THAT(FindingsOf(Audit()),
              UnorderedElementsAre(
                  HasSubstr("canvass.stations, sequence -4, station_no 2: the row is there"),
                  HasSubstr("canvass.stations, sequence 5, station_no 2: the row is missing")));
}

TEST_F(DatabaseAuditTest, NamesTheRowWhoseBytesAreThoseOfAnother) {
  Select(
      "UPDATE canvass.entries SET entry = other.entry, leaf_hash = other.leaf_hash "
      "FROM canvass.entries other WHERE entries.sequence = 3 AND other.sequence = 4");
  EXPECT_THAT(FindingsOf(Audit()),
              Contains(HasSubstr("canvass.entries, sequence 3, column sequence: 3 is stored")));
}

TEST_F(DatabaseAuditTest, FindsAllOfThem) {
  Select("UPDATE canvass.entries SET votes = '{40,40,15}', blank_votes = 1 WHERE sequence = 3");
  Select("UPDATE canvass.stations SET name = 'x'");
  const AuditedDatabase audited = Audit();
  EXPECT_EQ(audited.differences.total(), 7) << "two of the report, and one of each of 5 rows";
}

TEST_F(DatabaseAuditTest, FindsChangedBytesAndMissingEntries) {
  Select("UPDATE canvass.entries SET leaf_hash = sha256('') WHERE sequence = 4");
  EXPECT_THAT(FindingsOf(Audit()),
              ElementsAre(HasSubstr("canvass.entries, sequence 4, column leaf_hash: \\xe3b0c442")));
  Select("UPDATE canvass.entries SET entry = 'x' WHERE sequence = 4");
  EXPECT_THAT(
      FindingsOf(Audit()).front(),
      HasSubstr("canvass.entries, sequence 4, column entry: \\x78 is stored instead of the bytes "
                "of an entry"));
  Select("DELETE FROM canvass.entries WHERE sequence IN (3, 4)");
  const auto audited = AuditDatabase(PostgresDatabase::database().writer_connection(), "e-1",
                                     [](const StoredEntry&) {});
  ASSERT_EQ(audited.status(), absl::OkStatus());
  EXPECT_THAT(FindingsOf(*audited).front(),
              Eq("canvass.entries, sequence 3: the row is missing, but should be there"));
}

TEST_F(DatabaseAuditTest, ComparesWhatIsSealedWithTheCommitments) {
  Select("UPDATE canvass.sealed_contents SET nonce = sha256('') WHERE sequence = 8");
  EXPECT_THAT(
      FindingsOf(Audit()),
      ElementsAre(HasSubstr("canvass.sealed_contents, sequence 8, column content: a content "
                            "with the commitment ")));
  EXPECT_THAT(FindingsOf(Audit(PostgresDatabase::database().reader_connection())), IsEmpty());
  Select("DELETE FROM canvass.sealed_contents WHERE sequence = 8");
  EXPECT_THAT(
      FindingsOf(Audit()),
      ElementsAre("canvass.sealed_contents, sequence 8: the row is missing, but should be there"));
}

}  // namespace
}  // namespace canvass::aggregator
