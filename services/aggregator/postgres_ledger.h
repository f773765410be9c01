#ifndef CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEDGER_H_
#define CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEDGER_H_

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
#include "common/postgres/copy.h"
#include "common/postgres/session.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/postgres_leader.h"

namespace canvass::aggregator {

// The ledger in PostgreSQL, schema canvass (see migrations/).
//
// One session holds an advisory lock, which makes this the writer, and does all the work; it must
// reach the server itself, never through a pooler of transactions. While another holds the lock,
// the session reads what is committed, tries for the lock, and ends a leader that has fallen silent
// (PostgresLeader; the aggregators of a database share one login, which gives the right to that).
// TakeLead also puts a name of its own into canvass.writer, and every append checks it inside its
// transaction: whoever has lost the session, perhaps without knowing, cannot commit. What the
// writer before had in doubt is decided by then, since taking the lead waits for the row that its
// append held, and commits behind it.
//
// An error of any call but a NOT_ACTIVE of TakeLead ends the lead and the session: the next call is
// TakeLead.
class PostgresLedger final : public Ledger {
 public:
  // A leader does something every second, but may think for a few while a register of a million
  // stations passes.
  static constexpr absl::Duration kLeaderSilenceMax = absl::Seconds(5);

  // Connects in TakeLead, not before.
  explicit PostgresLedger(postgres::SessionOptions options,
                          absl::Duration leader_silence_max = kLeaderSilenceMax);
  ~PostgresLedger() override;

  absl::Status TakeLead() override;
  void Resign() override;
  std::string ledger_id() const override { return ledger_id_; }
  absl::Status Replay(const std::map<std::string, std::int64_t, std::less<>>& after,
                      const std::function<absl::Status(const StoredEntry&)>& visit) override;
  absl::Status ReplayRefusals(const std::function<void(Refusal)>& visit) override;
  absl::Status Append(const AppendGroup& group) override;
  absl::Status Heartbeat() override;

 private:
  struct StoredElection {
    int number = 0;
    std::int64_t last_sequence = 0;
  };
  using Elections = std::map<std::string, StoredElection, std::less<>>;

  absl::Status Connect();
  absl::Status CheckSchema();
  absl::Status TryForLead(bool fresh);
  absl::Status BecomeWriter();
  absl::Status ReadLedgerId();
  absl::Status ReadElections();
  // Whether this writer leads; else NOT_ACTIVE.
  absl::Status CheckLead() const;
  absl::Status ReplayElection(std::string_view election_id, const StoredElection& election,
                              std::int64_t after,
                              const std::function<absl::Status(const StoredEntry&)>& visit);
  absl::Status Commit(const AppendGroup& group);
  // The elections of the entries, as they will be after them.
  absl::StatusOr<Elections> NumberElections(const std::vector<AppendedEntry>& entries) const;
  // Returns the statements that drop what is older than the refusals that are kept.
  std::string PutRefusals(const std::vector<Refusal>& refusals, postgres::CopyEncoder& rows) const;
  // Ends the lead if `status` is an error.
  absl::Status Settle(absl::Status status);

  postgres::SessionOptions options_;
  PostgresLeader other_leader_;
  std::unique_ptr<postgres::Session> session_;  // null before TakeLead, and after an error
  bool leading_ = false;                        // only with a session
  std::string writer_id_;
  std::string ledger_id_;
  Elections elections_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEDGER_H_
