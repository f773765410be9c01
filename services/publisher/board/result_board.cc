#include "services/publisher/board/result_board.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/tally.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"

namespace canvass::publisher {
namespace {

using aggregator::v1::WatchedEntry;
using aggregator::v1::WatchLedgerResponse;

// Retry delay of a reader that asks for something that has not arrived yet.
constexpr int kRetryAfterMs = 100;

absl::Status Diverged(const std::string& election_id, std::string_view what) {
  return MakeError(reason::kLedgerDiverged,
                   StrCat("The ledger of election \"", election_id, "\" has diverged: ", what),
                   {.metadata = {{"election_id", election_id}}});
}

// Folds the entries of a message.
absl::Status AppendAll(LedgerWithHistory& ledger, const WatchLedgerResponse& message) {
  for (const WatchedEntry& watched : message.entries()) {
    const absl::StatusOr<election::Entry> entry = ledger::Decode(watched.entry());
    if (!entry.ok()) return entry.status();
    if (absl::Status appended = ledger.Append(watched.entry(), *entry); !appended.ok()) {
      return appended;
    }
  }
  return absl::OkStatus();
}

absl::Status AppendAll(LedgerWithHistory& ledger,
                       const std::vector<WatchLedgerResponse>& messages) {
  for (const WatchLedgerResponse& message : messages) {
    if (absl::Status appended = AppendAll(ledger, message); !appended.ok()) return appended;
  }
  return absl::OkStatus();
}

// Returns the root hash that the ledger will have with the entries of the messages.
ledger::Hash RootWith(const ledger::ElectionLedger& ledger,
                      const std::vector<WatchLedgerResponse>& messages) {
  ledger::MerkleTree tree = ledger.log().tree();
  for (const WatchLedgerResponse& message : messages) {
    for (const WatchedEntry& watched : message.entries()) {
      tree.Add(ledger::LeafHash(watched.entry()));
    }
  }
  return tree.Root();
}

bool SameVotes(const std::vector<election::Sum>& folded,
               const google::protobuf::RepeatedField<std::int64_t>& said) {
  for (std::size_t i = 0; i < std::max(folded.size(), static_cast<std::size_t>(said.size())); ++i) {
    const std::int64_t ours = i < folded.size() ? folded[i].total : 0;
    const std::int64_t theirs = static_cast<int>(i) < said.size() ? said[static_cast<int>(i)] : 0;
    if (ours != theirs) return false;
  }
  return true;
}

// Whether the aggregator's tally equals the folded one.
bool IsSame(const election::Count& count, const aggregator::v1::Tally& said) {
  const election::Definition& definition = count.definition();
  const std::optional<int> contest = definition.FindContest(said.contest_id());
  const std::optional<int> source = definition.FindSource(said.source_id());
  const std::optional<int> area = definition.FindArea(said.area_id());
  if (!contest || !source || !area) return false;
  const election::Tally& folded = count.TallyOfArea(*contest, *source, *area);
  return SameVotes(folded.votes, said.votes()) && folded.blank_votes.total == said.blank_votes() &&
         folded.invalid_votes.total == said.invalid_votes() &&
         folded.ballots_cast.total == said.ballots_cast() &&
         folded.reports == said.stations_counted();
}

// Compares `ledger` with what the aggregator says at the end of a step. Returns DATA_LOSS if they
// differ.
absl::Status CheckStep(const ledger::ElectionLedger& ledger, const WatchLedgerResponse& end) {
  if (ledger.sequence() != end.sequence()) {
    return absl::DataLossError(StrCat("the step ends with entry ", ledger.sequence(),
                                      ", but should end with entry ", end.sequence()));
  }
  if (const std::string root = ledger::ToHex(ledger.log().Root()); root != end.root_hash()) {
    return absl::DataLossError(StrCat("at sequence ", end.sequence(), " the root hash is ", root,
                                      ", but the aggregator's is ", end.root_hash()));
  }
  if (!ledger.count().defined()) return absl::OkStatus();
  for (const aggregator::v1::Tally& tally : end.tallies()) {
    if (IsSame(ledger.count(), tally)) continue;
    return absl::DataLossError(StrCat("at sequence ", end.sequence(), " the tally of contest \"",
                                      tally.contest_id(), "\" from source \"", tally.source_id(),
                                      "\" differs from the aggregator's"));
  }
  return absl::OkStatus();
}

absl::Status NotReached(std::int64_t sequence, std::int64_t min_sequence) {
  return MakeError(
      reason::kSequenceNotReached,
      StrCat("This publisher is at sequence ", sequence, ", but the request requires sequence ",
             min_sequence, ". Try again."),
      {.metadata = {{"sequence", StrCat(sequence)}, {"min_sequence", StrCat(min_sequence)}},
       .retry_after_ms = kRetryAfterMs});
}

}  // namespace

std::vector<aggregator::v1::LedgerPosition> ResultBoard::Positions() const {
  const ReaderLock lock(mutex_);
  std::vector<aggregator::v1::LedgerPosition> positions;
  for (const auto& [election_id, election] : elections_) {
    aggregator::v1::LedgerPosition& position = positions.emplace_back();
    position.set_election_id(election_id);
    position.set_ledger_id(election->ledger_id());
    position.set_sequence(election->ledger().sequence());
    position.set_root_hash(ledger::ToHex(election->ledger().log().Root()));
  }
  return positions;
}

std::vector<aggregator::v1::LedgerPosition> ResultBoard::PositionsBeforeRestart() const {
  const ReaderLock lock(mutex_);
  std::vector<aggregator::v1::LedgerPosition> positions;
  for (const auto& [election_id, known] : known_) {
    if (elections_.contains(election_id)) continue;
    aggregator::v1::LedgerPosition& position = positions.emplace_back();
    position.set_election_id(election_id);
    position.set_ledger_id(known.ledger_id);
    position.set_sequence(known.sequence);
    position.set_root_hash(known.hash);
  }
  return positions;
}

absl::Status ResultBoard::Take(const WatchLedgerResponse& message) {
  absl::Status taken;
  if (message.election_id().empty()) {
    taken = ConfirmAll();
  } else {
    taken = TakePart(message);
    if (!taken.ok()) {
      steps_.erase(message.election_id());
      const WriterLock lock(mutex_);
      diverged_.insert(message.election_id());
    }
  }
  if (!taken.ok() || message.election_id().empty() || message.step_complete()) Notify();
  return taken;
}

void ResultBoard::MarkDiverged() {
  {
    const WriterLock lock(mutex_);
    position_rejected_ = true;
  }
  Notify();
}

absl::Status ResultBoard::Read(
    std::string_view election_id, std::int64_t min_sequence,
    absl::FunctionRef<absl::Status(const PublishedElection&)> read) const {
  if (election_id.empty()) {
    return FieldError(reason::kElectionMissing, "election_id", "is required");
  }
  const ReaderLock lock(mutex_);
  const auto found = elections_.find(election_id);
  if (found == elections_.end() || !found->second->count().defined()) {
    return NotShown(election_id, min_sequence);
  }
  const PublishedElection& election = *found->second;
  if (election.ledger().sequence() < min_sequence) {
    return NotReached(election.ledger().sequence(), min_sequence);
  }
  return read(election);
}

absl::Status ResultBoard::ReadAll(
    absl::FunctionRef<absl::Status(const PublishedElection&)> read) const {
  const ReaderLock lock(mutex_);
  if (!ready_) return NotShown("", 0);
  for (const auto& [election_id, election] : elections_) {
    if (!election->count().defined()) continue;
    if (absl::Status status = read(*election); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ResultBoard::NotShown(std::string_view election_id, std::int64_t min_sequence) const {
  constexpr std::string_view kWhy = "it does not continue what was shown before";
  if (diverged_.contains(election_id)) return Diverged(std::string(election_id), kWhy);
  // What has diverged keeps the board from becoming ready.
  if (!ready_ && !diverged_.empty()) return Diverged(*diverged_.begin(), kWhy);
  const std::vector<std::pair<std::string, std::string>> metadata = {
      {"election_id", std::string(election_id)}};
  if (!ready_) {
    return MakeError(reason::kPublisherStarting,
                     "This publisher is starting and has not received everything from the "
                     "aggregator yet. Try again.",
                     {.retry_after_ms = kRetryAfterMs});
  }
  if (min_sequence > 0) {
    return MakeError(
        reason::kSequenceNotReached,
        StrCat("This publisher has not received election \"", election_id,
               "\" yet, and the request requires sequence ", min_sequence, ". Try again."),
        {.metadata = metadata, .retry_after_ms = kRetryAfterMs});
  }
  return MakeError(reason::kElectionUnknown, StrCat("There is no election \"", election_id, "\"."),
                   {.metadata = metadata});
}

std::int64_t ResultBoard::SequenceOf(std::string_view election_id) const {
  const ReaderLock lock(mutex_);
  const auto found = elections_.find(election_id);
  return found == elections_.end() ? 0 : found->second->ledger().sequence();
}

bool ResultBoard::IsReady() const {
  const ReaderLock lock(mutex_);
  return ready_;
}

bool ResultBoard::IsDiverged() const {
  const ReaderLock lock(mutex_);
  return position_rejected_ || !diverged_.empty();
}

absl::Status ResultBoard::Ready() const {
  const ReaderLock lock(mutex_);
  if (!diverged_.empty()) return Diverged(*diverged_.begin(), "its last figures stay");
  if (position_rejected_) {
    return MakeError(reason::kLedgerDiverged,
                     "The aggregator's ledger does not continue what was shown");
  }
  return ready_ ? absl::OkStatus() : NotShown("", 0);
}

absl::Status ResultBoard::TakePart(const WatchLedgerResponse& message) {
  PublishedElection* const election = Find(message.election_id());
  UnfinishedStep& step = steps_[message.election_id()];
  if (step.ledger_id.empty()) step.ledger_id = message.ledger_id();
  const std::string& known_ledger_id = election != nullptr ? election->ledger_id() : step.ledger_id;
  if (message.ledger_id() != known_ledger_id) {
    return Diverged(message.election_id(), StrCat("its ledger_id is ", message.ledger_id(),
                                                  ", but was ", known_ledger_id));
  }
  absl::Status taken;
  if (election == nullptr) {
    if (step.first == nullptr) {
      step.first = std::make_unique<LedgerWithHistory>(message.election_id());
    }
    taken = AppendAll(*step.first, message);
    if (taken.ok() && message.step_complete()) taken = ShowFirst(message, step);
  } else {
    step.messages.push_back(message);
    if (message.step_complete()) taken = ShowNext(message, step, *election);
  }
  if (!taken.ok()) return Diverged(message.election_id(), StrCat(taken.message()));
  if (message.step_complete()) steps_.erase(message.election_id());
  return absl::OkStatus();
}

absl::Status ResultBoard::ShowFirst(const WatchLedgerResponse& message, UnfinishedStep& step) {
  absl::Status checked = CheckStep(step.first->ledger(), message);
  if (checked.ok()) {
    checked = CheckKnown(message.election_id(), step.ledger_id, step.first->ledger());
  }
  if (!checked.ok()) return checked;
  auto election =
      std::make_unique<PublishedElection>(step.ledger_id, std::move(step.first), clock_.Now());
  const WriterLock lock(mutex_);
  elections_.emplace(message.election_id(), std::move(election));
  diverged_.erase(message.election_id());
  position_rejected_ = false;
  return absl::OkStatus();
}

absl::Status ResultBoard::ShowNext(const WatchLedgerResponse& message, const UnfinishedStep& step,
                                   PublishedElection& election) {
  // Checks the root hash before it folds anything, because the entries of another ledger may not be
  // valid in this one.
  const std::string root = ledger::ToHex(RootWith(election.ledger(), step.messages));
  if (root != message.root_hash()) {
    return absl::DataLossError(StrCat("with the entries of the step the root hash is ", root,
                                      ", but the aggregator's is ", message.root_hash()));
  }
  const std::int64_t sequence_before = election.ledger().sequence();
  const WriterLock lock(mutex_);
  absl::Status folded = AppendAll(election.ledger_with_history(), step.messages);
  if (folded.ok()) folded = CheckStep(election.ledger(), message);
  if (!folded.ok()) {
    // No reader has seen the step, because readers wait for the lock. This is rare enough to fold
    // everything again.
    election.Replace(election.ledger_with_history().AsOf(sequence_before));
    return folded;
  }
  election.EndStep(clock_.Now());
  diverged_.erase(message.election_id());
  position_rejected_ = false;
  return absl::OkStatus();
}

absl::Status ResultBoard::ConfirmAll() {
  const absl::Time now = clock_.Now();
  const WriterLock lock(mutex_);
  const std::string lost = FindLost();
  if (!lost.empty()) {
    diverged_.insert(lost);
    return Diverged(lost, StrCat("this publisher has shown sequence ", known_.at(lost).sequence,
                                 ", but the aggregator does not have it"));
  }
  ready_ = true;
  position_rejected_ = false;
  for (const auto& [election_id, election] : elections_) {
    if (!diverged_.contains(election_id)) election->Confirm(now);
  }
  return absl::OkStatus();
}

std::string ResultBoard::FindLost() const {
  for (const auto& [election_id, ledger] : known_) {
    if (!elections_.contains(election_id)) return election_id;
  }
  return "";
}

absl::Status ResultBoard::CheckKnown(std::string_view election_id, std::string_view ledger_id,
                                     const ledger::ElectionLedger& ledger) const {
  const auto found = known_.find(election_id);
  if (found == known_.end()) return absl::OkStatus();
  const process::KnownLedger& known = found->second;
  const std::string shown = StrCat("this publisher has shown sequence ", known.sequence,
                                   " with the root ", known.hash, " of ledger ", known.ledger_id);
  if (ledger_id != known.ledger_id) {
    return absl::DataLossError(StrCat(shown, ", but this is ledger ", ledger_id));
  }
  if (ledger.sequence() < known.sequence) {
    return absl::DataLossError(StrCat(shown, ", but it ends at sequence ", ledger.sequence()));
  }
  const std::string root = ledger::ToHex(ledger.log().RootAt(known.sequence));
  if (root == known.hash) return absl::OkStatus();
  return absl::DataLossError(StrCat(shown, ", but there its root is ", root));
}

PublishedElection* ResultBoard::Find(std::string_view election_id) {
  const ReaderLock lock(mutex_);
  const auto found = elections_.find(election_id);
  return found == elections_.end() ? nullptr : found->second.get();
}

void ResultBoard::Notify() const {
  for (const std::function<void()>& listener : listeners_) listener();
}

}  // namespace canvass::publisher
