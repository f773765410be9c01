#include "services/aggregator/watch/ledger_cursor.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/tally.h"
#include "common/rpc/message.h"

namespace canvass::aggregator {
namespace {

// Bytes that an entry takes in a message in addition to its content.
constexpr std::size_t kWatchedEntryOverhead = 16;

absl::Status Diverged(std::string_view election_id, std::string_view why) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, reason::kLedgerDiverged,
      StrCat("The watcher's copy of ", election_id, " does not match this ledger: ", why));
}

absl::Status InvalidPosition(int index, std::string_view description) {
  return FieldError(reason::kPositionInvalid, absl::StrCat("positions[", index, "]"), description);
}

std::size_t AddEntry(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                     v1::WatchedEntry* out) {
  const std::string_view bytes = ledger.log().Get(sequence);
  out->set_sequence(sequence);
  out->set_entry(std::string(bytes));
  return bytes.size() + kWatchedEntryOverhead;
}

void AddTally(const election::Definition& definition, const election::Count& count, int contest_no,
              int source_no, v1::Tally* out) {
  const election::Contest& contest = definition.contests()[Index(contest_no)];
  const int area_no = definition.AreaOfContest(contest_no);
  const election::Tally& tally = count.TallyOfArea(contest_no, source_no, area_no);
  out->set_contest_id(contest.id);
  out->set_source_id(definition.sources()[Index(source_no)].id);
  out->set_area_id(definition.areas()[Index(area_no)].id);
  for (std::size_t i = 0; i < contest.candidates.size(); ++i) {
    out->add_votes(i < tally.votes.size() ? tally.votes[i].total : 0);
  }
  out->set_blank_votes(tally.blank_votes.total);
  out->set_invalid_votes(tally.invalid_votes.total);
  out->set_ballots_cast(tally.ballots_cast.total);
  out->set_stations_counted(tally.reports);
}

void EndStep(const ledger::ElectionLedger& ledger, LedgerCursor::Message& message) {
  message.set_step_complete(true);
  message.set_sequence(ledger.sequence());
  message.set_root_hash(ledger::ToHex(ledger.log().Root()));
  const election::Definition& definition = ledger.count().definition();
  for (std::size_t contest = 0; contest < definition.contests().size(); ++contest) {
    for (std::size_t source = 0; source < definition.sources().size(); ++source) {
      AddTally(definition, ledger.count(), static_cast<int>(contest), static_cast<int>(source),
               message.add_tallies());
    }
  }
}

}  // namespace

absl::StatusOr<LedgerCursor> LedgerCursor::Start(const v1::WatchLedgerRequest& request,
                                                 const CommittedLedgers& committed,
                                                 AheadCallback ahead) {
  if (request.positions_size() > kPositionsMax) {
    return FieldError(reason::kPositionInvalid, "positions",
                      absl::StrCat("has ", request.positions_size(), " positions; at most ",
                                   kPositionsMax, " are allowed"));
  }
  const absl::Status size = rpc::CheckSize(request, kRequestBytesMax);
  if (!size.ok()) return size;
  LedgerCursor cursor(committed);
  cursor.only_election_id_ = request.election_id();
  cursor.ahead_ = std::move(ahead);
  for (int i = 0; i < request.positions_size(); ++i) {
    const v1::LedgerPosition& position = request.positions(i);
    if (position.sequence() < 0) {
      return InvalidPosition(i, absl::StrCat("sequence ", position.sequence(), " is negative"));
    }
    const auto [standing, is_new] = cursor.standings_.try_emplace(position.election_id());
    if (!is_new) {
      return InvalidPosition(i, absl::StrCat(position.election_id(), " already has a position"));
    }
    if (position.sequence() == 0) continue;
    standing->second.claim = Claim{.ledger_id = position.ledger_id(),
                                   .sequence = position.sequence(),
                                   .root_hash = position.root_hash()};
  }
  return cursor;
}

absl::StatusOr<LedgerCursor::Next> LedgerCursor::Advance(absl::Time now) {
  return committed_->Reading(
      [this, now](const CommittedLedgers::Contents& contents) -> absl::StatusOr<Next> {
        const absl::Status status = CheckCommitted(contents);
        if (!status.ok()) return status;
        const absl::StatusOr<bool> checked = CheckClaims(contents);
        if (!checked.ok()) return checked.status();
        if (!*checked) return Next{.more = true};
        std::optional<Message> message = NextMessage(contents);
        if (!message.has_value()) message = Confirmation(now);
        if (message.has_value()) message->set_ledger_id(contents.ledger_id);
        return Next{.message = std::move(message)};
      });
}

absl::Status LedgerCursor::CheckCommitted(const CommittedLedgers::Contents& committed) {
  if (!edition_.has_value()) {
    edition_ = committed.edition;
    if (!only_election_id_.empty()) return committed.Get(only_election_id_).status();
  }
  if (*edition_ == committed.edition) return absl::OkStatus();
  return Diverged("the elections", "the ledger was replaced");
}

// Returns false while there is more to check.
absl::StatusOr<bool> LedgerCursor::CheckClaims(const CommittedLedgers::Contents& committed) {
  for (auto& [election_id, standing] : standings_) {
    if (!standing.claim.has_value() || !IsWatched(election_id)) continue;
    const absl::StatusOr<bool> checked = CheckClaim(committed, election_id, standing);
    if (!checked.ok() || !*checked) return checked;
  }
  return true;
}

absl::StatusOr<bool> LedgerCursor::CheckClaim(const CommittedLedgers::Contents& committed,
                                              const std::string& election_id,
                                              Standing& standing) const {
  Claim& claim = *standing.claim;
  if (claim.ledger_id != committed.ledger_id) {
    return Diverged(election_id, StrCat("this is ledger ", committed.ledger_id));
  }
  const ledger::ElectionLedger* const ledger = committed.Find(election_id);
  const std::int64_t last = ledger == nullptr ? 0 : ledger->sequence();
  if (claim.sequence > last) return Ahead(election_id, claim, last);
  const ledger::EntryLog& log = ledger->log();
  const bool at_the_end = claim.sequence == last;
  const std::int64_t until = std::min(claim.sequence, claim.tree.size() + kLeavesCheckedMax);
  while (!at_the_end && claim.tree.size() < until) {
    claim.tree.Add(log.LeafHashOf(claim.tree.size() + 1));
  }
  if (!at_the_end && until < claim.sequence) return false;
  const ledger::Hash root = at_the_end ? log.Root() : claim.tree.Root();
  if (ledger::ToHex(root) != claim.root_hash) {
    return Diverged(election_id,
                    StrCat("at ", claim.sequence, " its root is ", ledger::ToHex(root)));
  }
  standing.sequence = claim.sequence;
  standing.claim.reset();
  return true;
}

absl::Status LedgerCursor::Ahead(const std::string& election_id, const Claim& claim,
                                 std::int64_t last_sequence) const {
  if (ahead_ != nullptr) {
    v1::LedgerPosition position;
    position.set_election_id(election_id);
    position.set_ledger_id(claim.ledger_id);
    position.set_sequence(claim.sequence);
    position.set_root_hash(claim.root_hash);
    ahead_(position, last_sequence);
  }
  return Diverged(election_id, StrCat("it ends at ", last_sequence));
}

std::optional<LedgerCursor::Message> LedgerCursor::NextMessage(
    const CommittedLedgers::Contents& committed) {
  const auto served = standings_.find(last_served_);
  const bool step_open = served != standings_.end() && served->second.step_open;
  auto next = step_open ? committed.ledgers.lower_bound(last_served_)
                        : committed.ledgers.upper_bound(last_served_);
  for (std::size_t i = 0; i < committed.ledgers.size(); ++i, ++next) {
    if (next == committed.ledgers.end()) next = committed.ledgers.begin();
    const auto& [election_id, ledger] = *next;
    if (!IsWatched(election_id) || !ledger->count().defined()) continue;
    std::optional<Message> message = MessageOf(*ledger, committed.traces);
    if (!message.has_value()) continue;
    message->set_election_id(election_id);
    last_served_ = election_id;
    return message;
  }
  return std::nullopt;
}

std::optional<LedgerCursor::Message> LedgerCursor::MessageOf(const ledger::ElectionLedger& ledger,
                                                             const RecentTraces& traces) {
  Standing& standing = standings_[ledger.election_id()];
  LedgerCursor::Message message;
  std::size_t bytes = 0;
  while (standing.sequence < ledger.sequence() && bytes < kMessageBytesMax) {
    v1::WatchedEntry& entry = *message.add_entries();
    bytes += AddEntry(ledger, ++standing.sequence, &entry);
    if (traces.empty()) continue;
    entry.set_trace_id(traces.Find(ledger.election_id(), standing.sequence));
    bytes += entry.trace_id().size();
  }
  if (bytes == 0 && !standing.step_open) return std::nullopt;
  standing.step_open = standing.sequence < ledger.sequence();
  if (!standing.step_open) EndStep(ledger, message);
  return message;
}

std::optional<LedgerCursor::Message> LedgerCursor::Confirmation(absl::Time now) {
  const absl::Duration since = now - confirmed_at_;
  // If the clock was set back, the time since the last confirmation is unknown.
  if (since >= absl::ZeroDuration() && since < kConfirmInterval) return std::nullopt;
  confirmed_at_ = now;
  return LedgerCursor::Message();
}

bool LedgerCursor::IsWatched(std::string_view election_id) const {
  return only_election_id_.empty() || only_election_id_ == election_id;
}

}  // namespace canvass::aggregator
