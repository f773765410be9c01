#include "services/aggregator/store/database_audit.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "common/postgres/copy.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/postgres_definition_check.h"
#include "services/aggregator/store/postgres_entry_rows.h"
#include "services/aggregator/store/postgres_sealed_rows.h"

namespace canvass::aggregator {
namespace {

// All tables as they are at one moment. The size of a ledger is not bounded, silence is.
constexpr const char* kBegin =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; "
    "SET LOCAL enable_sort = off";

constexpr std::string_view kSealedTable = "canvass.sealed_contents";

using Commitments = std::map<std::int64_t, ledger::Hash>;  // of all seals, by sequence

// Reads the rows of one election's entries.
class EntryAudit {
 public:
  EntryAudit(int election_no, const std::string& election_id,
             const std::function<absl::Status(const StoredEntry&)>& visit,
             RowDifferences& differences)
      : election_id_(election_id),
        visit_(visit),
        differences_(differences),
        ledger_(election_id),
        check_(election_no),
        definition_(election_no) {}

  void Add(std::string_view bytes) {
    const absl::StatusOr<EntryRow> row = reader_.Read(bytes);
    if (!row.ok()) {
      if (visited_.ok()) visited_ = row.status();
      return;
    }
    for (std::int64_t missing = last_ + 1; missing < row->sequence; ++missing) {
      AddRow(missing, "missing", "there");
      whole_ = false;
    }
    last_ = row->sequence;
    Visit(*row);
    Compare(*row, bytes);
  }

  std::int64_t last() const { return last_; }
  const absl::Status& visited() const { return visited_; }
  const Commitments& commitments() const { return commitments_; }
  // Compares the tables of the definition; not if entries are missing or cannot be folded, because
  // what they define is not known then.
  absl::Status CompareDefinition(postgres::Session& session) {
    return whole_ ? definition_.Compare(session, std::nullopt, differences_) : absl::OkStatus();
  }

 private:
  void Visit(const EntryRow& row) {
    if (!whole_ || !visited_.ok()) return;
    StoredEntry entry{
        .election_id = election_id_, .sequence = row.sequence, .bytes = row.bytes, .leaf_hash = {}};
    std::copy_n(row.leaf_hash.begin(), std::min(row.leaf_hash.size(), entry.leaf_hash.size()),
                entry.leaf_hash.begin());
    visited_ = visit_(entry);
  }

  void Compare(const EntryRow& row, std::string_view row_bytes) {
    absl::StatusOr<election::Entry> entry = ledger::Decode(row.bytes);
    if (!entry.ok()) {
      whole_ = false;
      AddBytes(row, "the bytes of an entry");
      return;
    }
    check_.Compare({.election_id = election_id_,
                    .sequence = row.sequence,
                    .bytes = row.bytes,
                    .leaf_hash = ledger::LeafHash(row.bytes)},
                   row_bytes, *entry, differences_);
    if (const auto* const seal = std::get_if<election::EmbargoSeal>(&entry->event)) {
      commitments_.emplace(row.sequence, seal->commitment);
    }
    if (!whole_) return;
    const absl::Status folded = ledger_.Append(row.bytes);
    if (folded.ok()) {
      definition_.Add(*entry, row.bytes);
    } else {
      whole_ = false;
      AddBytes(row, StrCat("an entry that follows from those before it (", folded.message(), ")"));
    }
  }

  void AddRow(std::int64_t sequence, std::string_view stored, std::string_view expected) {
    differences_.Add({.table = std::string(EntryTable().name),
                      .sequence = sequence,
                      .stored = std::string(stored),
                      .expected = std::string(expected)});
  }

  void AddBytes(const EntryRow& row, std::string_view expected) {
    differences_.Add({.table = std::string(EntryTable().name),
                      .sequence = row.sequence,
                      .column = "entry",
                      .stored = FieldText(postgres::ColumnType::kBytes, row.bytes),
                      .expected = std::string(expected)});
  }

  const std::string& election_id_;
  const std::function<absl::Status(const StoredEntry&)>& visit_;
  RowDifferences& differences_;
  ledger::ElectionLedger ledger_;
  EntryRowReader reader_;
  EntryRowCheck check_;
  DefinitionCheck definition_;
  Commitments commitments_;
  std::int64_t last_ = 0;
  bool whole_ = true;  // so far no entry was missing, and all could be folded
  absl::Status visited_;
};

absl::StatusOr<int> FindElection(postgres::Session& session, const std::string& election_id) {
  const auto rows =
      session.Query(StrCat("SELECT election_no FROM canvass.elections WHERE election_id = ",
                           session.Quote(election_id)));
  if (!rows.ok()) return rows.status();
  int number = 0;
  if (!rows->empty() && absl::SimpleAtoi(rows->at(0).at(0).value_or(""), &number)) return number;
  return MakeError(reason::kElectionUnknown,
                   StrCat("There is no election ", election_id, " in the database"));
}

absl::StatusOr<bool> MayReadSealed(postgres::Session& session) {
  const auto rows =
      session.Query(StrCat("SELECT has_table_privilege('", kSealedTable, "', 'SELECT')"));
  if (!rows.ok()) return rows.status();
  return rows->at(0).at(0) == "t";
}

// The commitment to a stored content; nullopt if it is none.
std::optional<ledger::Hash> CommitmentOf(std::string_view nonce, std::string_view content) {
  election::SealNonce bytes{};
  if (nonce.size() != bytes.size()) return std::nullopt;
  std::copy(nonce.begin(), nonce.end(), bytes.begin());
  const absl::StatusOr<election::SealedContent> decoded = ReadPadded(content);
  if (!decoded.ok()) return std::nullopt;
  return ledger::CommitmentTo(bytes, *decoded);
}

void AddSealed(std::int64_t sequence, std::string_view column, std::string_view stored,
               std::string_view expected, RowDifferences& differences) {
  differences.Add({.table = std::string(kSealedTable),
                   .sequence = sequence,
                   .column = std::string(column),
                   .stored = std::string(stored),
                   .expected = std::string(expected)});
}

// A finding shows commitments, never what is sealed.
void CompareSealed(std::string_view row_bytes, Commitments& expected, RowDifferences& differences) {
  postgres::CopyRow row(row_bytes);
  const std::int64_t sequence = row.Int64().value_or(0);
  const std::string_view nonce = row.Text().value_or("");
  const std::string_view content = row.Text().value_or("");
  const auto seal = expected.find(sequence);
  if (seal == expected.end()) {
    AddSealed(sequence, "", "there", "missing: no seal says so", differences);
    return;
  }
  const std::optional<ledger::Hash> commitment = CommitmentOf(nonce, content);
  if (commitment != seal->second) {
    AddSealed(sequence, "content",
              commitment.has_value()
                  ? StrCat("a content with the commitment ", ledger::ToHex(*commitment))
                  : std::string("what no seal can hide"),
              StrCat("one with the commitment ", ledger::ToHex(seal->second)), differences);
  }
  expected.erase(seal);
}

// Returns how many contents were compared.
absl::StatusOr<std::int64_t> AuditSealed(postgres::Session& session, int election_no,
                                         Commitments expected, RowDifferences& differences) {
  std::int64_t contents = 0;
  absl::Status status =
      session.CopyOut(StrCat("COPY (SELECT sequence, nonce, content FROM ", kSealedTable,
                             " WHERE election_no = ", election_no, ") TO STDOUT (FORMAT binary)"),
                      [&](std::string_view row) {
                        ++contents;
                        CompareSealed(row, expected, differences);
                        return absl::OkStatus();
                      });
  if (!status.ok()) return status;
  for (const auto& [sequence, commitment] : expected) {
    AddSealed(sequence, "", "missing", "there", differences);
  }
  return contents;
}

}  // namespace

absl::StatusOr<AuditedDatabase> AuditDatabase(
    const std::string& connection, const std::string& election_id,
    const std::function<absl::Status(const StoredEntry&)>& visit) {
  const auto session = postgres::Session::Open({.connection = connection});
  if (!session.ok()) return session.status();
  absl::Status status = (*session)->Run(kBegin);
  if (!status.ok()) return status;
  const absl::StatusOr<int> election_no = FindElection(**session, election_id);
  if (!election_no.ok()) return election_no.status();
  AuditedDatabase audited;
  EntryAudit entries(*election_no, election_id, visit, audited.differences);
  status = (*session)->CopyOut(StrCat("COPY (SELECT ", ColumnNames(EntryTable()), " FROM ",
                                      EntryTable().name, " WHERE election_no = ", *election_no,
                                      " ORDER BY sequence) TO STDOUT (FORMAT binary)"),
                               [&entries](std::string_view row) {
                                 entries.Add(row);
                                 return entries.visited();
                               });
  if (!status.ok()) return status;
  audited.sequence = entries.last();
  status = entries.CompareDefinition(**session);
  if (!status.ok()) return status;
  const absl::StatusOr<bool> may_read_sealed = MayReadSealed(**session);
  if (!may_read_sealed.ok()) return may_read_sealed.status();
  if (!*may_read_sealed) return audited;
  const absl::StatusOr<std::int64_t> contents =
      AuditSealed(**session, *election_no, entries.commitments(), audited.differences);
  if (!contents.ok()) return contents.status();
  audited.sealed_contents = *contents;
  return audited;
}

}  // namespace canvass::aggregator
