#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_SEALS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_SEALS_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/entry_builder.h"

// The entries that seal what a source under embargo says, and that open the seals afterwards.
namespace canvass::aggregator {

// Seals that one transaction opens.
inline constexpr std::size_t kOpeningsPerTransactionMax = 1'000;

// Whether what this source says now must be sealed, by the slowest clock that may be right: an
// embargo never ends early because one clock is fast.
bool MustSeal(const election::Count& count, int source_no, absl::Time now);

// Adds the seal of `content` and its content to the transaction. Returns the seal's entry, which is
// valid until the transaction changes. `now` stands for the end of an embargo that is over.
const AppendedEntry& AddSeal(EntryBuilder& builder, const election::Definition& definition,
                             election::SealedContent content, const election::SealNonce& nonce,
                             absl::Time now, Transaction& transaction);

// When the next seal may be opened; InfiniteFuture if there is none. A seal whose content is not
// known is never opened, nor are the later ones of its source.
absl::Time NextOpening(const CommittedLedgers::Contents& committed);

// Returns at most `openings_max` entries that open seals which may be opened at `now`, recorded at
// `recorded_at`.
Transaction OpenSeals(const CommittedLedgers::Contents& committed, absl::Time now,
                      absl::Time recorded_at, std::size_t openings_max);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_SEALS_H_
