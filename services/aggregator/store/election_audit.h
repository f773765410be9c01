#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_ELECTION_AUDIT_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_ELECTION_AUDIT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/election/event.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_definition_check.h"
#include "services/aggregator/store/postgres_entry_rows.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// Compares the rows of an election's entries with the entries' bytes: sequences, leaf hashes and
// all columns; and then the tables of its definition. The caller reads step by step, in
// transactions of its own. Not thread-safe.
class ElectionAudit {
 public:
  // Says of an entry, with the leaf hash that is stored, what AuditVisitor::check_entry says.
  using CheckEntry =
      std::function<absl::Status(const StoredEntry& stored, const election::Entry& decoded)>;
  using AfterRow = std::function<absl::Status()>;

  // Begins a transaction that sees all tables as they are at one moment.
  static absl::Status Begin(postgres::Session& session);

  // All arguments but `election_no` must outlive this.
  ElectionAudit(int election_no, std::string_view election_id, const CheckEntry& check_entry,
                RowDifferences& differences);

  // Reads the entries for which this condition holds, and adds what differs. Each call must read
  // those that follow. Calls `after_row` after each row. Returns the errors of the session and of
  // `after_row`.
  absl::Status ReadEntries(postgres::Session& session, std::string_view condition,
                           const AfterRow& after_row);
  // Adds the entries up to `sequence` that were not read.
  void ExpectUpto(std::int64_t sequence);

  // Whether all entries were there and belonged there. What they define is not known otherwise.
  bool whole() const { return whole_; }
  // Sequence of the last entry that was read; 0 if there was none.
  std::int64_t last() const { return last_; }
  // The definition of the entries that were read. REQUIRES: whole().
  DefinitionCheck& definition() { return definition_; }

 private:
  absl::Status Add(std::string_view row_bytes);
  void Compare(const EntryRow& row, std::string_view row_bytes);
  void CheckPlace(const EntryRow& row, const election::Entry& entry);
  void AddRow(std::int64_t sequence, std::string_view stored, std::string_view expected);
  void AddBytes(const EntryRow& row, std::string_view expected);

  const int election_no_;
  const std::string_view election_id_;
  const CheckEntry& check_entry_;
  RowDifferences& differences_;
  EntryRowReader reader_;
  EntryRowCheck check_;
  DefinitionCheck definition_;
  std::int64_t last_ = 0;
  bool whole_ = true;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_ELECTION_AUDIT_H_
