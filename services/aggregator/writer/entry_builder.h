#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_ENTRY_BUILDER_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_ENTRY_BUILDER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/election/event.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/committed_ledgers.h"

namespace canvass::aggregator {

// Numbers, timestamps and encodes the next entries of one election's ledger.
class EntryBuilder {
 public:
  // `ledger` is null for an election without entries. It must not change while entries are built.
  EntryBuilder(std::string election_id, const ledger::ElectionLedger* ledger, absl::Time now);

  // Returns a builder for the entries that follow the entries of this one.
  EntryBuilder Behind(absl::Time now) const;

  AppendedEntry Next(std::string actor, election::Event event);
  std::int64_t last_sequence() const { return sequence_; }

 private:
  std::string election_id_;
  const election::Definition* definition_;
  absl::Time recorded_at_;
  std::int64_t sequence_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_ENTRY_BUILDER_H_
