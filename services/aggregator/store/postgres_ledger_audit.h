#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_AUDIT_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_AUDIT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/election_audit.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// LedgerStore::Audit in PostgreSQL. It keeps its session from one audit to the next. Entries never
// change, so it reads some of them in a transaction, and then some more in the next one: a
// migration that waits for a lock waits for milliseconds, or for one table of the definition. It
// ends with the first of these steps that finds something. Not thread-safe.
class PostgresLedgerAudit {
 public:
  // Does not connect; Run does.
  explicit PostgresLedgerAudit(postgres::SessionOptions options) : options_(std::move(options)) {}

  // See LedgerStore::Audit.
  absl::Status Run(std::string_view ledger_id, const Sequences& upto, const AuditVisitor& visitor);

 private:
  using ElectionNumbers = std::map<std::string, int, std::less<>>;

  absl::Status Connect(std::string_view ledger_id);
  absl::Status AuditAll(const Sequences& upto, const AuditVisitor& visitor);
  absl::StatusOr<ElectionNumbers> ReadElections();
  absl::Status AuditElection(int election_no, const std::string& election_id, std::int64_t upto,
                             const AuditVisitor& visitor);
  absl::Status AuditEntries(ElectionAudit& audit, std::int64_t upto, const AuditVisitor& visitor);
  absl::Status AuditDefinition(int election_no, std::int64_t upto, DefinitionCheck& definition,
                               const AuditVisitor& visitor);
  // Returns an error if enough was found.
  absl::Status AfterRow() const;
  // Returns ROW_DIFFERS if something was found, whatever ended the step, and otherwise that.
  absl::Status EndStep(std::string_view election_id, absl::Status status) const;

  const postgres::SessionOptions options_;
  std::unique_ptr<postgres::Session> session_;  // null before the first audit and after an error
  RowDifferences differences_;                  // of this audit
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_AUDIT_H_
