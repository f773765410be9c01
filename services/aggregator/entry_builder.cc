#include "services/aggregator/entry_builder.h"

#include <algorithm>
#include <utility>

#include "common/base/microseconds.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {
namespace {

const election::Definition* DefinitionOf(const BookedLedger* booked) {
  return booked != nullptr && booked->count().defined() ? &booked->count().definition() : nullptr;
}

// A clock that was set back does not take the ledger with it.
absl::Time RecordingTime(const BookedLedger* booked, absl::Time now) {
  if (booked == nullptr) return InMicroseconds(now);
  return std::max(InMicroseconds(now), booked->folded().recorded_at());
}

}  // namespace

EntryBuilder::EntryBuilder(std::string election_id, const BookedLedger* booked, absl::Time now)
    : election_id_(std::move(election_id)),
      definition_(DefinitionOf(booked)),
      recorded_at_(RecordingTime(booked, now)),
      sequence_(booked == nullptr ? 0 : booked->sequence()) {}

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
