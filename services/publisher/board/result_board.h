#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_BOARD_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/process/known_ledgers.h"
#include "services/publisher/board/ledger_with_history.h"
#include "services/publisher/board/published_election.h"

namespace canvass::publisher {

// Holds everything that this publisher shows. Takes the messages of WatchLedger and folds every
// entry itself. Shows a step only when it is complete, and its root hash and tallies equal the
// aggregator's. If they differ, the ledger has diverged: the board keeps the figures before the
// step and reports the divergence. No election ever goes back in sequence.
//
// Any number of threads may read. One thread, the watching thread, feeds the board.
class ResultBoard {
 public:
  // `known` is what was shown before a restart, with roots: an election whose ledger does not
  // continue it has diverged and is not shown. `clock` must outlive the board.
  explicit ResultBoard(const Clock& clock, process::KnownLedgerMap known = {})
      : clock_(clock), known_(std::move(known)) {}

  // For the watching thread.

  // Adds a function that is called on the watching thread after every step, confirmation and
  // divergence. Must not be called while another thread feeds the board.
  void AddListener(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }
  // Positions of all elections, from which the aggregator resumes.
  std::vector<aggregator::v1::LedgerPosition> Positions() const;
  // What was shown before a restart of elections that are not shown now.
  std::vector<aggregator::v1::LedgerPosition> PositionsBeforeRestart() const;
  // Takes the stream's next message. Returns DATA_LOSS LEDGER_DIVERGED if a step differs from what
  // the aggregator says or does not follow the ledger of the board. The stream is useless after
  // that.
  absl::Status Take(const aggregator::v1::WatchLedgerResponse& message);
  // Drops incomplete steps. Call it when their stream has ended.
  void DropUnfinishedSteps() { steps_.clear(); }
  // Marks the board as diverged until the next complete step or confirmation. Call it when the
  // aggregator says that the board's ledger is not a beginning of its own.
  void MarkDiverged();

  // For readers.

  // Calls `read` with the election, which does not change until `read` returns. `read` must not
  // call the board. Returns the status of `read`, or INVALID_ARGUMENT ELECTION_MISSING, UNAVAILABLE
  // PUBLISHER_STARTING before the aggregator was heard, UNAVAILABLE SEQUENCE_NOT_REACHED, NOT_FOUND
  // ELECTION_UNKNOWN, or DATA_LOSS LEDGER_DIVERGED if it is not shown for that reason.
  absl::Status Read(std::string_view election_id, std::int64_t min_sequence,
                    absl::FunctionRef<absl::Status(const PublishedElection&)> read) const;
  // Calls `read` with every election that has a definition, ordered by id, and stops at the first
  // error. Returns UNAVAILABLE PUBLISHER_STARTING before the aggregator was heard.
  absl::Status ReadAll(absl::FunctionRef<absl::Status(const PublishedElection&)> read) const;
  // Sequence of an election, 0 if it is not shown.
  std::int64_t SequenceOf(std::string_view election_id) const;
  // Whether the board has shown everything that the aggregator had, at least once.
  bool IsReady() const;
  bool IsDiverged() const;
  // OK once it has shown everything and while nothing has diverged; else why readers should ask
  // another publisher.
  absl::Status Ready() const;

 private:
  // An incomplete step.
  struct UnfinishedStep {
    std::string ledger_id;
    // Ledger of an election that is not shown yet. It is folded as entries arrive, because no
    // reader can see it.
    std::unique_ptr<LedgerWithHistory> first;
    // Messages of an election that is already shown, in order of arrival.
    std::vector<aggregator::v1::WatchLedgerResponse> messages;
  };

  absl::Status TakePart(const aggregator::v1::WatchLedgerResponse& message);
  absl::Status ShowFirst(const aggregator::v1::WatchLedgerResponse& message, UnfinishedStep& step);
  absl::Status ShowNext(const aggregator::v1::WatchLedgerResponse& message,
                        const UnfinishedStep& step, PublishedElection& election);
  absl::Status ConfirmAll();
  // Returns DATA_LOSS if the election was known before, and `ledger` does not continue it.
  absl::Status CheckKnown(std::string_view election_id, std::string_view ledger_id,
                          const ledger::ElectionLedger& ledger) const;
  // An election that was known before and that the aggregator does not have; empty if there is
  // none.
  std::string FindLost() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // The error for an election that is not shown.
  absl::Status NotShown(std::string_view election_id, std::int64_t min_sequence) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  PublishedElection* Find(std::string_view election_id);
  void Notify() const;

  const Clock& clock_;
  const process::KnownLedgerMap known_;
  std::vector<std::function<void()>> listeners_;

  // Used only by the watching thread.
  std::map<std::string, UnfinishedStep, std::less<>> steps_;

  mutable SharedMutex mutex_;
  std::map<std::string, std::unique_ptr<PublishedElection>, std::less<>> elections_
      ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> diverged_ ABSL_GUARDED_BY(mutex_);  // election ids
  bool position_rejected_ ABSL_GUARDED_BY(mutex_) = false;               // see MarkDiverged
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_RESULT_BOARD_H_
