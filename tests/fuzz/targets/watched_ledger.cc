// What an aggregator sends to a publisher: whatever comes, the board shows only whole steps that
// are right, and never goes back.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "services/publisher/board/result_board.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"
#include "tests/support/manual_clock.h"

namespace canvass::fuzz {
namespace {

using aggregator::v1::WatchLedgerResponse;

const std::vector<WatchLedgerResponse>& CountedMessages() {
  static const auto* const kMessages =
      new std::vector<WatchLedgerResponse>(CountedElectionStage()->Watched());
  return *kMessages;
}

// The root that the board shows of the election; empty if it shows none.
std::string RootOf(const publisher::ResultBoard& board) {
  for (const auto& position : board.Positions()) {
    if (position.election_id() == kElectionId) return position.root_hash();
  }
  return "";
}

// Even kinds of steps are messages. An odd one: the stream ends, and begins again with the whole
// ledger.
void RunWatchedLedger(std::string_view bytes) {
  testing::ManualClock clock;
  publisher::ResultBoard board(clock);
  for (const Step& step : SplitSession(bytes)) {
    if (step.kind % 2 == 1) {
      board.DropUnfinishedSteps();
      if (board.SequenceOf(kElectionId) > 0) continue;
      for (const WatchLedgerResponse& message : CountedMessages()) {
        board.Take(message).IgnoreError();
      }
      continue;
    }
    WatchLedgerResponse message;
    if (!message.ParseFromString(step.bytes)) continue;
    const std::int64_t before = board.SequenceOf(kElectionId);
    const std::string root = RootOf(board);
    const absl::Status taken = board.Take(message);
    const std::int64_t after = board.SequenceOf(kElectionId);
    Require(after >= before, "what is shown never goes back");
    Require(after == before || message.step_complete(), "only whole steps are shown");
    Require(after == before || RootOf(board) == message.root_hash(), "what is shown has the root");
    Require(after != before || RootOf(board) == root, "what is shown stays");
    Require(taken.ok() || after == before, "what is wrong is not shown");
    if (!taken.ok()) {
      RequireGoodError(taken);
      Require(board.IsDiverged(), "the board says that the ledger has diverged");
    }
  }
}

std::vector<std::string> WatchedLedgerSeeds() {
  std::vector<Step> whole;
  std::vector<Step> by_entry;
  WatchLedgerResponse all;
  for (const WatchLedgerResponse& message : CountedMessages()) {
    whole.push_back(StepOf(0, message));
    all.MergeFrom(message);
  }
  WatchLedgerResponse part = all;
  part.clear_tallies();
  part.clear_entries();
  part.clear_root_hash();
  part.clear_sequence();
  part.clear_step_complete();
  constexpr int kEntriesOfStep = 3;
  for (const auto& entry : all.entries()) {
    *part.add_entries() = entry;
    if (part.entries_size() < kEntriesOfStep) continue;
    by_entry.push_back(StepOf(0, part));
    part.clear_entries();
  }
  *all.mutable_entries() = part.entries();
  by_entry.push_back(StepOf(0, all));
  all.clear_entries();
  return {JoinSession(whole), JoinSession(by_entry), JoinSession({Step{.kind = 1}, whole.front()}),
          JoinSession({Step{.kind = 1}, StepOf(0, all)})};
}

const Registration kWatchedLedger({.name = "watched_ledger",
                                   .run = RunWatchedLedger,
                                   .seeds = WatchedLedgerSeeds,
                                   .steps = {&WatchLedgerResponse::default_instance(), nullptr},
                                   .words = WordsOfCountedElection()});

}  // namespace
}  // namespace canvass::fuzz
