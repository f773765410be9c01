#include "services/aggregator/writer/seals.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/base/index.h"
#include "common/election/actor.h"
#include "common/election/count.h"
#include "common/election/seal_check.h"
#include "common/ledger/seal.h"

namespace canvass::aggregator {
namespace {

// Adds openings of one source's seals, in order.
void OpenSealsOf(const ledger::ElectionLedger& ledger, const SealedContents& sealed, int source_no,
                 std::size_t openings_max, EntryBuilder& builder, Transaction& transaction) {
  for (const auto& [sequence, seal] : ledger.count().SealsOf(source_no)) {
    if (transaction.entries.size() == openings_max) return;
    const SealedContents::Item* const item = sealed.Find(sequence);
    if (item == nullptr) return;
    transaction.entries.push_back(builder.Next(
        election::kCanvassActor,
        election::SealOpening{
            .seal_sequence = sequence, .nonce = item->nonce, .content = item->content}));
  }
}

// When the first seal of the source may be opened.
absl::Time OpeningOf(const ledger::ElectionLedger& ledger, const SealedContents& sealed,
                     int source_no) {
  const election::Count& count = ledger.count();
  if (sealed.Find(count.SealsOf(source_no).begin()->first) == nullptr) {
    return absl::InfiniteFuture();
  }
  return count.definition().sources()[Index(source_no)].visible_from.value_or(absl::InfinitePast());
}

}  // namespace

bool MustSeal(const election::Count& count, int source_no, absl::Time now) {
  return election::MustBeSealed(count, source_no, now - LedgerStore::kClockDifferenceMax);
}

const AppendedEntry& AddSeal(EntryBuilder& builder, const election::Definition& definition,
                             election::SealedContent content, const election::SealNonce& nonce,
                             absl::Time now, Transaction& transaction) {
  const std::int32_t source_no = SourceOf(content.event);
  const election::Source& source = definition.sources()[Index(source_no)];
  // No actor: it could tell which station this is about.
  AppendedEntry seal =
      builder.Next("", election::EmbargoSeal{.source_no = source_no,
                                             .visible_from = source.visible_from.value_or(now),
                                             .commitment = ledger::CommitmentTo(nonce, content)});
  transaction.sealed.push_back({.election_id = seal.election_id,
                                .sequence = seal.entry.sequence,
                                .nonce = nonce,
                                .content = std::move(content)});
  return transaction.entries.emplace_back(std::move(seal));
}

absl::Time NextOpening(const CommittedLedgers::Contents& committed) {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [election_id, sealed] : committed.sealed) {
    const ledger::ElectionLedger* const ledger = committed.Find(election_id);
    if (ledger == nullptr || sealed.empty()) continue;
    for (const int source_no : ledger->count().SealedSources()) {
      next = std::min(next, OpeningOf(*ledger, sealed, source_no));
    }
  }
  return next;
}

Transaction OpenSeals(const CommittedLedgers::Contents& committed, absl::Time now,
                      absl::Time recorded_at, std::size_t openings_max) {
  Transaction transaction;
  for (const auto& [election_id, sealed] : committed.sealed) {
    const ledger::ElectionLedger* const ledger = committed.Find(election_id);
    if (ledger == nullptr) continue;
    EntryBuilder builder(election_id, ledger, recorded_at);
    for (const int source_no : ledger->count().SealedSources()) {
      if (!election::MayBeOpened(ledger->count().definition(), source_no, now)) continue;
      OpenSealsOf(*ledger, sealed, source_no, openings_max, builder, transaction);
    }
  }
  return transaction;
}

}  // namespace canvass::aggregator
