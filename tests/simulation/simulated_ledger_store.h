#ifndef CANVASS_TESTS_SIMULATION_SIMULATED_LEDGER_STORE_H_
#define CANVASS_TESTS_SIMULATION_SIMULATED_LEDGER_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "services/aggregator/store/ledger_store.h"
#include "tests/simulation/simulated_database.h"
#include "tests/simulation/world.h"

namespace canvass::simulation {

// One aggregator's way to the database, as PostgresLedgerStore is: one session, which calls may
// break.
class SimulatedLedgerStore final : public aggregator::LedgerStore {
 public:
  // `die` ends the process of this store at once, before it can tell anybody anything. `clock` is
  // that of its machine.
  SimulatedLedgerStore(World& world, SimulatedDatabase& database, const Clock& clock,
                       std::function<void()> die)
      : world_(world), database_(database), clock_(clock), die_(std::move(die)) {}
  ~SimulatedLedgerStore() override { Break(); }

  // Nothing reaches the database any more, and nobody there notices.
  void SetCutOff(bool cut_off) { cut_off_ = cut_off; }

  absl::Status TakeLead() override;
  void Resign() override {
    if (leading_) Break();
  }
  std::string ledger_id() const override { return "ledger"; }
  absl::Status Replay(
      const aggregator::Sequences& after,
      const std::function<absl::Status(const aggregator::StoredEntry&)>& visit) override;
  absl::Status Audit(std::string_view ledger_id, const aggregator::Sequences& upto,
                     const aggregator::AuditVisitor& visitor) override;
  absl::Status ReplaySealed(const std::function<void(aggregator::SealedItem)>& visit) override;
  absl::Status ReplayRefusals(const std::function<void(aggregator::Refusal)>& visit) override;
  absl::Status Append(const aggregator::Transaction& transaction) override;
  absl::StatusOr<absl::Time> Now() override;
  absl::Status Heartbeat() override;

 private:
  absl::Status Connect();
  absl::Status CheckSession();
  absl::Status ReplayElection(
      const std::string& election_id, std::int64_t after,
      const std::function<absl::Status(const aggregator::StoredEntry&)>& visit);
  absl::Status AppendHowever(const DatabaseTransaction& transaction);
  absl::Status ResendBlindly(const DatabaseTransaction& transaction);
  // The connection is gone; the server notices sooner or later.
  void Break();

  World& world_;
  SimulatedDatabase& database_;
  const Clock& clock_;
  const std::function<void()> die_;
  SessionPtr session_;
  bool leading_ = false;
  bool cut_off_ = false;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_SIMULATED_LEDGER_STORE_H_
