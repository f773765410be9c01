#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_SNAPSHOT_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/merkle.h"
#include "common/postgres/session.h"

namespace canvass::aggregator {

// How far the ledger of an election goes.
struct LedgerEnd {
  std::string election_id{};
  std::int64_t sequence = 0;
  ledger::Hash root{};  // over the bytes of the entries up to it
};

// What a database holds at one moment. As long as this lives, another session can look at the same
// moment. Not thread-safe.
class LedgerSnapshot {
 public:
  // Reads all entries. `connection` must log in as the owner, who may read what is sealed. Returns
  // DATA_LOSS ENTRY_MISSING or ENTRY_DAMAGED if a ledger is not whole, SCHEMA_VERSION unless the
  // schema has this program's version, and the errors of PostgreSQL.
  static absl::StatusOr<std::unique_ptr<LedgerSnapshot>> Take(const std::string& connection);

  // The name that the other session gives to the moment.
  const std::string& name() const { return name_; }
  int server_version() const { return session_->server_version(); }
  const std::string& ledger_id() const { return ledger_id_; }
  // In the order of their ids.
  const std::vector<LedgerEnd>& elections() const { return elections_; }

 private:
  explicit LedgerSnapshot(std::unique_ptr<postgres::Session> session)
      : session_(std::move(session)) {}
  absl::Status Begin();
  absl::Status ReadElections();
  absl::StatusOr<LedgerEnd> ReadElection(int election_no, const std::string& election_id);

  std::unique_ptr<postgres::Session> session_;
  std::string name_;
  std::string ledger_id_;
  std::vector<LedgerEnd> elections_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_SNAPSHOT_H_
