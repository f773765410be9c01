#include "services/aggregator/writer/entry_builder.h"

#include <algorithm>
#include <utility>

#include "common/base/microseconds.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {
namespace {

const election::Definition* DefinitionOf(const ledger::ElectionLedger* ledger) {
  return ledger != nullptr && ledger->count().defined() ? &ledger->count().definition() : nullptr;
}

// The recording time never goes back, even if the clock was set back.
absl::Time RecordingTime(const ledger::ElectionLedger* ledger, absl::Time now) {
  if (ledger == nullptr) return InMicroseconds(now);
  return std::max(InMicroseconds(now), ledger->recorded_at());
}

}  // namespace

EntryBuilder::EntryBuilder(std::string election_id, const ledger::ElectionLedger* ledger,
                           absl::Time now)
    : election_id_(std::move(election_id)),
      definition_(DefinitionOf(ledger)),
      recorded_at_(RecordingTime(ledger, now)),
      sequence_(ledger == nullptr ? 0 : ledger->sequence()) {}

EntryBuilder EntryBuilder::Behind(absl::Time now) const {
  EntryBuilder next = *this;
  next.recorded_at_ = std::max(recorded_at_, InMicroseconds(now));
  return next;
}

AppendedEntry EntryBuilder::Next(std::string actor, election::Event event) {
  AppendedEntry appended{.election_id = election_id_,
                         .definition = definition_,
                         .entry = {.sequence = ++sequence_,
                                   .recorded_at = recorded_at_,
                                   .actor = std::move(actor),
                                   .event = std::move(event)}};
  appended.bytes = ledger::Encode(appended.entry);
  appended.leaf_hash = ledger::LeafHash(appended.bytes);
  return appended;
}

}  // namespace canvass::aggregator
