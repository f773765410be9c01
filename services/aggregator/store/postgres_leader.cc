#include "services/aggregator/store/postgres_leader.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/telemetry/log.h"

namespace canvass::aggregator {
namespace {

using postgres::Rows;
using postgres::Session;

constexpr const char* kLockOrWait =
    "BEGIN; SET LOCAL lock_timeout = '1s'; "
    "SELECT pg_advisory_lock(hashtextextended('canvass.writer', 0)); COMMIT";

constexpr const char* kTryLock =
    "SELECT pg_try_advisory_lock(hashtextextended('canvass.writer', 0))";

// Selects the holder of the lock, for whom it waits, and a text that changes whenever the holder
// does something.
constexpr const char* kReadHolder =
    "SELECT pid, CASE WHEN wait_event IN ('ClientRead', 'ClientWrite') THEN 'client' "
    "WHEN wait_event = 'SyncRep' THEN 'standby' END, concat_ws('/', pid, "
    "backend_start, query_start, state_change, bytes_processed) "
    "FROM pg_locks JOIN pg_stat_activity USING (pid) LEFT JOIN pg_stat_progress_copy USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (classid::bigint << 32) | objid::bigint = hashtextextended('canvass.writer', 0)";

bool IsLockTimeout(const absl::Status& status) {
  const ErrorDetail detail = DetailOf(status);
  return std::any_of(detail.metadata.begin(), detail.metadata.end(), [](const auto& item) {
    return item.first == "sql_state" && item.second == "55P03";
  });
}

absl::StatusOr<bool> LockOrWait(Session& session) {
  absl::Status status = session.Run(kLockOrWait);
  if (status.ok()) return true;
  if (!IsLockTimeout(status)) return status;
  status = session.Run("ROLLBACK");
  if (!status.ok()) return status;
  return false;
}

}  // namespace

absl::StatusOr<bool> PostgresLeader::Lock(Session& session, bool fresh) {
  if (fresh) return LockOrWait(session);
  const absl::StatusOr<std::string> locked = session.QueryValue(kTryLock);
  if (!locked.ok()) return locked.status();
  return *locked == "t";
}

absl::Status PostgresLeader::Watch(Session& session) {
  const absl::StatusOr<Rows> rows = session.Query(kReadHolder);
  if (!rows.ok()) return rows.status();
  const std::string waits_for = rows->empty() ? "" : rows->at(0).at(1).value_or("");
  std::string activity = waits_for.empty() ? "" : rows->at(0).at(2).value_or("");
  const absl::Duration now = SteadyNow();
  if (activity.empty() || activity != activity_) {
    pid_ = waits_for.empty() ? "" : rows->at(0).at(0).value_or("");
    activity_ = std::move(activity);
    since_ = now;
    return absl::OkStatus();
  }
  if (now - since_ < silence_max_) return absl::OkStatus();
  return waits_for == "standby" ? WithoutStandby() : End(session);
}

absl::Status PostgresLeader::WithoutStandby() const {
  return MakeError(
      reason::kDatabaseTimeout,
      StrCat("PostgreSQL has waited for its synchronous standby for ",
             absl::FormatDuration(silence_max_), ": it has lost it, or is no primary any more"));
}

absl::Status PostgresLeader::End(Session& session) {
  telemetry::LogWarning(StrCat("the active aggregator has been silent for ",
                               absl::FormatDuration(silence_max_), "; ending its session"));
  since_ = SteadyNow();
  // The pid may belong to another session by now, so the query also compares when the session
  // began.
  return session
      .Query(StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ", pid_,
                    " AND starts_with(", session.Quote(activity_),
                    ", concat_ws('/', pid, backend_start))"))
      .status();
}

}  // namespace canvass::aggregator
