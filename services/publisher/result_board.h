#ifndef CANVASS_SERVICES_PUBLISHER_RESULT_BOARD_H_
#define CANVASS_SERVICES_PUBLISHER_RESULT_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/publisher/published_ledger.h"
#include "services/publisher/shown_election.h"

namespace canvass::publisher {

// Everything that this publisher shows. Fed with the messages of WatchTallies, it folds every entry
// by itself and shows a step only once it is complete, and root hash and tallies equal what the
// aggregator says. If they do not, the ledger has diverged: the figures before it stay, and the
// board says so. No election ever goes back in sequence.
//
// Any number of threads may read while one, the watching thread, feeds the board.
class ResultBoard {
 public:
  // `clock` must outlive the board.
  explicit ResultBoard(const Clock& clock) : clock_(clock) {}

  // For the watching thread.

  // Called on the watching thread after every step, confirmation and divergence. REQUIRES: nothing
  // was fed yet.
  void AddListener(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }
  // Where the board stands, for the aggregator to go on from.
  std::vector<aggregator::v1::LedgerPosition> Positions() const;
  // Takes the stream's next message. DATA_LOSS LEDGER_DIVERGED where a step is not what the
  // aggregator says, or does not follow what was there: the stream is of no use any more.
  absl::Status Take(const aggregator::v1::WatchTalliesResponse& message);
  // Forgets the parts of steps that were not completed: their stream has ended.
  void DropUnfinishedSteps() { steps_.clear(); }
  // The aggregator says that what is shown is not a beginning of its ledger. Until it sends
  // something again.
  void SayDiverged();

  // For readers.

  // Calls `read` with the election, which stands still until it returns; it must not ask the board
  // for anything else. UNAVAILABLE PUBLISHER_STARTING before the aggregator was heard, and
  // SEQUENCE_NOT_REACHED; NOT_FOUND ELECTION_UNKNOWN.
  absl::Status Read(std::string_view election_id, std::int64_t min_sequence,
                    absl::FunctionRef<absl::Status(const ShownElection&)> read) const;
  // The same for every election that has a definition, ordered by id.
  absl::Status ReadAll(absl::FunctionRef<absl::Status(const ShownElection&)> read) const;
  // 0 for an election that is not shown.
  std::int64_t SequenceOf(std::string_view election_id) const;
  // Whether everything that the aggregator has was shown at least once.
  bool IsReady() const;
  bool IsDiverged() const;

 private:
  // A step on its way.
  struct UnfinishedStep {
    std::string ledger_id;
    // Of an election that is not shown yet: folded as it comes, which nobody sees.
    std::unique_ptr<PublishedLedger> first;
    // Of all others, as they came.
    std::vector<aggregator::v1::WatchTalliesResponse> messages;
  };

  absl::Status TakePart(const aggregator::v1::WatchTalliesResponse& message);
  absl::Status ShowFirst(const aggregator::v1::WatchTalliesResponse& message, UnfinishedStep& step);
  absl::Status ShowNext(const aggregator::v1::WatchTalliesResponse& message,
                        const UnfinishedStep& step, ShownElection& shown);
  void ConfirmAll();
  ShownElection* Find(std::string_view election_id);
  void Notify() const;

  const Clock& clock_;
  std::vector<std::function<void()>> listeners_;

  // The watching thread's.
  std::map<std::string, UnfinishedStep, std::less<>> steps_;

  mutable SharedMutex mutex_;
  std::map<std::string, std::unique_ptr<ShownElection>, std::less<>> elections_
      ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> diverged_ ABSL_GUARDED_BY(mutex_);  // election ids
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;                         // see SayDiverged
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_RESULT_BOARD_H_
