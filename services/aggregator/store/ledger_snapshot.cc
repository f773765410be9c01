#include "services/aggregator/store/ledger_snapshot.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/migration.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_entry_rows.h"
#include "services/aggregator/store/reading_settings.h"
#include "services/aggregator/store/schema.h"

namespace canvass::aggregator {
namespace {

// The transaction stays open while pg_dump works.
constexpr std::string_view kKeepSnapshot = "SET LOCAL idle_in_transaction_session_timeout = 0";

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerSnapshot>> LedgerSnapshot::Take(
    const std::string& connection) {
  auto session = postgres::Session::Open({.connection = connection});
  if (!session.ok()) return session.status();
  std::unique_ptr<LedgerSnapshot> snapshot(new LedgerSnapshot(*std::move(session)));
  absl::Status status = snapshot->Begin();
  if (status.ok()) status = snapshot->ReadElections();
  if (!status.ok()) return status;
  return snapshot;
}

absl::Status LedgerSnapshot::Begin() {
  const absl::StatusOr<std::int64_t> schema = session_->QueryNumber(postgres::kSchemaVersionQuery);
  absl::Status status = postgres::CheckSchemaVersion(schema, SchemaVersion());
  if (!status.ok()) return status;
  status = session_->Run(StrCat("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ",
                                kReadingSettings, "; ", kKeepSnapshot));
  if (!status.ok()) return status;
  absl::StatusOr<std::string> name = session_->QueryValue("SELECT pg_export_snapshot()");
  if (!name.ok()) return name.status();
  name_ = *std::move(name);
  absl::StatusOr<std::string> ledger_id =
      session_->QueryValue("SELECT ledger_id FROM canvass.ledger");
  if (!ledger_id.ok()) return ledger_id.status();
  ledger_id_ = *std::move(ledger_id);
  return absl::OkStatus();
}

absl::Status LedgerSnapshot::ReadElections() {
  const auto rows = session_->Query(
      "SELECT election_no, election_id FROM canvass.elections ORDER BY election_id COLLATE \"C\"");
  if (!rows.ok()) return rows.status();
  for (const auto& row : *rows) {
    int number = 0;
    if (!absl::SimpleAtoi(row.at(0).value_or(""), &number)) {
      return MakeError(reason::kDatabaseError, "PostgreSQL returned no number for an election");
    }
    absl::StatusOr<LedgerEnd> end = ReadElection(number, row.at(1).value_or(""));
    if (!end.ok()) return end.status();
    elections_.push_back(*std::move(end));
  }
  return absl::OkStatus();
}

absl::StatusOr<LedgerEnd> LedgerSnapshot::ReadElection(int election_no,
                                                       const std::string& election_id) {
  LedgerEnd end{.election_id = election_id};
  ledger::MerkleTree tree;
  const absl::Status read = session_->CopyOut(
      CopyStoredEntries(StrCat("election_no = ", election_no)), [&](std::string_view row) {
        const auto entry = ReadStoredEntry(election_id, end.sequence + 1, row);
        if (!entry.ok()) return entry.status();
        tree.Add(entry->leaf_hash);
        ++end.sequence;
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  end.root = tree.Root();
  return end;
}

}  // namespace canvass::aggregator
