#include "services/aggregator/store/election_audit.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/postgres/copy_table.h"
#include "services/aggregator/store/reading_settings.h"

namespace canvass::aggregator {

absl::Status ElectionAudit::Begin(postgres::Session& session) {
  return session.Run(StrCat("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ", kReadingSettings));
}

ElectionAudit::ElectionAudit(int election_no, std::string_view election_id,
                             const CheckEntry& check_entry, RowDifferences& differences)
    : election_no_(election_no),
      election_id_(election_id),
      check_entry_(check_entry),
      differences_(differences),
      check_(election_no),
      definition_(election_no) {}

absl::Status ElectionAudit::ReadEntries(postgres::Session& session, std::string_view condition,
                                        const AfterRow& after_row) {
  return session.CopyOut(StrCat("COPY (SELECT ", ColumnNames(EntryTable()), " FROM ",
                                EntryTable().name, " WHERE election_no = ", election_no_, " AND ",
                                condition, " ORDER BY sequence) TO STDOUT (FORMAT binary)"),
                         [this, &after_row](std::string_view row) {
                           const absl::Status status = Add(row);
                           return status.ok() ? after_row() : status;
                         });
}

// The table's key and checks are its owner's to drop: a sequence may come twice, be less than 1, or
// be missing, which the reader makes 0.
absl::Status ElectionAudit::Add(std::string_view row_bytes) {
  const absl::StatusOr<EntryRow> row = reader_.Read(row_bytes);
  if (!row.ok()) return row.status();
  if (row->sequence <= last_) {
    AddRow(row->sequence, "there", "missing: no entry says so");
    whole_ = false;
    return absl::OkStatus();
  }
  ExpectUpto(row->sequence - 1);
  last_ = row->sequence;
  Compare(*row, row_bytes);
  return absl::OkStatus();
}

// A forged sequence may be far away.
void ElectionAudit::ExpectUpto(std::int64_t sequence) {
  if (sequence <= last_) return;
  whole_ = false;
  const std::int64_t missing = sequence - last_;
  const auto named = std::min(missing, static_cast<std::int64_t>(RowDifferences::kKeptMax));
  for (std::int64_t i = 1; i <= named; ++i) AddRow(last_ + i, "missing", "there");
  differences_.Count(missing - named);
}

void ElectionAudit::Compare(const EntryRow& row, std::string_view row_bytes) {
  const absl::StatusOr<election::Entry> entry = ledger::Decode(row.bytes);
  if (!entry.ok()) {
    AddBytes(row, "the bytes of an entry");
    return;
  }
  check_.Compare({.election_id = election_id_,
                  .sequence = row.sequence,
                  .bytes = row.bytes,
                  .leaf_hash = ledger::LeafHash(row.bytes)},
                 row_bytes, *entry, differences_);
  if (whole_) CheckPlace(row, *entry);
}

void ElectionAudit::CheckPlace(const EntryRow& row, const election::Entry& entry) {
  StoredEntry stored{
      .election_id = election_id_, .sequence = row.sequence, .bytes = row.bytes, .leaf_hash = {}};
  std::copy_n(row.leaf_hash.begin(), std::min(row.leaf_hash.size(), stored.leaf_hash.size()),
              stored.leaf_hash.begin());
  const absl::Status checked = check_entry_(stored, entry);
  if (checked.ok()) {
    definition_.Add(entry, row.bytes);
  } else {
    AddBytes(row, StrCat(checked.message()));
  }
}

void ElectionAudit::AddRow(std::int64_t sequence, std::string_view stored,
                           std::string_view expected) {
  differences_.Add({.table = std::string(EntryTable().name),
                    .sequence = sequence,
                    .stored = std::string(stored),
                    .expected = std::string(expected)});
}

void ElectionAudit::AddBytes(const EntryRow& row, std::string_view expected) {
  whole_ = false;
  differences_.Add({.table = std::string(EntryTable().name),
                    .sequence = row.sequence,
                    .column = "entry",
                    .stored = FieldText(postgres::ColumnType::kBytes, row.bytes),
                    .expected = std::string(expected)});
}

}  // namespace canvass::aggregator
