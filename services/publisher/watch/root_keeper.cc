#include "services/publisher/watch/root_keeper.h"

#include <string>

#include "common/base/text.h"
#include "common/telemetry/log.h"

namespace canvass::publisher {

void RootKeeper::KeepIfDue() {
  const absl::Duration now = clock_.Now();
  if (now < next_at_) return;
  next_at_ = now + kSaveEvery;
  Keep();
}

void RootKeeper::Keep() {
  if (board_.IsDiverged()) return;
  process::KnownLedgers newest = known_;
  for (const aggregator::v1::LedgerPosition& position : board_.Positions()) {
    newest.Set(position.election_id(), {.ledger_id = position.ledger_id(),
                                        .sequence = position.sequence(),
                                        .hash = position.root_hash()});
  }
  if (newest.all() == known_.all()) return;
  const absl::Status saved = newest.Save();
  if (saved.ok()) {
    known_ = std::move(newest);
  } else {
    telemetry::LogWarning("The roots are not kept: " + telemetry::Describe(saved));
  }
}

}  // namespace canvass::publisher
