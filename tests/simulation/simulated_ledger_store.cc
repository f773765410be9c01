#include "tests/simulation/simulated_ledger_store.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/event.h"

namespace canvass::simulation {
namespace {

using aggregator::AppendedEntry;
using aggregator::Refusal;
using aggregator::StoredEntry;
using aggregator::Transaction;

absl::Status Lost() { return absl::UnavailableError("the connection to the database broke"); }

absl::Status NotActive() { return MakeError(reason::kNotActive, "another writer leads"); }

DatabaseTransaction RowsOf(const Transaction& transaction) {
  DatabaseTransaction rows{.sealed = transaction.sealed, .refusals = transaction.refusals};
  for (const AppendedEntry& entry : transaction.entries) {
    rows.rows.emplace_back(entry.election_id, StoredRow{.sequence = entry.entry.sequence,
                                                        .bytes = entry.bytes,
                                                        .leaf_hash = entry.leaf_hash});
    const auto* report = std::get_if<election::ReportRecorded>(&entry.entry.event);
    if (report == nullptr) continue;
    rows.report_keys.push_back(StrCat(entry.election_id, "/", report->key.contest_no, "/",
                                      report->key.source_no, "/", report->key.station_no, "/",
                                      report->revision));
  }
  return rows;
}

}  // namespace

absl::Status SimulatedLedgerStore::TakeLead() {
  if (leading_) Break();
  absl::Status status = Connect();
  if (status.ok()) status = CheckSession();
  if (!status.ok()) return status;
  if (!database_.TryLock(session_)) {
    database_.EndSilentLeader();
    return NotActive();
  }
  database_.BecomeWriter(*session_);
  leading_ = true;
  return absl::OkStatus();
}

absl::Status SimulatedLedgerStore::Connect() {
  if (session_ != nullptr) return absl::OkStatus();
  if (cut_off_ || world_.random.Chance(world_.weather.connect_fails)) return Lost();
  session_ = database_.Connect();
  return absl::OkStatus();
}

absl::Status SimulatedLedgerStore::CheckSession() {
  if (session_ != nullptr && session_->alive && !cut_off_) {
    session_->last_heard = world_.timeline.now();
    return absl::OkStatus();
  }
  Break();
  return Lost();
}

absl::Status SimulatedLedgerStore::Replay(
    const aggregator::Sequences& after,
    const std::function<absl::Status(const StoredEntry&)>& visit) {
  for (const auto& [election_id, sequence] : after) {
    const auto& rows = database_.RowsOf(election_id);
    if (rows.empty() || rows.back().sequence < sequence) {
      return MakeError(reason::kLedgerDiverged,
                       absl::StrCat(election_id, " has lost entry ", sequence));
    }
  }
  for (const std::string& election_id : database_.Elections()) {
    const auto known = after.find(election_id);
    absl::Status status =
        ReplayElection(election_id, known == after.end() ? 0 : known->second, visit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SimulatedLedgerStore::ReplayElection(
    const std::string& election_id, std::int64_t after,
    const std::function<absl::Status(const StoredEntry&)>& visit) {
  for (const StoredRow& row : database_.RowsOf(election_id)) {
    if (row.sequence <= after) continue;
    absl::Status status = CheckSession();
    if (status.ok() && world_.random.Chance(world_.weather.replay_breaks)) {
      Break();
      status = Lost();
    }
    if (status.ok()) {
      status = visit({.election_id = election_id,
                      .sequence = row.sequence,
                      .bytes = row.bytes,
                      .leaf_hash = row.leaf_hash});
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// On a session of its own.
absl::Status SimulatedLedgerStore::Audit(std::string_view /*ledger_id*/,
                                         const aggregator::Sequences& upto,
                                         const aggregator::AuditVisitor& visitor) {
  if (cut_off_ || world_.random.Chance(world_.weather.connect_fails)) return Lost();
  for (const auto& [election_id, last] : upto) {
    std::int64_t read = 0;
    for (const StoredRow& row : database_.RowsOf(election_id)) {
      if (row.sequence > last) break;
      read = row.sequence;
      const absl::Status checked = visitor.check_entry({.election_id = election_id,
                                                        .sequence = row.sequence,
                                                        .bytes = row.bytes,
                                                        .leaf_hash = row.leaf_hash});
      if (!checked.ok()) return MakeError(reason::kRowDiffers, StrCat(checked.message()));
      if (absl::Status status = visitor.rest(); !status.ok()) return status;
    }
    if (read < last) return MakeError(reason::kRowDiffers, StrCat("entry ", last, " is missing"));
  }
  return absl::OkStatus();
}

absl::Status SimulatedLedgerStore::ReplaySealed(
    const std::function<void(aggregator::SealedItem)>& visit) {
  absl::Status status = CheckSession();
  if (!status.ok()) return status;
  for (const aggregator::SealedItem& item : database_.sealed()) visit(item);
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> SimulatedLedgerStore::Now() {
  if (!leading_) return NotActive();
  absl::Status status = CheckSession();
  if (!status.ok()) return status;
  if (world_.bug == Bug::kTrustsOneClock) return clock_.Now();
  return SimulatedClock(world_.timeline).Now();
}

absl::Status SimulatedLedgerStore::ReplayRefusals(const std::function<void(Refusal)>& visit) {
  absl::Status status = CheckSession();
  if (!status.ok()) return status;
  for (const Refusal& refusal : database_.refusals()) visit(refusal);
  return absl::OkStatus();
}

absl::Status SimulatedLedgerStore::Append(const Transaction& transaction) {
  if (!leading_) return NotActive();
  absl::Status status = CheckSession();
  if (!status.ok()) return status;
  const absl::Time now = SimulatedClock(world_.timeline).Now();
  if (absl::AbsDuration(now - *transaction.clock) > kClockDifferenceMax &&
      world_.bug != Bug::kTrustsOneClock) {
    Break();
    return MakeError(reason::kClockImplausible, "the clocks differ");
  }
  const DatabaseTransaction rows = RowsOf(transaction);
  status = AppendHowever(rows);
  if (status.ok()) return status;
  const bool blind = world_.bug == Bug::kBlindResend || world_.bug == Bug::kBlindResendNoKeys;
  Break();
  return blind ? ResendBlindly(rows) : status;
}

absl::Status SimulatedLedgerStore::AppendHowever(const DatabaseTransaction& transaction) {
  const Weather& weather = world_.weather;
  if (world_.random.Chance(weather.append_never_arrives)) return Lost();
  if (world_.random.Chance(weather.append_in_doubt)) {
    database_.Leave(*session_, transaction);
    return Lost();
  }
  if (world_.bug == Bug::kAnswerBeforeCommit) {
    world_.timeline.After(absl::Milliseconds(3),
                          [this_database = &database_, session = session_, transaction] {
                            if (session->alive)
                              this_database->Commit(*session, transaction).IgnoreError();
                          });
    return absl::OkStatus();
  }
  absl::Status committed = database_.Commit(*session_, transaction);
  if (!committed.ok()) return committed;
  if (world_.random.Chance(weather.writer_dies_in_append)) die_();
  return world_.random.Chance(weather.append_answer_lost) ? Lost() : absl::OkStatus();
}

// As a library between that means well does.
absl::Status SimulatedLedgerStore::ResendBlindly(const DatabaseTransaction& transaction) {
  absl::Status status = TakeLead();
  return status.ok() ? database_.Commit(*session_, transaction) : status;
}

absl::Status SimulatedLedgerStore::Heartbeat() {
  if (!leading_) return NotActive();
  absl::Status status = CheckSession();
  if (!status.ok()) return status;
  if (world_.random.Chance(world_.weather.heartbeat_fails)) status = Lost();
  if (!database_.IsWriter(*session_)) status = NotActive();
  if (!status.ok()) Break();
  return status;
}

void SimulatedLedgerStore::Break() {
  leading_ = false;
  const SessionPtr session = std::exchange(session_, nullptr);
  if (session == nullptr || !session->alive) return;
  const absl::Duration noticed_after =
      cut_off_ ? absl::Seconds(15)
               : world_.random.Between(absl::ZeroDuration(), absl::Milliseconds(500));
  world_.timeline.After(noticed_after,
                        [database = &database_, session] { database->End(session); });
}

}  // namespace canvass::simulation
