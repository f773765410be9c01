#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_DATABASE_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_DATABASE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/store/ledger_store.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

struct StoredRow {
  std::int64_t sequence = 0;
  absl::Duration stored_at{};  // in true time
  std::string bytes{};
  ledger::Hash leaf_hash{};
};

// What an append wants to add.
struct DatabaseTransaction {
  std::vector<std::pair<std::string, StoredRow>> rows{};  // each with its election
  std::vector<std::string> report_keys{};                 // of the unique index
  std::vector<aggregator::SealedItem> sealed{};
  std::vector<aggregator::Refusal> refusals{};
};

// The server's side of a connection. It outlives the client's: the server may notice late.
struct DatabaseSession {
  bool alive = true;
  std::int64_t writer = 0;  // the epoch in which it took the lead; 0: it never did
  absl::Duration last_heard{};
  // Sent, with the writer's row locked and no answer given yet.
  std::optional<DatabaseTransaction> in_doubt{};
};
using SessionPtr = std::shared_ptr<DatabaseSession>;

// A PostgreSQL server as the ledger uses it: sessions, one advisory lock, the writer's row, and
// rows that are committed or not.
class SimulatedDatabase {
 public:
  explicit SimulatedDatabase(World& world) : world_(world) {}

  SessionPtr Connect();
  bool TryLock(const SessionPtr& session);
  // Changes the writer's row, and so waits for the transactions that hold it.
  void BecomeWriter(DatabaseSession& session);
  bool IsWriter(const DatabaseSession& session) const;
  // Ends the session that holds the lock if nothing was heard of it for 5 s.
  void EndSilentLeader();

  absl::Status Commit(const DatabaseSession& session, const DatabaseTransaction& transaction);
  // Leaves it in doubt: it is decided when the session ends or another becomes the writer.
  void Leave(DatabaseSession& session, DatabaseTransaction transaction);

  void End(const SessionPtr& session);
  // The holder's session ends.
  void EndHolder();
  // The lock is free, but its holder's session lives on and does not know.
  void LoseLock() { holder_ = nullptr; }
  void Restart();

  // In the order of sequences.
  const std::vector<StoredRow>& RowsOf(std::string_view election_id) const;
  std::int64_t LastSequence(std::string_view election_id) const {
    return RowsOf(election_id).empty() ? 0 : RowsOf(election_id).back().sequence;
  }
  std::vector<std::string> Elections() const;
  const std::vector<aggregator::SealedItem>& sealed() const { return sealed_; }
  const std::vector<aggregator::Refusal>& refusals() const { return refusals_; }

 private:
  bool Collides(const DatabaseTransaction& transaction) const;
  void Insert(const DatabaseTransaction& transaction);
  void Decide(DatabaseSession& session);
  bool HasFence() const;
  bool HasKeys() const;

  World& world_;
  std::vector<SessionPtr> sessions_;
  SessionPtr holder_;  // of the lock
  std::int64_t epoch_ = 0;
  std::map<std::string, std::vector<StoredRow>, std::less<>> rows_;
  std::set<std::string> report_keys_;
  std::vector<aggregator::SealedItem> sealed_;
  std::vector<aggregator::Refusal> refusals_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_DATABASE_H_
