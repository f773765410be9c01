#ifndef CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEADER_H_
#define CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEADER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres/session.h"

namespace canvass::aggregator {

// The advisory lock of the aggregator that leads, and whether its holder lives.
//
// PostgreSQL keeps the lock of a session for as long as its connection stands, and that of a frozen
// process stands for ever: its machine goes on answering. So whoever waits for the lock watches the
// server's process of the session that holds it. A leader that lives gives it something to do at
// least once a second; if it has only waited for its client for too long, in the midst of a COPY or
// between statements, it is ended, and with it the lock and the transaction. A leader that turns
// out to live finds its session gone, and begins anew. (The server's own timeouts do not do that:
// none of them ends a COPY that waits for its client.)
class PostgresLeader {
 public:
  // `silence_max`: several heartbeats.
  explicit PostgresLeader(absl::Duration silence_max) : silence_max_(silence_max) {}

  // Whether `session` got the lock. On a fresh session it may wait a second for it: the server
  // notices the end of our own session before only after a moment.
  static absl::StatusOr<bool> Lock(postgres::Session& session, bool fresh);

  // Looks at the session that holds the lock, and ends it if it is silent. To be called a few times
  // a second.
  absl::Status Watch(postgres::Session& session);

 private:
  absl::Status End(postgres::Session& session);

  const absl::Duration silence_max_;
  std::string pid_;
  std::string activity_;  // what was seen of it last, with its session
  absl::Duration since_;  // when that was first seen, by the steady clock
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_POSTGRES_LEADER_H_
