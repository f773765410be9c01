#include "services/aggregator/store/database_restore.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/postgres/dump.h"
#include "common/postgres/installation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_snapshot.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_ledger_store.h"
#include "tests/services/aggregator/store/postgres_database.h"
#include "tests/services/aggregator/store/recorded_election.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_database.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Rows = std::vector<std::string>;

// A ledger with a definition (entries 1, 2), a report (3) and a seal (4), which is dumped.
class DatabaseRestoreTest : public ::testing::Test {
 protected:
  DatabaseRestoreTest() : election_(DefinitionWithPoll()), ledger_(source_.Open()) {
    EXPECT_EQ(ledger_->TakeLead(), absl::OkStatus());
    election_->Submit(testing::ReportBuilder().WithStation("s-1").Build());
    Append({Seal("s-1")});
    Dump();
  }

  static testing::DefinitionBuilder DefinitionWithPoll() {
    testing::DefinitionBuilder definition = SmallDefinition();
    definition.WithSource({.id = "poll",
                           .kind = election::SourceKind::kExitPoll,
                           .visible_from = absl::FromUnixSeconds(1'707'321'600)});
    return definition;
  }

  SealedItem Seal(const std::string& station_id) {
    const election::SealedContent content{
        .actor = "pollster",
        .event = election::ReportRecorded{.key = election_->KeyOf("president", "poll", station_id),
                                          .counts = {.interviews = true, .votes = {5, 2, 1}}}};
    return {.election_id = "e-1",
            .sequence = election_->Seal(content),
            .nonce = {1, 2, 3},
            .content = content};
  }

  void Append(std::vector<SealedItem> sealed) {
    Transaction transaction = election_.Next();
    transaction.sealed = std::move(sealed);
    ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  }

  void Dump() {
    const std::string owner = PostgresDatabase::database().owner_connection();
    const auto snapshot = LedgerSnapshot::Take(owner);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    ends_ = (*snapshot)->elections();
    const auto programs = postgres::FindDumpPrograms((*snapshot)->server_version());
    ASSERT_TRUE(programs.ok()) << programs.status();
    programs_ = *programs;
    ASSERT_EQ(postgres::DumpSchema({programs_, owner}, (*snapshot)->name(), file_),
              absl::OkStatus());
  }

  absl::Status RestoreDump() const {
    return postgres::RestoreSchema({programs_, target_.owner_connection()}, file_);
  }

  // A restore that is open.
  std::unique_ptr<DatabaseRestore> Restore() const {
    auto restore = DatabaseRestore::Begin(target_.owner_connection());
    EXPECT_EQ(restore.status(), absl::OkStatus());
    EXPECT_EQ(RestoreDump(), absl::OkStatus());
    EXPECT_EQ((*restore)->Open(), absl::OkStatus());
    return *std::move(restore);
  }

  // Adds the entries that were recorded after those of the restore, as a publisher has them.
  void AddMissing(DatabaseRestore& restore) {
    ledger::ElectionLedger& ledger = *restore.ledgers().at("e-1");
    for (const election::Entry& entry : election_->entries()) {
      if (entry.sequence <= ledger.sequence()) continue;
      ASSERT_EQ(ledger.Append(ledger::Encode(entry)), absl::OkStatus());
    }
  }

  // All that a table holds.
  static Rows Table(const testing::TestDatabase& database, const std::string& table) {
    return database.Select(StrCat("SELECT t::text FROM ", table, " t ORDER BY 1"));
  }

  void ExpectSameTables() const {
    for (const char* table :
         {"canvass.entries", "canvass.elections", "canvass.election_versions", "canvass.contests",
          "canvass.candidates", "canvass.sources", "canvass.areas", "canvass.stations",
          "canvass.sealed_contents", "canvass.ledger"}) {
      EXPECT_EQ(Table(target_, table), Table(PostgresDatabase::database(), table)) << table;
    }
  }

  void ExpectWholeWithWhatWasAdded(DatabaseRestore& restore) const {
    ASSERT_EQ(restore.AppendAdded(), absl::OkStatus());
    const auto lost = restore.FindLostSeals();
    ASSERT_TRUE(lost.ok()) << lost.status();
    EXPECT_THAT(*lost, IsEmpty());
    EXPECT_EQ(restore.Audit({}), absl::OkStatus());
    ExpectSameTables();
  }

  bool SchemaIsThere() const {
    return target_.Select("SELECT to_regnamespace('canvass') IS NOT NULL") == Rows{"t"};
  }

  PostgresDatabase source_;
  testing::TestDatabase target_;
  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.File("ledger.dump");
  RecordedElection election_;
  std::unique_ptr<LedgerStore> ledger_;
  std::vector<LedgerEnd> ends_;
  std::string programs_;
};

TEST_F(DatabaseRestoreTest, ASnapshotIsOfOneMomentWhateverIsRecordedMeanwhile) {
  const auto snapshot = LedgerSnapshot::Take(PostgresDatabase::database().owner_connection());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->ledger_id(), ledger_->ledger_id());
  ASSERT_THAT((*snapshot)->elections(), SizeIs(1));
  EXPECT_EQ((*snapshot)->elections()[0].election_id, "e-1");
  EXPECT_EQ((*snapshot)->elections()[0].sequence, 4);
  election_->Submit(testing::ReportBuilder().WithStation("s-2").Build());
  Append({});
  const std::string later = folder_.File("later.dump");
  ASSERT_EQ(postgres::DumpSchema({programs_, PostgresDatabase::database().owner_connection()},
                                 (*snapshot)->name(), later),
            absl::OkStatus());
  auto restore = DatabaseRestore::Begin(target_.owner_connection());
  ASSERT_TRUE(restore.ok()) << restore.status();
  ASSERT_EQ(postgres::RestoreSchema({programs_, target_.owner_connection()}, later),
            absl::OkStatus());
  ASSERT_EQ((*restore)->Open(), absl::OkStatus());
  EXPECT_EQ((*restore)->ledgers().at("e-1")->log().Root(), (*snapshot)->elections()[0].root);
}

TEST_F(DatabaseRestoreTest, ALedgerThatIsNotWholeIsNotBackedUp) {
  const std::string owner = PostgresDatabase::database().owner_connection();
  PostgresDatabase::database().Select("DELETE FROM canvass.entries WHERE sequence = 3");
  EXPECT_EQ(DetailOf(LedgerSnapshot::Take(owner).status()).reason, "ENTRY_MISSING");
  PostgresDatabase::database().Select("DROP SCHEMA canvass CASCADE");
  EXPECT_EQ(DetailOf(LedgerSnapshot::Take(owner).status()).reason, "SCHEMA_VERSION");
}

TEST_F(DatabaseRestoreTest, BringsEverythingBackAsItWas) {
  const auto restore = Restore();
  EXPECT_EQ(restore->ledger_id(), ledger_->ledger_id());
  EXPECT_EQ(restore->ledgers().at("e-1")->log().Root(), ends_.at(0).root);
  ExpectWholeWithWhatWasAdded(*restore);
}

TEST_F(DatabaseRestoreTest, AddsEntriesWithAllTheirColumns) {
  election_->Submit(testing::ReportBuilder().WithStation("s-2").WithRegistered(10).Build());
  ASSERT_EQ(election_->Change({.stations = {{.id = "s-4", .area_id = "north"}}, .reason = "new"}),
            absl::OkStatus());
  election_->Submit(testing::ReportBuilder().WithStation("s-4").Build());
  Append({});
  const auto restore = Restore();
  AddMissing(*restore);
  ExpectWholeWithWhatWasAdded(*restore);
}

TEST_F(DatabaseRestoreTest, AddsAnElectionThatIsNotInTheBackup) {
  const auto restore = Restore();
  RecordedElection another(SmallDefinition("e-2"));
  auto added = std::make_unique<ledger::ElectionLedger>("e-2");
  for (const election::Entry& entry : another->entries()) {
    ASSERT_EQ(added->Append(ledger::Encode(entry)), absl::OkStatus());
  }
  restore->ledgers().emplace("e-2", std::move(added));
  ASSERT_EQ(restore->AppendAdded(), absl::OkStatus());
  EXPECT_EQ(restore->Audit({}), absl::OkStatus());
  EXPECT_THAT(target_.Select("SELECT election_id FROM canvass.elections ORDER BY election_no"),
              ElementsAre("e-1", "e-2"));
}

// Entry 4 and the first one were opened since, so the opening has the content; the second one is
// closed, and the third one was withdrawn.
TEST_F(DatabaseRestoreTest, NamesTheSealsWhoseContentsNobodyHas) {
  std::vector<SealedItem> sealed;
  for (const char* station : {"s-2", "s-3", "s-1"}) sealed.push_back(Seal(station));
  const std::vector<std::int64_t> seals = {sealed[0].sequence, sealed[1].sequence,
                                           sealed[2].sequence};
  ASSERT_TRUE(election_->Withdraw({.seal_sequence = seals[2], .reason = "a mistake"}).ok());
  election_->Open(4);
  election_->Open(seals[0]);
  Append(std::move(sealed));
  const auto restore = Restore();
  AddMissing(*restore);
  ASSERT_EQ(restore->AppendAdded(), absl::OkStatus());
  const auto lost = restore->FindLostSeals();
  ASSERT_TRUE(lost.ok()) << lost.status();
  ASSERT_THAT(*lost, SizeIs(1));
  EXPECT_EQ(lost->front().election_id, "e-1");
  EXPECT_EQ(lost->front().source_id, "poll");
  EXPECT_EQ(lost->front().sequence, seals[1]);
  EXPECT_EQ(restore->Audit(*lost), absl::OkStatus());
  const absl::Status unexpected = restore->Audit({});
  EXPECT_EQ(DetailOf(unexpected).reason, "ROW_DIFFERS");
  EXPECT_THAT(std::string(unexpected.message()),
              HasSubstr(StrCat("canvass.sealed_contents, sequence ", seals[1],
                               ": the row is missing, but should be there")));
  EXPECT_THAT(target_.Select("SELECT sequence FROM canvass.sealed_contents ORDER BY sequence"),
              ElementsAre("4", StrCat(seals[0])));
}

TEST_F(DatabaseRestoreTest, AnAuditFindsAColumnThatWasChangedInTheDump) {
  PostgresDatabase::database().Select(
      "UPDATE canvass.entries SET votes = '{1,2,3}' WHERE sequence = 3");
  std::filesystem::remove(file_);
  Dump();
  const auto restore = Restore();
  const absl::Status audited = restore->Audit({});
  EXPECT_EQ(DetailOf(audited).reason, "ROW_DIFFERS");
  EXPECT_THAT(std::string(audited.message()), HasSubstr("sequence 3, column votes: {1,2,3}"));
}

TEST_F(DatabaseRestoreTest, NobodyElseLeadsUntilItIsDone) {
  std::optional<std::unique_ptr<DatabaseRestore>> restore(Restore());
  PostgresLedgerStore aggregator({.connection = target_.writer_connection()});
  EXPECT_EQ(DetailOf(aggregator.TakeLead()).reason, "NOT_ACTIVE");
  (*restore)->Keep();
  restore.reset();
  EXPECT_EQ(aggregator.TakeLead(), absl::OkStatus());
  EXPECT_EQ(aggregator.ledger_id(), ledger_->ledger_id());
  EXPECT_EQ(DetailOf(DatabaseRestore::Begin(target_.owner_connection()).status()).reason,
            "DATABASE_IN_USE");
  aggregator.Resign();
  const auto not_empty = DatabaseRestore::Begin(target_.owner_connection());
  EXPECT_EQ(DetailOf(not_empty.status()).reason, "DATABASE_NOT_EMPTY");
  EXPECT_THAT(std::string(not_empty.status().message()),
              HasSubstr("it has 4 entries of 1 elections, such as e-1"));
  EXPECT_TRUE(SchemaIsThere());
}

TEST_F(DatabaseRestoreTest, LeavesAnEmptyDatabaseUnlessItIsKept) {
  std::optional<std::unique_ptr<DatabaseRestore>> restore(Restore());
  EXPECT_TRUE(SchemaIsThere());
  restore.reset();
  EXPECT_FALSE(SchemaIsThere());
}

TEST_F(DatabaseRestoreTest, ReplacesASchemaWithoutElectionsAndNoOther) {
  ASSERT_EQ(Migrate(target_.owner_connection()).status(), absl::OkStatus());
  EXPECT_EQ(Restore()->Audit({}), absl::OkStatus());
  testing::TestDatabase::Select(
      target_.owner_connection(),
      "CREATE SCHEMA canvass; CREATE TABLE canvass.something (n integer)");
  const auto foreign = DatabaseRestore::Begin(target_.owner_connection());
  EXPECT_EQ(DetailOf(foreign.status()).reason, "DATABASE_NOT_EMPTY");
  EXPECT_THAT(std::string(foreign.status().message()), HasSubstr("is not one of Canvass"));
  EXPECT_TRUE(SchemaIsThere());
}

TEST_F(DatabaseRestoreTest, ANewLedgerIdIsAnotherOne) {
  const auto restore = Restore();
  const auto renewed = restore->RenewLedgerId();
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_NE(*renewed, ledger_->ledger_id());
  EXPECT_EQ(target_.Select("SELECT ledger_id FROM canvass.ledger"), Rows{*renewed});
}

TEST_F(DatabaseRestoreTest, ADumpThatIsCutOffRestoresNothing) {
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
  const auto restore = DatabaseRestore::Begin(target_.owner_connection());
  ASSERT_TRUE(restore.ok()) << restore.status();
  const absl::Status restored = RestoreDump();
  EXPECT_EQ(DetailOf(restored).reason, "PROCESS_FAILED");
  EXPECT_THAT(std::string(restored.message()), HasSubstr("pg_restore"));
  EXPECT_FALSE(SchemaIsThere());
}

}  // namespace
}  // namespace canvass::aggregator
