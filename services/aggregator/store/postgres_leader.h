#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEADER_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEADER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres/session.h"

namespace canvass::aggregator {

// Takes the advisory lock that makes an aggregator the leader, and ends a leader that is frozen.
//
// PostgreSQL keeps the lock of a session as long as its connection stands. The connection of a
// frozen process stands forever, because its host still responds. A standby that waits for the lock
// therefore watches the server process of the session that holds it. A live leader gives that
// process work at least once a second. If the process has only waited for its client for
// `silence_max`, within a COPY or between statements, the standby terminates it. This releases the
// lock and rolls back the transaction. A leader that was alive after all finds its session gone and
// starts over. PostgreSQL's own timeouts cannot do this, because none of them ends a COPY that
// waits for its client.
//
// A leader's commit that waits for the synchronous standby is left alone: ended, it would have
// happened on this server and perhaps nowhere else. But where it waits for `silence_max`, the
// server may have been replaced without knowing. The standby then looks for another one.
class PostgresLeader {
 public:
  // `silence_max` must be several heartbeat intervals.
  explicit PostgresLeader(absl::Duration silence_max) : silence_max_(silence_max) {}

  // Tries to take the lock for `session` and returns whether it did. A fresh session may wait for a
  // second, because the server takes a moment to notice that our previous session has ended.
  static absl::StatusOr<bool> Lock(postgres::Session& session, bool fresh);

  // Checks the session that holds the lock and terminates it if it has been silent for silence_max.
  // Returns UNAVAILABLE DATABASE_TIMEOUT if it has waited for PostgreSQL's standby for as long.
  // Must be called a few times a second.
  absl::Status Watch(postgres::Session& session);

 private:
  absl::Status End(postgres::Session& session);
  absl::Status WithoutStandby() const;

  const absl::Duration silence_max_;
  std::string pid_;       // server process that holds the lock
  std::string activity_;  // its session and its last activity
  absl::Duration since_;  // when activity_ was first seen, by the steady clock
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_LEADER_H_
