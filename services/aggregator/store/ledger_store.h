#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {

// An entry to be appended to the ledger.
struct AppendedEntry {
  std::string election_id{};
  // Definition before the transaction, from which SQL readers' tables get their part numbers. Null
  // if the election is not defined yet. Not owned.
  const election::Definition* definition = nullptr;
  election::Entry entry{};
  std::string bytes{};  // Encode(entry)
  ledger::Hash leaf_hash{};
  std::string trace_id{};  // of the trace that brought it, for logs: not stored; empty for none
};

// What a seal hides. It is no part of the ledger until the seal is opened.
struct SealedItem {
  std::string election_id{};
  std::int64_t sequence = 0;  // of the seal
  election::SealNonce nonce{};
  election::SealedContent content{};
};

// A refused report and the reasons, kept for operators.
struct Refusal {
  election::StationReport report{};
  std::vector<election::Finding> findings{};
  absl::Time refused_at{};
  std::string actor{};
};

// Entries and what lies beside them, committed together.
struct Transaction {
  std::vector<AppendedEntry> entries{};  // each election's in sequence, without gaps
  std::vector<SealedItem> sealed{};      // one for each entry that is a seal
  std::vector<Refusal> refusals{};
  // The writer's clock, for the store to compare with its own; absent: it does not.
  std::optional<absl::Time> clock{};

  bool empty() const { return entries.empty() && refusals.empty(); }
};

// An entry as stored. The views are valid until the visitor returns.
struct StoredEntry {
  std::string_view election_id{};
  std::int64_t sequence = 0;
  std::string_view bytes{};
  ledger::Hash leaf_hash{};
};

// Sequences of elections by id.
using Sequences = std::map<std::string, std::int64_t, std::less<>>;

// What an audit of a store asks and tells.
struct AuditVisitor {
  // Returns OK if the entry belongs at its place; otherwise, what belongs there: "the entry that
  // ...". Called with the entries of an election in sequence order, up to the first one that does
  // not belong there or is missing.
  std::function<absl::Status(const StoredEntry&)> check_entry{};
  // Called after each step of some milliseconds, or of one table, when no transaction is open. An
  // error ends the audit.
  std::function<absl::Status()> rest{};
};

// Durable storage of all elections' ledgers. Only one thread at a time may use it, but another one
// may call Audit. Every call may block.
class LedgerStore {
 public:
  // How far the clocks of writer and store may be apart. Machines that keep time by NTP differ by
  // milliseconds. A minute is longer than an append waits for its turn, and shorter than what
  // matters to an embargo.
  static constexpr absl::Duration kClockDifferenceMax = absl::Minutes(1);
  // Refusals kept for each election and actor, and their bytes as stored, compressed or not. Older
  // ones are dropped. All elections that the ledger does not have count as one.
  static constexpr int kRefusalsKeptPerActor = 1000;
  static constexpr std::int64_t kRefusalBytesKeptPerActor = 8 << 20;

  LedgerStore() = default;
  LedgerStore(const LedgerStore&) = delete;
  LedgerStore& operator=(const LedgerStore&) = delete;
  virtual ~LedgerStore() = default;

  // Connects, checks the schema and takes the lead. Success ends every commit in doubt: what Replay
  // does not return afterwards never happened.
  //
  // Returns UNAVAILABLE NOT_ACTIVE while another writer leads. Replay then returns what is
  // committed so far, and commits in doubt stay in doubt. A leader that has fallen silent is made
  // to give up the lead. Returns UNAVAILABLE with other reasons if the store cannot be reached, and
  // FAILED_PRECONDITION SCHEMA_VERSION if the schema has another version.
  virtual absl::Status TakeLead() = 0;

  // Gives up the lead, if this writer has it, so that another one may take it.
  virtual void Resign() = 0;

  // Identifies this ledger. It changes when entries are lost for good. REQUIRES, also for Replay
  // and ReplayRefusals: TakeLead succeeded or returned NOT_ACTIVE.
  virtual std::string ledger_id() const = 0;

  // Calls `visit` with every entry after the given sequences, in sequence order within an election.
  // Elections without a given sequence start at sequence 1. Stops at the first error and returns
  // it. Returns DATA_LOSS if a stored leaf hash is not the hash of its bytes, a sequence is
  // missing, or an election ends before its given sequence. `visit` may run on another thread while
  // the caller waits.
  virtual absl::Status Replay(const Sequences& after,
                              const std::function<absl::Status(const StoredEntry&)>& visit) = 0;

  // Reads the entries up to those sequences on a connection of its own, asks `visitor` about them,
  // and compares all that the store repeats of them for its readers with what their bytes say. Ends
  // with DATA_LOSS ROW_DIFFERS and what is not so once something is found. Returns
  // DATA_LOSS LEDGER_DIVERGED if the store holds another ledger than this one. Other errors are
  // those of the store and of visitor.rest. One thread at a time may call it, whatever other calls
  // are in progress.
  virtual absl::Status Audit(std::string_view ledger_id, const Sequences& upto,
                             const AuditVisitor& visitor) = 0;

  // Visits what the closed seals hide, in no particular order. Only the leader may ask. An item
  // that is damaged is left out and logged.
  virtual absl::Status ReplaySealed(const std::function<void(SealedItem)>& visit) = 0;

  // Visits the kept refusals, oldest first.
  virtual absl::Status ReplayRefusals(const std::function<void(Refusal)>& visit) = 0;

  // How often the lead had been taken, by anyone, when this writer took it last; 0 if it never did.
  // Any thread may ask.
  virtual std::int64_t epoch() const { return 0; }

  // Commits all of it in one database transaction. Returns UNAVAILABLE CLOCK_IMPLAUSIBLE, and
  // commits nothing, if the clocks are further apart than kClockDifferenceMax. Returns UNAVAILABLE
  // LEDGER_TAMPERED, commits nothing and keeps the lead, if the ledger of an election in the
  // transaction does not end with the entry that this store read or committed last, or lacks an
  // earlier one; not all earlier ones are looked for each time. Returns OK only after the commit.
  // After other errors it is unknown whether they were committed. To find out, the caller must call
  // TakeLead and Replay.
  virtual absl::Status Append(const Transaction& transaction) = 0;

  // Returns the time by the store's own clock.
  virtual absl::StatusOr<absl::Time> Now() = 0;

  // Checks that the lead and the connection still stand. Called about once a second while nothing
  // is appended, which also shows other aggregators that this writer is alive. Returns UNAVAILABLE
  // LEDGER_TAMPERED, and keeps the lead, as Append does, but for every election.
  virtual absl::Status Heartbeat() = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_H_
