#ifndef CANVASS_SERVICES_AGGREGATOR_ENTRY_BUILDER_H_
#define CANVASS_SERVICES_AGGREGATOR_ENTRY_BUILDER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/election/event.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"

namespace canvass::aggregator {

// Numbers, dates and encodes the entries that come next in one election's ledger.
class EntryBuilder {
 public:
  // `booked`: null for an election without any entry. It must not change while entries are built.
  EntryBuilder(std::string election_id, const BookedLedger* booked, absl::Time now);

  // One for what comes behind the entries of this one.
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

#endif  // CANVASS_SERVICES_AGGREGATOR_ENTRY_BUILDER_H_
