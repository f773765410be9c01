#include "services/aggregator/store/database_audit.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "common/postgres/copy.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/election_audit.h"
#include "services/aggregator/store/postgres_definition_check.h"
#include "services/aggregator/store/postgres_definition_rows.h"
#include "services/aggregator/store/postgres_sealed_rows.h"

namespace canvass::aggregator {
namespace {

constexpr std::string_view kSealedTable = "canvass.sealed_contents";

// A seal whose content should be stored.
struct Sealed {
  ledger::Hash commitment{};
  bool is_withdrawn = false;  // its content may be missing: it is never opened
};
using Commitments = std::map<std::int64_t, Sealed>;  // by sequence

absl::Status GoOn() { return absl::OkStatus(); }

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
  const absl::StatusOr<std::string> may_read =
      session.QueryValue(StrCat("SELECT has_table_privilege('", kSealedTable, "', 'SELECT')"));
  if (!may_read.ok()) return may_read.status();
  return *may_read == "t";
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
  if (commitment != seal->second.commitment) {
    AddSealed(sequence, "content",
              commitment.has_value()
                  ? StrCat("a content with the commitment ", ledger::ToHex(*commitment))
                  : std::string("what no seal can hide"),
              StrCat("one with the commitment ", ledger::ToHex(seal->second.commitment)),
              differences);
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
  for (const auto& [sequence, seal] : expected) {
    if (!seal.is_withdrawn) AddSealed(sequence, "", "missing", "there", differences);
  }
  return contents;
}

// Compares the tables of the definition, whatever their sequence.
absl::Status AuditDefinition(postgres::Session& session, DefinitionCheck& definition,
                             RowDifferences& differences) {
  absl::Status status = definition.MakeRows(GoOn);
  for (std::size_t table = 0; status.ok() && table < kDefinitionTables; ++table) {
    status = definition.Compare(session, table, SequenceRange(), GoOn, differences);
  }
  return status;
}

}  // namespace

absl::StatusOr<AuditedDatabase> AuditDatabase(
    const std::string& connection, const std::string& election_id,
    const std::function<void(const StoredEntry&)>& visit) {
  const auto session = postgres::Session::Open({.connection = connection});
  if (!session.ok()) return session.status();
  absl::Status status = ElectionAudit::Begin(**session);
  if (!status.ok()) return status;
  const absl::StatusOr<int> election_no = FindElection(**session, election_id);
  if (!election_no.ok()) return election_no.status();
  AuditedDatabase audited;
  Commitments commitments;
  ledger::ElectionLedger ledger(election_id);
  const ElectionAudit::CheckEntry check_entry = [&](const StoredEntry& stored,
                                                    const election::Entry& entry) {
    visit(stored);
    if (const auto* const seal = std::get_if<election::EmbargoSeal>(&entry.event)) {
      commitments.emplace(stored.sequence, Sealed{.commitment = seal->commitment});
    }
    if (const auto* const end = std::get_if<election::SealWithdrawal>(&entry.event)) {
      commitments[end->seal_sequence].is_withdrawn = true;
    }
    const absl::Status folded = ledger.Append(stored.bytes);
    if (folded.ok()) return absl::OkStatus();
    return absl::DataLossError(
        StrCat("an entry that follows from those before it (", folded.message(), ")"));
  };
  ElectionAudit audit(*election_no, election_id, check_entry, audited.differences);
  status = audit.ReadEntries(**session, "true", GoOn);
  audited.sequence = audit.last();
  if (status.ok() && audit.whole()) {
    status = AuditDefinition(**session, audit.definition(), audited.differences);
  }
  if (!status.ok()) return status;
  const absl::StatusOr<bool> may_read_sealed = MayReadSealed(**session);
  if (!may_read_sealed.ok()) return may_read_sealed.status();
  if (!*may_read_sealed) return audited;
  const absl::StatusOr<std::int64_t> contents =
      AuditSealed(**session, *election_no, std::move(commitments), audited.differences);
  if (!contents.ok()) return contents.status();
  audited.sealed_contents = *contents;
  return audited;
}

}  // namespace canvass::aggregator
