#ifndef CANVASS_SERVICES_PUBLISHER_WATCH_ROOT_KEEPER_H_
#define CANVASS_SERVICES_PUBLISHER_WATCH_ROOT_KEEPER_H_

#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/process/known_ledgers.h"
#include "services/publisher/board/result_board.h"

namespace canvass::publisher {

// Keeps the last root of each election that the board shows in a file, so that a restart notices a
// ledger that is not a continuation. Used by the board's watching thread.
class RootKeeper {
 public:
  // A root is in the file within about this time: the aggregator confirms once a second.
  static constexpr absl::Duration kSaveEvery = absl::Seconds(1);

  // `board` and `clock` must outlive this.
  RootKeeper(process::KnownLedgers known, const ResultBoard& board, const SteadyClock& clock)
      : known_(std::move(known)), board_(board), clock_(clock) {}

  // Saves what has changed, unless that was done less than kSaveEvery ago or something has
  // diverged. If it cannot be saved, that is logged, and tried again the next time.
  void KeepIfDue();
  // The same without waiting, for the end.
  void Keep();

 private:
  process::KnownLedgers known_;
  const ResultBoard& board_;
  const SteadyClock& clock_;
  absl::Duration next_at_ = -absl::InfiniteDuration();
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_WATCH_ROOT_KEEPER_H_
