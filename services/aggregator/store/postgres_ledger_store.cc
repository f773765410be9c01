#include "services/aggregator/store/postgres_ledger_store.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"
#include "common/postgres/copy.h"
#include "common/postgres/copy_table.h"
#include "common/postgres/migration.h"
#include "common/postgres/session.h"
#include "common/telemetry/log.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_definition_rows.h"
#include "services/aggregator/store/postgres_entry_rows.h"
#include "services/aggregator/store/postgres_refusal_rows.h"
#include "services/aggregator/store/postgres_sealed_rows.h"
#include "services/aggregator/store/reading_settings.h"
#include "services/aggregator/store/replay_thread.h"
#include "services/aggregator/store/schema.h"

namespace canvass::aggregator {
namespace {

using postgres::CopyEncoder;
using postgres::Rows;

// SQL state that canvass.assert_writer raises.
constexpr std::string_view kLeadLostState = "CV001";
// SQL state that canvass.assert_clock raises.
constexpr std::string_view kClockState = "CV002";

// SQL state that canvass.assert_ledger raises.
constexpr std::string_view kTamperedState = "CV003";

constexpr const char* kReadLedgerId = "SELECT ledger_id FROM canvass.ledger";

constexpr const char* kReadElections =
    "SELECT election_id, election_no, coalesce(last.sequence, 0), coalesce(last.hash, '') "
    "FROM canvass.elections LEFT JOIN LATERAL (SELECT sequence, "
    "encode(sha256('\\x00'::bytea || entry), 'hex') AS hash FROM canvass.entries "
    "WHERE entries.election_no = elections.election_no ORDER BY sequence DESC LIMIT 1) last ON "
    "true "
    "ORDER BY election_no";

constexpr const char* kCopyElectionNumbers =
    "COPY canvass.elections (election_no, election_id) FROM STDIN (FORMAT binary);";

absl::Status NotActive(std::string_view message) { return MakeError(reason::kNotActive, message); }

bool HasState(const absl::Status& status, std::string_view sql_state) {
  const ErrorDetail detail = DetailOf(status);
  return std::any_of(detail.metadata.begin(), detail.metadata.end(), [&](const auto& item) {
    return item.first == "sql_state" && item.second == sql_state;
  });
}

// Number of an election, and an actor. The refusals of such a pair share one limit.
using RefusalKey = std::pair<int, std::string>;

// Sizes are those of what may be long, as it is stored; nothing of it is read.
std::string DropOldRefusals(const postgres::Session& session, const RefusalKey& key) {
  const std::string where =
      StrCat("election_no = ", key.first, " AND actor = ", session.Quote(key.second));
  return StrCat(
      "DELETE FROM canvass.refused_reports WHERE ", where,
      " AND refusal_no <= (SELECT max(refusal_no) FROM (SELECT refusal_no, "
      "row_number() OVER newest AS place, sum(pg_column_size(reason) + "
      "pg_column_size(candidate_ids) + pg_column_size(votes) + pg_column_size(documents) + "
      "pg_column_size(fields) + pg_column_size(subjects) + pg_column_size(finding_numbers)) "
      "OVER newest AS bytes FROM canvass.refused_reports WHERE ",
      where, " WINDOW newest AS (ORDER BY refusal_no DESC)) kept WHERE place > ",
      LedgerStore::kRefusalsKeptPerActor, " OR bytes > ", LedgerStore::kRefusalBytesKeptPerActor,
      ");");
}

// Zeros for a text that is no hash.
ledger::Hash FromHex(std::string_view hex) {
  ledger::Hash hash{};
  const std::string bytes = absl::HexStringToBytes(ToAbsl(hex));
  if (bytes.size() == hash.size()) std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

absl::Status Tampered(const absl::Status& raised) {
  return MakeError(reason::kLedgerTampered,
                   StrCat("The database was changed by somebody else: ", raised.message()));
}

absl::Status Lost(const Reason& reason, std::string_view message) {
  return MakeError(reason, message);
}

// The definition changes of one election in a transaction.
struct ElectionChanges {
  const election::Definition* before = nullptr;
  std::vector<SequencedChange> changes{};
};

std::map<std::string_view, ElectionChanges> ChangesOf(const std::vector<AppendedEntry>& entries) {
  std::map<std::string_view, ElectionChanges> changes;
  for (const AppendedEntry& appended : entries) {
    const auto* change = std::get_if<election::DefinitionChange>(&appended.entry.event);
    if (change == nullptr) continue;
    ElectionChanges& of_election = changes[appended.election_id];
    if (of_election.changes.empty()) of_election.before = appended.definition;
    of_election.changes.push_back({.sequence = appended.entry.sequence, .change = change});
  }
  return changes;
}

// Statements that run together, and the streams for their COPYs.
struct Script {
  std::string statements{};
  std::vector<postgres::CopyStream> streams{};

  // Does nothing if there are no rows. `rows` must outlive the script.
  void AddCopy(CopyEncoder& rows, const char* copy) {
    if (rows.rows() == 0) return;
    statements += copy;
    streams.push_back(postgres::WholeStream(rows.Finish()));
  }
};

}  // namespace

PostgresLedgerStore::PostgresLedgerStore(postgres::SessionOptions options,
                                         absl::Duration leader_silence_max)
    : options_(std::move(options)), audit_(options_), other_leader_(leader_silence_max) {}

PostgresLedgerStore::PostgresLedgerStore(std::unique_ptr<postgres::Session> session,
                                         postgres::SessionOptions options)
    : PostgresLedgerStore(std::move(options)) {
  session_ = std::move(session);
}

PostgresLedgerStore::~PostgresLedgerStore() = default;

// A leader's session is not used again, because a commit in doubt may still be running on it.
absl::Status PostgresLedgerStore::TakeLead() {
  const bool fresh = session_ == nullptr || leading_;
  absl::Status status = fresh ? Connect() : absl::OkStatus();
  if (status.ok()) status = CheckSchema();
  if (status.ok()) status = TryForLead(fresh);
  if (status.ok()) status = ReadLedgerId();
  const Elections known = std::exchange(elections_, {});
  if (status.ok()) status = ReadElections();
  const bool has_grown = !std::equal(known.begin(), known.end(), elections_.begin(),
                                     elections_.end(), [](const auto& a, const auto& b) {
                                       return a.first == b.first && a.second.EndsLike(b.second);
                                     });
  if (status.ok() && !leading_ && has_grown) status = AwaitStandby();
  if (!status.ok()) elections_.clear();
  status = Settle(std::move(status));
  return status.ok() ? CheckLead() : status;
}

std::string PostgresLedgerStore::StoredElection::Assert(std::int64_t counted) const {
  return StrCat("SELECT canvass.assert_ledger(", number, ", ", last_sequence, ", '\\x",
                last_sequence == 0 ? "" : ledger::ToHex(last_hash), "', ", counted_upto, ", ",
                std::min(last_sequence, counted_upto + counted), ");");
}

void PostgresLedgerStore::StoredElection::NoteCounted(std::int64_t counted) {
  counted_upto += counted;
  if (counted_upto >= last_sequence) counted_upto = 0;
}

absl::Status PostgresLedgerStore::Connect() {
  leading_ = false;
  session_.reset();
  auto session = postgres::Session::Open(options_);
  // The next time another one may be the primary.
  ++options_.first_host;
  if (!session.ok()) return session.status();
  session_ = *std::move(session);
  return absl::OkStatus();
}

absl::Status PostgresLedgerStore::CheckSchema() {
  const absl::StatusOr<std::int64_t> version = session_->QueryNumber(postgres::kSchemaVersionQuery);
  if (!version.ok() || *version <= SchemaVersion()) {
    return postgres::CheckSchemaVersion(version, SchemaVersion());
  }
  // A newer program has migrated it. While the two versions run side by side, each uses what it
  // knows, unless something of that is gone.
  const absl::StatusOr<std::int64_t> contracted =
      session_->QueryNumber(postgres::kSchemaContractedQuery);
  if (!contracted.ok()) return contracted.status();
  if (*contracted <= SchemaVersion()) return absl::OkStatus();
  return postgres::CheckSchemaVersion(version, SchemaVersion());
}

absl::Status PostgresLedgerStore::TryForLead(bool fresh) {
  const absl::StatusOr<bool> locked = PostgresLeader::Lock(*session_, fresh);
  if (!locked.ok()) return locked.status();
  return *locked ? BecomeWriter() : other_leader_.Watch(*session_);
}

absl::Status PostgresLedgerStore::BecomeWriter() {
  writer_id_ = RandomUuid();
  // This is a commit of its own. After it, everything that was committed before can be read, even
  // commits that were still waiting for a synchronous standby.
  const absl::Status status =
      session_->Run(StrCat("BEGIN; UPDATE canvass.writer SET epoch = epoch + 1, writer_id = '",
                           writer_id_, "', took_lead_at = now(); COMMIT"));
  leading_ = status.ok();
  return status.ok() ? ReadEpoch() : status;
}

absl::Status PostgresLedgerStore::ReadEpoch() {
  const absl::StatusOr<std::int64_t> epoch =
      session_->QueryNumber("SELECT epoch FROM canvass.writer");
  if (!epoch.ok()) return epoch.status();
  epoch_ = *epoch;
  return absl::OkStatus();
}

void PostgresLedgerStore::Resign() {
  if (!leading_) return;
  leading_ = false;
  session_.reset();
}

absl::Status PostgresLedgerStore::ReadLedgerId() {
  auto ledger_id = session_->QueryValue(kReadLedgerId);
  if (!ledger_id.ok()) return ledger_id.status();
  ledger_id_ = *std::move(ledger_id);
  return absl::OkStatus();
}

absl::Status PostgresLedgerStore::ReadElections() {
  const absl::StatusOr<Rows> rows = session_->Query(kReadElections);
  if (!rows.ok()) return rows.status();
  for (const auto& row : *rows) {
    StoredElection election;
    if (!absl::SimpleAtoi(row[1].value_or(""), &election.number) ||
        !absl::SimpleAtoi(row[2].value_or(""), &election.last_sequence)) {
      return MakeError(reason::kDatabaseError, "PostgreSQL returned no number for an election");
    }
    election.last_hash = FromHex(row[3].value_or(""));
    elections_.emplace(row[0].value_or(""), election);
  }
  return absl::OkStatus();
}

// PostgreSQL shows a commit also if its wait for the standby was cut short. A failover takes such
// entries away, and who had counted them could not follow any more. A commit of our own comes after
// them, and waits too. The message is what makes it one; nobody reads it.
absl::Status PostgresLedgerStore::AwaitStandby() {
  return session_->Run("SELECT pg_logical_emit_message(true, 'canvass', '')");
}

absl::Status PostgresLedgerStore::Replay(
    const Sequences& after, const std::function<absl::Status(const StoredEntry&)>& visit) {
  if (session_ == nullptr) return NotActive("The ledger is not open");
  for (const auto& [election_id, sequence] : after) {
    const auto stored = elections_.find(election_id);
    const std::int64_t last = stored == elections_.end() ? 0 : stored->second.last_sequence;
    if (last >= sequence) continue;
    return Lost(reason::kLedgerDiverged, StrCat("The ledger of ", election_id, " ends at sequence ",
                                                last, ", but ", sequence, " was committed"));
  }
  for (const auto& [election_id, election] : elections_) {
    const auto known = after.find(election_id);
    const std::int64_t first = known == after.end() ? 0 : known->second;
    if (first == election.last_sequence) continue;
    absl::Status status = ReplayElection(election_id, election, first, visit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PostgresLedgerStore::ReplayElection(
    std::string_view election_id, const StoredElection& election, std::int64_t after,
    const std::function<absl::Status(const StoredEntry&)>& visit) {
  std::int64_t previous = after;
  absl::Status damage;
  ReplayThread replay(election_id, visit);
  const auto read_row = [&](std::string_view row) {
    if (damage.ok()) {
      const absl::StatusOr<StoredEntry> entry = ReadStoredEntry(election_id, previous + 1, row);
      damage = entry.status();
      if (entry.ok()) replay.Add(*entry);
      ++previous;
    }
    // After an error, the rest is read and dropped, so that the session and the lead survive.
    return absl::OkStatus();
  };
  absl::Status status = Settle(session_->CopyOut(
      StrCat("BEGIN; ", kReadingSettings, "; ",
             CopyStoredEntries(StrCat("election_no = ", election.number, " AND sequence > ", after,
                                      " AND sequence <= ", election.last_sequence)),
             "; COMMIT"),
      read_row));
  absl::Status visited = replay.Finish();
  if (!status.ok()) return status;
  if (!visited.ok()) return visited;
  if (!damage.ok()) return damage;
  if (previous == election.last_sequence) return absl::OkStatus();
  return Lost(reason::kEntryMissing,
              StrCat("The ledger of ", election_id, " was read up to sequence ", previous, " of ",
                     election.last_sequence));
}

absl::Status PostgresLedgerStore::ReplaySealed(const std::function<void(SealedItem)>& visit) {
  if (!leading_) return CheckLead();
  return Settle(session_->CopyOut(kCopySealedOut, [&visit](std::string_view row) {
    absl::StatusOr<SealedItem> item = ReadSealed(row);
    if (item.ok()) {
      visit(*std::move(item));
    } else {
      telemetry::LogError(StrCat("a seal stays closed: ", item.status().message()));
    }
    return absl::OkStatus();
  }));
}

absl::Status PostgresLedgerStore::ReplayRefusals(const std::function<void(Refusal)>& visit) {
  if (session_ == nullptr) return NotActive("The ledger is not open");
  return Settle(session_->CopyOut(kCopyRefusalsOut, [&visit](std::string_view row) {
    absl::StatusOr<Refusal> refusal = ReadRefusal(row);
    if (!refusal.ok()) return refusal.status();
    visit(*std::move(refusal));
    return absl::OkStatus();
  }));
}

absl::Status PostgresLedgerStore::Append(const Transaction& transaction) {
  if (!leading_) return CheckLead();
  absl::Status status = Commit(transaction);
  if (HasState(status, kLeadLostState)) status = NotActive("Another aggregator has taken the lead");
  if (HasState(status, kClockState))
    status = MakeError(reason::kClockImplausible, StrCat(status.message()));
  if (!HasState(status, kTamperedState)) return Settle(std::move(status));
  status = Tampered(status);
  return session_->Run("ROLLBACK").ok() ? status : Settle(std::move(status));
}

absl::Status PostgresLedgerStore::Commit(const Transaction& transaction) {
  const absl::StatusOr<Elections> touched = NumberElections(transaction.entries);
  if (!touched.ok()) return touched.status();
  CopyEncoder new_elections;
  for (const auto& [election_id, election] : *touched) {
    if (elections_.contains(election_id)) continue;
    new_elections.StartRow(2);
    new_elections.Int32(election.number);
    new_elections.Text(election_id);
  }
  std::vector<NumberedEntry> entries;
  entries.reserve(transaction.entries.size());
  for (const AppendedEntry& entry : transaction.entries) {
    entries.push_back(
        {.election_no = touched->find(entry.election_id)->second.number, .appended = &entry});
  }
  DefinitionRows definition_rows;
  for (const auto& [election_id, of_election] : ChangesOf(transaction.entries)) {
    DefinitionNumbers numbers(of_election.before);
    for (const SequencedChange& sequenced : of_election.changes) numbers.Assign(*sequenced.change);
    DefinitionRows::Languages languages;
    if (of_election.before != nullptr) languages = of_election.before->election().languages;
    definition_rows.Add(touched->find(election_id)->second.number, numbers, languages,
                        of_election.changes);
  }
  CopyEncoder sealed_rows;
  for (const SealedItem& item : transaction.sealed) {
    PutSealed(sealed_rows, touched->find(item.election_id)->second.number, item);
  }
  CopyEncoder refusal_rows;
  const std::string drop_old_refusals = PutRefusals(transaction.refusals, refusal_rows);

  Script script{.statements = StrCat("BEGIN; SELECT canvass.assert_writer('", writer_id_, "');")};
  if (transaction.clock.has_value()) {
    script.statements +=
        StrCat("SELECT canvass.assert_clock(", absl::ToUnixMicros(*transaction.clock), ", '",
               absl::ToInt64Seconds(kClockDifferenceMax), " seconds');");
  }
  for (const auto& [election_id, election] : *touched) {
    const auto stored = elections_.find(election_id);
    const StoredElection before =
        stored == elections_.end() ? StoredElection{.number = election.number} : stored->second;
    script.statements += before.Assert(kCountedByAppend);
  }
  script.AddCopy(new_elections, kCopyElectionNumbers);
  if (!entries.empty()) {
    script.statements += postgres::CopyInto(EntryTable());
    script.streams.push_back(EntryStream(std::move(entries)));
  }
  script.AddCopy(sealed_rows, kCopySealed);
  definition_rows.Finish(script.statements, script.streams);
  script.AddCopy(refusal_rows, kCopyRefusals);
  script.statements += drop_old_refusals;
  script.statements += "COMMIT";
  absl::Status status = session_->Run(script.statements, script.streams);
  if (!status.ok()) return status;
  for (const auto& [election_id, election] : *touched) {
    StoredElection& stored = elections_[election_id];
    stored.NoteCounted(kCountedByAppend);
    stored = {.number = election.number,
              .last_sequence = election.last_sequence,
              .last_hash = election.last_hash,
              .counted_upto = stored.counted_upto};
  }
  return absl::OkStatus();
}

absl::StatusOr<PostgresLedgerStore::Elections> PostgresLedgerStore::NumberElections(
    const std::vector<AppendedEntry>& entries) const {
  Elections touched;
  int next_number = static_cast<int>(elections_.size()) + 1;
  for (const AppendedEntry& appended : entries) {
    auto election = touched.find(appended.election_id);
    if (election == touched.end()) {
      const auto stored = elections_.find(appended.election_id);
      const StoredElection start =
          stored == elections_.end() ? StoredElection{.number = next_number++} : stored->second;
      election = touched.emplace(appended.election_id, start).first;
    }
    // A gap must fail here. The next start would find it, but too late.
    if (appended.entry.sequence != ++election->second.last_sequence) {
      return MakeError(
          reason::kSequenceGap,
          StrCat("Entry ", appended.entry.sequence, " of ", appended.election_id,
                 " was to be appended, but the next sequence is ", election->second.last_sequence));
    }
    election->second.last_hash = appended.leaf_hash;
  }
  return touched;
}

std::string PostgresLedgerStore::PutRefusals(const std::vector<Refusal>& refusals,
                                             postgres::CopyEncoder& rows) const {
  std::set<RefusalKey> keys;
  for (const Refusal& refusal : refusals) {
    const auto stored = elections_.find(refusal.report.election_id);
    const int number = stored == elections_.end() ? 0 : stored->second.number;
    PutRefusal(rows, number, refusal);
    keys.emplace(number, refusal.actor);
  }
  std::string statements;
  for (const RefusalKey& key : keys) statements += DropOldRefusals(*session_, key);
  return statements;
}

absl::StatusOr<absl::Time> PostgresLedgerStore::Now() {
  if (!leading_) return CheckLead();
  const absl::StatusOr<std::int64_t> micros =
      session_->QueryNumber("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
  return micros.ok() ? absl::StatusOr<absl::Time>(absl::FromUnixMicros(*micros))
                     : Settle(micros.status());
}

absl::Status PostgresLedgerStore::Run(const std::string& statements) {
  if (session_ == nullptr) return NotActive("The ledger is not open");
  return Settle(session_->Run(statements));
}

// The lead is asked for last: a new leader takes it before it adds to a ledger, and what it has
// added is no tampering.
absl::Status PostgresLedgerStore::Heartbeat() {
  if (!leading_) return CheckLead();
  const absl::Status ledgers = CheckLedgers();
  if (!ledgers.ok() && !HasReason(ledgers, reason::kLedgerTampered)) return Settle(ledgers);
  const auto leads = session_->QueryValue(
      StrCat("SELECT count(*) FROM canvass.writer WHERE writer_id = '", writer_id_, "'"));
  if (!leads.ok()) return Settle(leads.status());
  if (*leads != "1") return Settle(NotActive("Another aggregator has taken the lead"));
  return ledgers;
}

absl::Status PostgresLedgerStore::CheckLedgers() {
  std::string statements;
  const std::int64_t counted =
      kCountedByHeartbeat / std::max<std::int64_t>(1, std::ssize(elections_)) + 1;
  for (const auto& [election_id, election] : elections_) statements += election.Assert(counted);
  absl::Status status = session_->Run(statements);
  if (HasState(status, kTamperedState)) return Tampered(status);
  if (!status.ok()) return status;
  for (auto& [election_id, election] : elections_) election.NoteCounted(counted);
  return absl::OkStatus();
}

absl::Status PostgresLedgerStore::CheckLead() const {
  return leading_ ? absl::OkStatus() : NotActive("Another aggregator leads");
}

absl::Status PostgresLedgerStore::Settle(absl::Status status) {
  if (!status.ok()) {
    leading_ = false;
    session_.reset();
  }
  return status;
}

}  // namespace canvass::aggregator
