#include "services/aggregator/store/database_restore.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/election/event.h"
#include "common/telemetry/log.h"
#include "services/aggregator/store/database_audit.h"
#include "services/aggregator/store/postgres_leader.h"
#include "services/aggregator/store/row_difference.h"
#include "services/aggregator/store/schema.h"

namespace canvass::aggregator {
namespace {

// All that was lost is appended in one transaction, and a schema of many tables is removed in one
// statement.
constexpr absl::Duration kStatementTimeout = absl::Minutes(30);
// A standby ends a leader that does nothing for several seconds.
constexpr absl::Duration kAliveEvery = absl::Seconds(1);

constexpr const char* kRemoveSchema = "DROP SCHEMA IF EXISTS canvass CASCADE";

// The same as the first migration; a dump names the roles before that could run.
constexpr const char* kMakeRoles = R"sql(
  DO $$
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_writer') THEN
      CREATE ROLE canvass_writer NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_reader') THEN
      CREATE ROLE canvass_reader NOLOGIN;
    END IF;
  END
  $$
)sql";

absl::Status NotEmpty(std::string_view what) {
  return MakeError(reason::kDatabaseNotEmpty,
                   StrCat("The database is not empty: ", what,
                          ". A backup is restored into an empty one; nothing was changed"));
}

// Seals of an election that are neither opened nor withdrawn, by sequence.
std::map<std::int64_t, LostSeal> ClosedSealsOf(const ledger::ElectionLedger& ledger) {
  std::map<std::int64_t, LostSeal> closed;
  for (const int source_no : ledger.count().SealedSources()) {
    for (const auto& [sequence, seal] : ledger.count().SealsOf(source_no)) {
      closed.emplace(
          sequence,
          LostSeal{.election_id = ledger.election_id(),
                   .source_id = ledger.count().definition().sources()[Index(source_no)].id,
                   .sequence = sequence,
                   .recorded_at = ledger.EntryAt(sequence).recorded_at});
    }
  }
  return closed;
}

bool IsLostContent(const RowDifference& difference, const std::string& election_id,
                   const std::vector<LostSeal>& lost) {
  return difference.table == "canvass.sealed_contents" && difference.stored == "missing" &&
         std::any_of(lost.begin(), lost.end(), [&](const LostSeal& seal) {
           return seal.election_id == election_id && seal.sequence == difference.sequence;
         });
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseRestore>> DatabaseRestore::Begin(
    const std::string& connection) {
  std::unique_ptr<DatabaseRestore> restore(new DatabaseRestore(connection));
  absl::Status status = restore->Lock();
  if (status.ok()) status = restore->Clear();
  if (status.ok()) status = restore->session_->Run(kMakeRoles);
  if (!status.ok()) return status;
  restore->made_ = true;
  return restore;
}

absl::StatusOr<std::unique_ptr<DatabaseRestore>> DatabaseRestore::OfExisting(
    const std::string& connection) {
  std::unique_ptr<DatabaseRestore> restore(new DatabaseRestore(connection));
  absl::Status status = restore->Lock();
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> found =
      restore->session_->QueryValue("SELECT to_regclass('canvass.elections') IS NOT NULL");
  if (!found.ok()) return found.status();
  if (*found != "t") return MakeError(reason::kSchemaMissing, "The database has no ledger");
  return restore;
}

DatabaseRestore::DatabaseRestore(const std::string& connection)
    : options_{.connection = connection,
               .application_name = "canvass restore",
               .statement_timeout = kStatementTimeout,
               .silence_timeout = kStatementTimeout + absl::Seconds(10)} {}

DatabaseRestore::~DatabaseRestore() {
  if (made_ && !keep_) RemoveSchema();
}

void DatabaseRestore::RemoveSchema() {
  absl::Status removed =
      store_ != nullptr ? store_->Run(kRemoveSchema) : session_->Run(kRemoveSchema);
  if (!removed.ok()) {  // the session with the lock may have ended
    const auto another = postgres::Session::Open(options_);
    removed = another.ok() ? (*another)->Run(kRemoveSchema) : another.status();
  }
  if (removed.ok()) return;
  telemetry::LogError(StrCat("the database holds a ledger that is not whole; remove it with `",
                             kRemoveSchema, "`: ", telemetry::Describe(removed)));
}

absl::Status DatabaseRestore::Lock() {
  auto session = postgres::Session::Open(options_);
  if (!session.ok()) return session.status();
  session_ = *std::move(session);
  server_version_ = session_->server_version();
  const absl::StatusOr<bool> locked = PostgresLeader::Lock(*session_, /*fresh=*/true);
  if (!locked.ok()) return locked.status();
  if (*locked) return absl::OkStatus();
  return MakeError(reason::kDatabaseInUse,
                   "An aggregator leads in this database. Stop all aggregators first");
}

absl::Status DatabaseRestore::Clear() {
  const auto found = session_->Query(
      "SELECT to_regnamespace('canvass') IS NOT NULL, to_regclass('canvass.elections') IS NOT NULL "
      "AND to_regclass('canvass.entries') IS NOT NULL");
  if (!found.ok()) return found.status();
  if (found->at(0).at(0) != "t") return absl::OkStatus();
  if (found->at(0).at(1) != "t") return NotEmpty("its schema canvass is not one of Canvass");
  const auto elections = session_->Query(
      "SELECT count(*), min(election_id), (SELECT count(*) FROM canvass.entries) "
      "FROM canvass.elections");
  if (!elections.ok()) return elections.status();
  const auto& row = elections->at(0);
  if (row.at(0) == "0" && row.at(2) == "0") return session_->Run(kRemoveSchema);
  return NotEmpty(StrCat("it has ", row.at(2).value_or(""), " entries of ", row.at(0).value_or(""),
                         " elections, such as ", row.at(1).value_or("")));
}

absl::Status DatabaseRestore::Open() {
  const absl::StatusOr<postgres::SchemaVersions> migrated = Migrate(options_.connection);
  if (!migrated.ok()) return migrated.status();
  store_ = std::make_unique<PostgresLedgerStore>(std::move(session_), options_);
  const absl::Status lead = store_->TakeLead();
  return lead.ok() ? ReadLedgers() : lead;
}

absl::Status DatabaseRestore::ReadLedgers() {
  absl::Status read = store_->Replay({}, [this](const StoredEntry& stored) {
    std::unique_ptr<ledger::ElectionLedger>& ledger = ledgers_[std::string(stored.election_id)];
    if (ledger == nullptr) {
      ledger = std::make_unique<ledger::ElectionLedger>(std::string(stored.election_id));
    }
    return ledger->Append(stored.bytes);
  });
  if (!read.ok()) return read;
  for (const auto& [election_id, ledger] : ledgers_) {
    stored_[election_id] = {.sequence = ledger->sequence(),
                            .definition = ledger->count().definition(),
                            .is_defined = ledger->count().defined()};
  }
  return absl::OkStatus();
}

absl::Status DatabaseRestore::AppendAdded() {
  Transaction transaction;
  for (const auto& [election_id, ledger] : ledgers_) {
    stored_.try_emplace(election_id);
    AddTo(*ledger, transaction);
  }
  return transaction.empty() ? absl::OkStatus() : store_->Append(transaction);
}

void DatabaseRestore::AddTo(const ledger::ElectionLedger& ledger, Transaction& transaction) const {
  const Stored& stored = stored_.find(ledger.election_id())->second;
  for (std::int64_t sequence = stored.sequence + 1; sequence <= ledger.sequence(); ++sequence) {
    election::Entry entry = ledger.EntryAt(sequence);
    const auto* const opening = std::get_if<election::SealOpening>(&entry.event);
    if (opening != nullptr && opening->seal_sequence > stored.sequence) {
      transaction.sealed.push_back({.election_id = ledger.election_id(),
                                    .sequence = opening->seal_sequence,
                                    .nonce = opening->nonce,
                                    .content = opening->content});
    }
    transaction.entries.push_back({.election_id = ledger.election_id(),
                                   .definition = stored.is_defined ? &stored.definition : nullptr,
                                   .entry = std::move(entry),
                                   .bytes = std::string(ledger.log().Get(sequence)),
                                   .leaf_hash = ledger.log().LeafHashOf(sequence)});
  }
}

absl::StatusOr<std::vector<LostSeal>> DatabaseRestore::FindLostSeals() {
  std::map<std::string, std::map<std::int64_t, LostSeal>, std::less<>> closed;
  for (const auto& [election_id, ledger] : ledgers_) closed[election_id] = ClosedSealsOf(*ledger);
  const absl::Status read = store_->ReplaySealed(
      [&closed](const SealedItem& item) { closed[item.election_id].erase(item.sequence); });
  if (!read.ok()) return read;
  std::vector<LostSeal> lost;
  for (auto& [election_id, seals] : closed) {
    for (auto& [sequence, seal] : seals) lost.push_back(std::move(seal));
  }
  return lost;
}

absl::Status DatabaseRestore::Audit(const std::vector<LostSeal>& lost) {
  for (const auto& [election_id, ledger] : ledgers_) {
    absl::Status audited = AuditElection(election_id, lost);
    if (!audited.ok()) return audited;
  }
  return absl::OkStatus();
}

absl::Status DatabaseRestore::AuditElection(const std::string& election_id,
                                            const std::vector<LostSeal>& lost) {
  absl::Duration alive_at = SteadyNow();
  const auto audited = AuditDatabase(options_.connection, election_id, [&](const StoredEntry&) {
    if (SteadyNow() - alive_at < kAliveEvery) return;
    alive_at = SteadyNow();
    store_->Run("SELECT 1").IgnoreError();  // what follows fails if it does
  });
  if (!audited.ok()) return audited.status();
  std::int64_t differences = audited->differences.total();
  const RowDifference* first = nullptr;
  for (const RowDifference& difference : audited->differences.kept()) {
    if (IsLostContent(difference, election_id, lost)) {
      --differences;
    } else if (first == nullptr) {
      first = &difference;
    }
  }
  // Those that are not kept can only be more of the lost ones.
  const auto lost_here = std::count_if(lost.begin(), lost.end(), [&](const LostSeal& seal) {
    return seal.election_id == election_id;
  });
  if (first == nullptr && audited->differences.total() == lost_here) return absl::OkStatus();
  return MakeError(reason::kRowDiffers,
                   StrCat(differences, " values of ", election_id,
                          " in the database are not what the ledger's entries say. ",
                          first == nullptr ? "" : Describe(*first)));
}

absl::StatusOr<std::string> DatabaseRestore::RenewLedgerId() {
  std::string ledger_id = RandomUuid();
  absl::Status renewed =
      store_->Run(StrCat("UPDATE canvass.ledger SET ledger_id = '", ledger_id, "'"));
  if (!renewed.ok()) return renewed;
  return ledger_id;
}

}  // namespace canvass::aggregator
