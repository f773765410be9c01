#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_RESTORE_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_RESTORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/ledger/election_ledger.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_ledger_store.h"

namespace canvass::aggregator {

// A closed seal whose content is lost, because its entry was brought back and its content was not.
struct LostSeal {
  std::string election_id{};
  std::string source_id{};
  std::int64_t sequence = 0;
  absl::Time recorded_at{};
};

// A database into which a backup is restored, or one that is older than what was seen of its
// ledger. As long as this lives, no aggregator gets the lead there. Unless Keep was called, a
// schema that was restored is removed again at the end, so that nobody writes to a ledger that is
// not whole. Not thread-safe.
class DatabaseRestore {
 public:
  // A ledger in memory, to which its missing entries can be added.
  using Ledgers = std::map<std::string, std::unique_ptr<ledger::ElectionLedger>, std::less<>>;

  // Takes the lead's lock, removes a schema without elections, and makes the roles that are
  // missing. `connection` must log in as the owner. Returns FAILED_PRECONDITION DATABASE_IN_USE if
  // an aggregator leads there, DATABASE_NOT_EMPTY if the schema has elections or is not Canvass's,
  // and the errors of PostgreSQL.
  static absl::StatusOr<std::unique_ptr<DatabaseRestore>> Begin(const std::string& connection);
  // Takes the lead's lock of a database that has a ledger already, which is left as it is unless
  // entries are appended. Returns DATABASE_IN_USE, and SCHEMA_MISSING if there is none.
  static absl::StatusOr<std::unique_ptr<DatabaseRestore>> OfExisting(const std::string& connection);
  ~DatabaseRestore();
  DatabaseRestore(const DatabaseRestore&) = delete;
  DatabaseRestore& operator=(const DatabaseRestore&) = delete;

  int server_version() const { return server_version_; }  // major

  // After Begin, the caller restores the schema now.

  // Migrates the schema to this program's version, takes the lead, and reads all ledgers. Returns
  // the errors of Migrate and of LedgerStore, and DATA_LOSS if an entry does not follow from those
  // before it.
  absl::Status Open();
  // REQUIRES, also for the following functions: Open succeeded.
  Ledgers& ledgers() { return ledgers_; }
  std::string ledger_id() const { return store_->ledger_id(); }

  // Appends the entries that were added to ledgers(), all of them or none, with their exact bytes.
  // Of a seal that was opened since, the opening tells the content.
  absl::Status AppendAdded();
  // Returns the closed seals without a content, by sequence within an election.
  absl::StatusOr<std::vector<LostSeal>> FindLostSeals();
  // Compares every column of all tables with the entries (AuditDatabase). Returns DATA_LOSS
  // ROW_DIFFERS with the first difference; contents of `lost` may be missing.
  absl::Status Audit(const std::vector<LostSeal>& lost);
  // Gives the ledger a new id and returns it.
  absl::StatusOr<std::string> RenewLedgerId();
  // Leaves the database to an aggregator, once this is gone.
  void Keep() { keep_ = true; }

 private:
  // The definition and the end of a ledger as they are in the database.
  struct Stored {
    std::int64_t sequence = 0;
    election::Definition definition{};
    bool is_defined = false;
  };

  explicit DatabaseRestore(const std::string& connection);
  absl::Status Lock();
  absl::Status Clear();
  absl::Status ReadLedgers();
  absl::Status AuditElection(const std::string& election_id, const std::vector<LostSeal>& lost);
  // Adds the entries of one election that were added, and what is known of its seals.
  void AddTo(const ledger::ElectionLedger& ledger, Transaction& transaction) const;
  void RemoveSchema();

  const postgres::SessionOptions options_;
  int server_version_ = 0;
  std::unique_ptr<postgres::Session> session_;  // has the lock, until store_ takes it over
  std::unique_ptr<PostgresLedgerStore> store_;  // null before Open
  Ledgers ledgers_;
  std::map<std::string, Stored, std::less<>> stored_;
  bool made_ = false;  // the schema may be there
  bool keep_ = false;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_DATABASE_RESTORE_H_
