#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_STORE_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_STORE_H_

#include <atomic>
#include <cassert>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/merkle.h"
#include "common/postgres/copy.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_leader.h"
#include "services/aggregator/store/postgres_ledger_audit.h"

namespace canvass::aggregator {

// LedgerStore in PostgreSQL, schema canvass (see migrations/).
//
// One session holds an advisory lock, which makes this the writer, and does all the work. It must
// connect to the server directly, never through a transaction pooler. While another aggregator
// holds the lock, the session reads what is committed, tries for the lock, and ends a leader that
// has fallen silent (see PostgresLeader). It has the right to do so because all aggregators of a
// database share one login.
//
// TakeLead also writes a fresh id into canvass.writer, and every append checks that id within its
// transaction. So a writer that has lost its session, perhaps without knowing, cannot commit.
// Taking the lead waits for the row lock that the previous writer's append holds, and commits after
// it. So everything that the previous writer had in doubt is then settled.
//
// In the same way every append compares the ends of the ledgers that it adds to with what was read
// or committed last, and counts some earlier entries, from where the append before has stopped.
//
// An error ends the lead and the session, and the next call must be TakeLead. There are three
// exceptions, after which the session stays usable: NOT_ACTIVE from TakeLead, LEDGER_TAMPERED, and
// errors of Replay that come from `visit` or from missing or damaged entries. Audit has a session
// of its own.
class PostgresLedgerStore final : public LedgerStore {
 public:
  // A live leader uses its session every second, but a check of a register with a million stations
  // may keep it busy for a few seconds.
  static constexpr absl::Duration kLeaderSilenceMax = absl::Seconds(5);
  // Entries that are counted with an append, for each of its elections: a fraction of the time that
  // a commit takes.
  static constexpr std::int64_t kCountedByAppend = 1'000;
  // Entries that are counted with a heartbeat, of all elections: milliseconds, once a second.
  static constexpr std::int64_t kCountedByHeartbeat = 20'000;

  // Does not connect; TakeLead does.
  explicit PostgresLedgerStore(postgres::SessionOptions options,
                               absl::Duration leader_silence_max = kLeaderSilenceMax);
  // The same over a session that may have the lock already. Nobody else gets it as long as this
  // lives and no call fails.
  PostgresLedgerStore(std::unique_ptr<postgres::Session> session, postgres::SessionOptions options);
  ~PostgresLedgerStore() override;

  absl::Status TakeLead() override;
  void Resign() override;
  std::string ledger_id() const override {
    assert(!ledger_id_.empty());
    return ledger_id_;
  }
  absl::Status Replay(const Sequences& after,
                      const std::function<absl::Status(const StoredEntry&)>& visit) override;
  absl::Status Audit(std::string_view ledger_id, const Sequences& upto,
                     const AuditVisitor& visitor) override {
    return audit_.Run(ledger_id, upto, visitor);
  }
  absl::Status ReplaySealed(const std::function<void(SealedItem)>& visit) override;
  absl::Status ReplayRefusals(const std::function<void(Refusal)>& visit) override;
  std::int64_t epoch() const override { return epoch_; }
  absl::Status Append(const Transaction& transaction) override;
  absl::StatusOr<absl::Time> Now() override;
  absl::Status Heartbeat() override;
  // Runs statements on the session that has the lock.
  absl::Status Run(const std::string& statements);

 private:
  struct StoredElection {
    int number = 0;
    std::int64_t last_sequence = 0;
    ledger::Hash last_hash{};       // leaf hash of that entry
    std::int64_t counted_upto = 0;  // where the next count of entries begins

    // Returns the statement that fails unless the ledger ends like this. It also counts the next
    // `counted` entries.
    std::string Assert(std::int64_t counted) const;
    // Notes that the statement succeeded. After the last entry, counting begins anew.
    void NoteCounted(std::int64_t counted);
    bool EndsLike(const StoredElection& other) const {
      return last_sequence == other.last_sequence && last_hash == other.last_hash;
    }
  };
  using Elections = std::map<std::string, StoredElection, std::less<>>;

  absl::Status Connect();
  absl::Status CheckSchema();
  absl::Status TryForLead(bool fresh);
  absl::Status BecomeWriter();
  absl::Status ReadEpoch();
  absl::Status ReadLedgerId();
  absl::Status ReadElections();
  // Returns once everything that ReadElections has seen is on the synchronous standby too.
  absl::Status AwaitStandby();
  // Returns NOT_ACTIVE unless this writer leads.
  absl::Status CheckLead() const;
  absl::Status ReplayElection(std::string_view election_id, const StoredElection& election,
                              std::int64_t after,
                              const std::function<absl::Status(const StoredEntry&)>& visit);
  absl::Status Commit(const Transaction& transaction);
  // Compares every ledger with what was read or committed last.
  absl::Status CheckLedgers();
  // Returns the elections of `entries` as they will be after the append. Fails if an entry is not
  // the next one of its election.
  absl::StatusOr<Elections> NumberElections(const std::vector<AppendedEntry>& entries) const;
  // Adds rows for `refusals`, and returns statements that delete refusals beyond the number that is
  // kept.
  std::string PutRefusals(const std::vector<Refusal>& refusals, postgres::CopyEncoder& rows) const;
  // Ends the lead and the session if `status` is an error. Returns `status`.
  absl::Status Settle(absl::Status status);

  postgres::SessionOptions options_;
  PostgresLedgerAudit audit_;  // used by nobody but Audit
  PostgresLeader other_leader_;
  std::unique_ptr<postgres::Session> session_;  // null before TakeLead, after Resign or an error
  bool leading_ = false;                        // only with a session
  std::string writer_id_;
  std::atomic<std::int64_t> epoch_ = 0;
  std::string ledger_id_;
  Elections elections_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEDGER_STORE_H_
