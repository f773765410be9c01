#include "services/aggregator/store/postgres_ledger_audit.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "services/aggregator/store/postgres_definition_rows.h"
#include "services/aggregator/store/postgres_entry_rows.h"

namespace canvass::aggregator {
namespace {

// Entries that are read in one transaction: some milliseconds.
constexpr std::int64_t kEntriesAtOnce = 1'000;

// Differences that an error names; the others are only counted.
constexpr std::size_t kDifferencesNamedMax = 10;

constexpr std::string_view kElectionsTable = "canvass.elections";

// An election whose first entry is being appended has both or neither.
constexpr const char* kReadElectionNumbers =
    "SELECT election_id, election_no, EXISTS (SELECT FROM canvass.entries "
    "WHERE entries.election_no = elections.election_no) FROM canvass.elections";

absl::Status NoNumber() {
  return MakeError(reason::kDatabaseError, "PostgreSQL returned no number");
}

// Returns the entries after `upto`, which others may be adding.
absl::StatusOr<SequenceRange> EntriesAfter(postgres::Session& session, int election_no,
                                           std::int64_t upto) {
  const absl::StatusOr<std::int64_t> last =
      session.QueryNumber(StrCat("SELECT coalesce(max(sequence), 0) FROM ", EntryTable().name,
                                 " WHERE election_no = ", election_no));
  if (!last.ok()) return last.status();
  return SequenceRange{.first = upto + 1, .last = *last};
}

RowDifference ElectionRow(std::string_view election_id, std::string_view stored,
                          std::string_view expected) {
  return {.table = std::string(kElectionsTable),
          .part = StrCat("election_id ", election_id),
          .stored = std::string(stored),
          .expected = std::string(expected)};
}

}  // namespace

absl::Status PostgresLedgerAudit::Run(std::string_view ledger_id, const Sequences& upto,
                                      const AuditVisitor& visitor) {
  differences_ = RowDifferences();
  absl::Status status = Connect(ledger_id);
  if (status.ok()) status = AuditAll(upto, visitor);
  if (!status.ok()) session_.reset();
  return status;
}

absl::Status PostgresLedgerAudit::Connect(std::string_view ledger_id) {
  if (session_ == nullptr) {
    auto session = postgres::Session::Open(options_);
    if (!session.ok()) return session.status();
    session_ = *std::move(session);
    // As kReadingSettings says.
    absl::Status status = session_->Run("SET enable_sort = off");
    if (!status.ok()) return status;
  }
  const auto stored = session_->Query("SELECT ledger_id FROM canvass.ledger");
  if (!stored.ok()) return stored.status();
  if (stored->size() == 1 && stored->front().front() == ledger_id) return absl::OkStatus();
  return MakeError(reason::kLedgerDiverged,
                   StrCat("The database does not hold the ledger ", ledger_id));
}

absl::Status PostgresLedgerAudit::AuditAll(const Sequences& upto, const AuditVisitor& visitor) {
  const absl::StatusOr<ElectionNumbers> numbers = ReadElections();
  absl::Status status = EndStep("", numbers.status());
  for (auto election = upto.begin(); status.ok() && election != upto.end(); ++election) {
    const auto number = numbers->find(election->first);
    if (number == numbers->end()) {
      differences_.Add(ElectionRow(election->first, "missing", "there"));
      return EndStep("", absl::OkStatus());
    }
    status = AuditElection(number->second, election->first, election->second, visitor);
  }
  return status;
}

absl::StatusOr<PostgresLedgerAudit::ElectionNumbers> PostgresLedgerAudit::ReadElections() {
  const auto rows = session_->Query(kReadElectionNumbers);
  if (!rows.ok()) return rows.status();
  ElectionNumbers numbers;
  for (const auto& row : *rows) {
    const std::string election_id = row[0].value_or("");
    if (!absl::SimpleAtoi(row[1].value_or(""), &numbers[election_id])) return NoNumber();
    if (row[2] == "f") {
      differences_.Add(ElectionRow(election_id, "there", "missing: no entry says so"));
    }
  }
  return numbers;
}

absl::Status PostgresLedgerAudit::AuditElection(int election_no, const std::string& election_id,
                                                std::int64_t upto, const AuditVisitor& visitor) {
  const ElectionAudit::CheckEntry check_entry = [&visitor](const StoredEntry& stored,
                                                           const election::Entry&) {
    return visitor.check_entry(stored);
  };
  ElectionAudit audit(election_no, election_id, check_entry, differences_);
  absl::Status status = EndStep(election_id, AuditEntries(audit, upto, visitor));
  if (!status.ok()) return status;
  return EndStep(election_id, AuditDefinition(election_no, upto, audit.definition(), visitor));
}

absl::Status PostgresLedgerAudit::AuditEntries(ElectionAudit& audit, std::int64_t upto,
                                               const AuditVisitor& visitor) {
  const auto after_row = [this] { return AfterRow(); };
  absl::Status status = audit.ReadEntries(*session_, "sequence < 1", after_row);
  if (status.ok()) status = audit.ReadEntries(*session_, "sequence IS NULL", after_row);
  for (std::int64_t read = 0; status.ok() && differences_.total() == 0 && read < upto;) {
    const std::int64_t next = std::min(read + kEntriesAtOnce, upto);
    status = audit.ReadEntries(*session_, StrCat("sequence > ", read, " AND sequence <= ", next),
                               after_row);
    if (!status.ok()) return status;
    audit.ExpectUpto(next);
    status = visitor.rest();
    read = next;
  }
  return status;
}

absl::Status PostgresLedgerAudit::AuditDefinition(int election_no, std::int64_t upto,
                                                  DefinitionCheck& definition,
                                                  const AuditVisitor& visitor) {
  absl::Status status = definition.MakeRows(visitor.rest);
  for (std::size_t table = 0; table < kDefinitionTables && status.ok() && differences_.total() == 0;
       ++table) {
    status = ElectionAudit::Begin(*session_);
    if (!status.ok()) return status;
    const absl::StatusOr<SequenceRange> left_out = EntriesAfter(*session_, election_no, upto);
    if (!left_out.ok()) return left_out.status();
    status = definition.Compare(
        *session_, table, *left_out, [this] { return AfterRow(); }, differences_);
    if (status.ok()) status = session_->Run("COMMIT");
    if (status.ok()) status = visitor.rest();
  }
  return status;
}

absl::Status PostgresLedgerAudit::AfterRow() const {
  if (differences_.total() < static_cast<std::int64_t>(RowDifferences::kKeptMax)) {
    return absl::OkStatus();
  }
  return absl::CancelledError("Enough was found");
}

absl::Status PostgresLedgerAudit::EndStep(std::string_view election_id, absl::Status status) const {
  if (differences_.total() == 0) return status;
  std::string text =
      StrCat("The database was changed, and at least ", differences_.total(),
             differences_.total() == 1 ? " value" : " values",
             election_id.empty() ? "" : StrCat(" of ", election_id),
             differences_.total() == 1 ? " is" : " are", " not what the ledger's entries say: ");
  const std::size_t named = std::min(differences_.kept().size(), kDifferencesNamedMax);
  for (std::size_t i = 0; i < named; ++i) {
    text += StrCat(i == 0 ? "" : "; ", Describe(differences_.kept()[i]));
  }
  const auto others = differences_.total() - static_cast<std::int64_t>(named);
  if (others > 0) text += StrCat("; and ", others, " more");
  return MakeError(reason::kRowDiffers, text);
}

}  // namespace canvass::aggregator
