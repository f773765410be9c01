#ifndef CANVASS_SERVICES_AGGREGATOR_LEDGER_H_
#define CANVASS_SERVICES_AGGREGATOR_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {

// One entry on its way into the ledger.
struct AppendedEntry {
  std::string election_id{};
  // Parts as defined before the group, for SQL readers' numbers; null for a new election. Not
  // owned.
  const election::Definition* definition = nullptr;
  election::Entry entry{};
  std::string bytes{};  // Encode(entry)
  ledger::Hash leaf_hash{};
};

// A report that was refused, for whoever looks into it.
struct Refusal {
  election::StationReport report{};
  std::vector<election::Finding> findings{};
  absl::Time refused_at{};
  std::string actor{};
};

// What is committed together.
struct AppendGroup {
  std::vector<AppendedEntry> entries{};  // sequences of each election without gaps
  std::vector<Refusal> refusals{};

  bool empty() const { return entries.empty() && refusals.empty(); }
};

// An entry as it was stored.
struct StoredEntry {
  std::string_view election_id{};
  std::int64_t sequence = 0;
  std::string_view bytes{};
  ledger::Hash leaf_hash{};
};

// Where entries are durable. Used by one thread at a time; every call may block.
class Ledger {
 public:
  // Refusals kept for each election and actor; older ones make room.
  static constexpr int kRefusalsKeptPerActor = 1000;

  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  virtual ~Ledger() = default;

  // Connects, checks the schema, takes the lead and so ends every commit in doubt: what Replay does
  // not show afterwards never happened. UNAVAILABLE NOT_ACTIVE while another writer leads: Replay
  // then shows what is committed by now, and of what is in doubt nothing is known; a leader that
  // does nothing any more is made to give up the lead. UNAVAILABLE of other reasons while the store
  // cannot be reached; FAILED_PRECONDITION SCHEMA_VERSION for a store of another version.
  virtual absl::Status TakeLead() = 0;

  // Gives up the lead, if it has it: another may take it.
  virtual void Resign() = 0;

  // Names this ledger; a restored backup has another name. REQUIRES: TakeLead succeeded or said
  // NOT_ACTIVE; the same of Replay and ReplayRefusals.
  virtual std::string ledger_id() const = 0;

  // Visits every entry after the given sequences (elections that are not named: from 1), each
  // election's in sequence; stops at the first error. DATA_LOSS where a stored leaf hash is not the
  // hash of its bytes or a sequence is missing. The visitor may be called by another thread, while
  // the caller waits.
  virtual absl::Status Replay(const std::map<std::string, std::int64_t, std::less<>>& after,
                              const std::function<absl::Status(const StoredEntry&)>& visit) = 0;

  // Visits the refusals that are kept, oldest first.
  virtual absl::Status ReplayRefusals(const std::function<void(Refusal)>& visit) = 0;

  // Appends the group in one transaction. OK only once it is committed. After any error it is not
  // known whether it was: TakeLead, Replay, and look.
  virtual absl::Status Append(const AppendGroup& group) = 0;

  // Whether the lead and the connection still stand; called about once a second while nothing is
  // appended, which also shows the others that this writer lives.
  virtual absl::Status Heartbeat() = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_LEDGER_H_
