#include "tests/simulation/simulated_database.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::simulation {

SessionPtr SimulatedDatabase::Connect() {
  sessions_.push_back(std::make_shared<DatabaseSession>());
  sessions_.back()->last_heard = world_.timeline.now();
  return sessions_.back();
}

bool SimulatedDatabase::TryLock(const SessionPtr& session) {
  if (holder_ != nullptr && holder_ != session) return false;
  holder_ = session;
  return true;
}

void SimulatedDatabase::BecomeWriter(DatabaseSession& session) {
  for (const SessionPtr& other : sessions_) Decide(*other);
  session.writer = ++epoch_;
}

bool SimulatedDatabase::IsWriter(const DatabaseSession& session) const {
  return session.writer == epoch_ || !HasFence();
}

void SimulatedDatabase::EndSilentLeader() {
  constexpr absl::Duration kSilenceMax = absl::Seconds(5);
  if (holder_ != nullptr && world_.timeline.now() - holder_->last_heard > kSilenceMax) EndHolder();
}

absl::Status SimulatedDatabase::Commit(const DatabaseSession& session,
                                       const DatabaseTransaction& transaction) {
  if (!IsWriter(session)) {
    return MakeError(reason::kNotActive, "another writer has taken the lead");
  }
  if (Collides(transaction)) return absl::AlreadyExistsError("unique violation");
  Insert(transaction);
  return absl::OkStatus();
}

void SimulatedDatabase::Leave(DatabaseSession& session, DatabaseTransaction transaction) {
  if (!IsWriter(session)) return;
  session.in_doubt = std::move(transaction);
}

void SimulatedDatabase::End(const SessionPtr& session) {
  if (!session->alive) return;
  Decide(*session);
  session->alive = false;
  if (holder_ == session) holder_ = nullptr;
  sessions_.erase(std::remove(sessions_.begin(), sessions_.end(), session), sessions_.end());
}

void SimulatedDatabase::EndHolder() {
  if (holder_ != nullptr) End(SessionPtr(holder_));
}

void SimulatedDatabase::Restart() {
  for (const SessionPtr& session : std::vector<SessionPtr>(sessions_)) End(session);
}

const std::vector<StoredRow>& SimulatedDatabase::RowsOf(std::string_view election_id) const {
  static const std::vector<StoredRow> kNone;
  const auto found = rows_.find(election_id);
  return found == rows_.end() ? kNone : found->second;
}

std::vector<std::string> SimulatedDatabase::Elections() const {
  std::vector<std::string> elections;
  for (const auto& [election_id, rows] : rows_) elections.push_back(election_id);
  return elections;
}

bool SimulatedDatabase::Collides(const DatabaseTransaction& transaction) const {
  if (!HasKeys()) return false;
  for (const auto& [election_id, row] : transaction.rows) {
    for (const StoredRow& stored : RowsOf(election_id)) {
      if (stored.sequence == row.sequence) return true;
    }
  }
  return std::any_of(transaction.report_keys.begin(), transaction.report_keys.end(),
                     [this](const std::string& key) { return report_keys_.contains(key); });
}

void SimulatedDatabase::Insert(const DatabaseTransaction& transaction) {
  const auto by_sequence = [](const StoredRow& a, const StoredRow& b) {
    return a.sequence < b.sequence;
  };
  for (const auto& [election_id, row] : transaction.rows) {
    std::vector<StoredRow>& rows = rows_[election_id];
    rows.insert(std::upper_bound(rows.begin(), rows.end(), row, by_sequence), row)->stored_at =
        world_.timeline.now();
  }
  report_keys_.insert(transaction.report_keys.begin(), transaction.report_keys.end());
  sealed_.insert(sealed_.end(), transaction.sealed.begin(), transaction.sealed.end());
  refusals_.insert(refusals_.end(), transaction.refusals.begin(), transaction.refusals.end());
}

void SimulatedDatabase::Decide(DatabaseSession& session) {
  const std::optional<DatabaseTransaction> transaction =
      std::exchange(session.in_doubt, std::nullopt);
  if (!transaction.has_value() || world_.random.Chance(500)) return;
  if (!Collides(*transaction)) Insert(*transaction);
}

bool SimulatedDatabase::HasFence() const {
  return world_.bug != Bug::kNoFence && world_.bug != Bug::kNoFenceNoKeys;
}

bool SimulatedDatabase::HasKeys() const {
  return world_.bug != Bug::kNoFenceNoKeys && world_.bug != Bug::kBlindResendNoKeys;
}

}  // namespace canvass::simulation
