#include "services/aggregator/tally_cursor.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/tally.h"

namespace canvass::aggregator {
namespace {

// Bytes that an entry takes in a message besides its own.
constexpr std::size_t kWatchedEntryOverhead = 16;

absl::Status Diverged(std::string_view election_id, std::string_view why) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      StrCat("What the watcher has of ", election_id, " is not a beginning of this ledger: ", why),
      {.reason = "LEDGER_DIVERGED"});
}

absl::Status InvalidPosition(int index, std::string_view description) {
  return FieldError("POSITION_INVALID", absl::StrCat("positions[", index, "]"), description);
}

bool IsUnderEmbargo(const election::Source& source, absl::Time now) {
  return source.visible_from.has_value() && *source.visible_from > now;
}

bool IsUnderEmbargo(const election::Definition& definition, int source_no, absl::Time now) {
  return IsUnderEmbargo(definition.sources()[Index(source_no)], now);
}

// Finds out, for rising sequences, which of them belong to a source under embargo.
class EmbargoedEntries {
 public:
  EmbargoedEntries(const BookedLedger& booked, absl::Time now, std::int64_t after) {
    const auto& sources = booked.count().definition().sources();
    for (std::size_t no = 0; no < sources.size(); ++no) {
      if (!IsUnderEmbargo(sources[no], now)) continue;
      const int source_no = static_cast<int>(no);
      const std::vector<std::int64_t>& entries = booked.EntriesOfSource(source_no);
      waiting_.push_back({.source_no = source_no,
                          .next = std::upper_bound(entries.begin(), entries.end(), after),
                          .end = entries.end()});
    }
  }

  // Its source; absent if the entry is under no embargo.
  std::optional<int> SourceOf(std::int64_t sequence) {
    for (Waiting& of_source : waiting_) {
      while (of_source.next != of_source.end && *of_source.next < sequence) ++of_source.next;
      if (of_source.next != of_source.end && *of_source.next == sequence)
        return of_source.source_no;
    }
    return std::nullopt;
  }

 private:
  struct Waiting {
    int source_no = 0;
    std::vector<std::int64_t>::const_iterator next{};
    std::vector<std::int64_t>::const_iterator end{};
  };
  std::vector<Waiting> waiting_;
};

std::size_t AddEntry(const BookedLedger& booked, std::int64_t sequence, v1::WatchedEntry* out) {
  const std::string_view bytes = booked.folded().log().Get(sequence);
  out->set_sequence(sequence);
  out->set_entry(std::string(bytes));
  return bytes.size() + kWatchedEntryOverhead;
}

std::size_t AddHash(const BookedLedger& booked, std::int64_t sequence, v1::WatchedEntry* out) {
  const ledger::Hash hash = booked.folded().log().LeafHashOf(sequence);
  out->set_sequence(sequence);
  out->set_leaf_hash(std::string(hash.begin(), hash.end()));
  return hash.size() + kWatchedEntryOverhead;
}

// Fills the message with entries whose embargo is over. False if some are left for the next one.
bool AddDisclosed(const BookedLedger& booked, absl::Time now,
                  std::map<int, std::vector<std::int64_t>>& withheld,
                  TallyCursor::Message& message) {
  std::size_t bytes = 0;
  for (auto of_source = withheld.begin(); of_source != withheld.end();) {
    auto& [source_no, sequences] = *of_source;
    if (IsUnderEmbargo(booked.count().definition(), source_no, now)) {
      ++of_source;
      continue;
    }
    auto next = sequences.begin();
    while (next != sequences.end() && bytes < TallyCursor::kMessageBytesMax) {
      bytes += AddEntry(booked, *next++, message.add_disclosed_entries());
    }
    sequences.erase(sequences.begin(), next);
    if (!sequences.empty()) return false;
    of_source = withheld.erase(of_source);
  }
  return true;
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

void EndStep(const BookedLedger& booked, absl::Time now, TallyCursor::Message& message) {
  message.set_step_complete(true);
  message.set_sequence(booked.sequence());
  message.set_root_hash(ledger::ToHex(booked.folded().log().Root()));
  const election::Definition& definition = booked.count().definition();
  for (std::size_t contest = 0; contest < definition.contests().size(); ++contest) {
    for (std::size_t source = 0; source < definition.sources().size(); ++source) {
      if (IsUnderEmbargo(definition.sources()[source], now)) continue;
      AddTally(definition, booked.count(), static_cast<int>(contest), static_cast<int>(source),
               message.add_tallies());
    }
  }
}

// What a watcher that resumes may have as hashes only.
std::map<int, std::vector<std::int64_t>> PerhapsWithheld(const BookedLedger& booked,
                                                         std::int64_t until) {
  std::map<int, std::vector<std::int64_t>> withheld;
  const auto& sources = booked.count().definition().sources();
  for (std::size_t no = 0; no < sources.size(); ++no) {
    if (!sources[no].visible_from.has_value()) continue;
    const std::vector<std::int64_t>& entries = booked.EntriesOfSource(static_cast<int>(no));
    const auto end = std::upper_bound(entries.begin(), entries.end(), until);
    if (end != entries.begin()) withheld[static_cast<int>(no)].assign(entries.begin(), end);
  }
  return withheld;
}

}  // namespace

absl::StatusOr<TallyCursor> TallyCursor::Start(const v1::WatchTalliesRequest& request,
                                               const LedgerBook& book) {
  TallyCursor cursor(book);
  cursor.only_election_id_ = request.election_id();
  for (int i = 0; i < request.positions_size(); ++i) {
    const v1::LedgerPosition& position = request.positions(i);
    if (position.sequence() < 0) {
      return InvalidPosition(i, absl::StrCat("sequence ", position.sequence(), " is negative"));
    }
    const auto [standing, is_new] = cursor.standings_.try_emplace(position.election_id());
    if (!is_new) {
      return InvalidPosition(i, absl::StrCat(position.election_id(), " has a position already"));
    }
    if (position.sequence() == 0) continue;
    standing->second.claim = Claim{.ledger_id = position.ledger_id(),
                                   .sequence = position.sequence(),
                                   .root_hash = position.root_hash()};
  }
  return cursor;
}

absl::StatusOr<TallyCursor::Next> TallyCursor::Advance(absl::Time now) {
  return book_->Reading([this, now](const LedgerBook::Contents& contents) -> absl::StatusOr<Next> {
    const absl::Status status = CheckBook(contents);
    if (!status.ok()) return status;
    const absl::StatusOr<bool> checked = CheckClaims(contents);
    if (!checked.ok()) return checked.status();
    if (!*checked) return Next{.more = true};
    std::optional<Message> message = NextMessage(contents, now);
    if (!message.has_value()) message = Confirmation(now);
    if (message.has_value()) message->set_ledger_id(contents.ledger_id);
    return Next{.message = std::move(message)};
  });
}

absl::Time TallyCursor::NextTick(absl::Time now) const {
  return book_->Reading([this, now](const LedgerBook::Contents& contents) {
    absl::Time next = confirmed_at_ + kConfirmInterval;
    for (const auto& [election_id, booked] : contents.ledgers) {
      if (!IsWatched(election_id)) continue;
      for (const election::Source& source : booked->count().definition().sources()) {
        if (IsUnderEmbargo(source, now)) next = std::min(next, *source.visible_from);
      }
    }
    return next;
  });
}

absl::Status TallyCursor::CheckBook(const LedgerBook::Contents& book) {
  if (!edition_.has_value()) {
    edition_ = book.edition;
    if (!only_election_id_.empty()) return book.Get(only_election_id_).status();
  }
  if (*edition_ == book.edition) return absl::OkStatus();
  return Diverged("the elections", "the ledger was replaced");
}

// False while there is more to check.
absl::StatusOr<bool> TallyCursor::CheckClaims(const LedgerBook::Contents& book) {
  for (auto& [election_id, standing] : standings_) {
    if (!standing.claim.has_value() || !IsWatched(election_id)) continue;
    const absl::StatusOr<bool> checked = CheckClaim(book, election_id, standing);
    if (!checked.ok() || !*checked) return checked;
  }
  return true;
}

absl::StatusOr<bool> TallyCursor::CheckClaim(const LedgerBook::Contents& book,
                                             std::string_view election_id, Standing& standing) {
  Claim& claim = *standing.claim;
  if (claim.ledger_id != book.ledger_id) {
    return Diverged(election_id, StrCat("this is ledger ", book.ledger_id));
  }
  const BookedLedger* const booked = book.Find(election_id);
  const std::int64_t last = booked == nullptr ? 0 : booked->sequence();
  if (claim.sequence > last) return Diverged(election_id, StrCat("it ends at ", last));
  const ledger::EntryLog& log = booked->folded().log();
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
  standing.withheld = PerhapsWithheld(*booked, claim.sequence);
  standing.claim.reset();
  return true;
}

std::optional<TallyCursor::Message> TallyCursor::NextMessage(const LedgerBook::Contents& book,
                                                             absl::Time now) {
  const auto served = standings_.find(last_served_);
  const bool step_open = served != standings_.end() && served->second.step_open;
  auto next =
      step_open ? book.ledgers.lower_bound(last_served_) : book.ledgers.upper_bound(last_served_);
  for (std::size_t i = 0; i < book.ledgers.size(); ++i, ++next) {
    if (next == book.ledgers.end()) next = book.ledgers.begin();
    const auto& [election_id, booked] = *next;
    if (!IsWatched(election_id) || !booked->count().defined()) continue;
    std::optional<Message> message = MessageOf(*booked, now);
    if (!message.has_value()) continue;
    message->set_election_id(election_id);
    last_served_ = election_id;
    return message;
  }
  return std::nullopt;
}

std::optional<TallyCursor::Message> TallyCursor::MessageOf(const BookedLedger& booked,
                                                           absl::Time now) {
  Standing& standing = standings_[booked.folded().election_id()];
  TallyCursor::Message message;
  const bool all_disclosed = AddDisclosed(booked, now, standing.withheld, message);
  if (message.disclosed_entries().empty()) {
    EmbargoedEntries embargoed(booked, now, standing.sequence);
    std::size_t bytes = 0;
    while (standing.sequence < booked.sequence() && bytes < kMessageBytesMax) {
      const std::int64_t sequence = ++standing.sequence;
      const std::optional<int> source_no = embargoed.SourceOf(sequence);
      if (source_no.has_value()) standing.withheld[*source_no].push_back(sequence);
      bytes += source_no.has_value() ? AddHash(booked, sequence, message.add_entries())
                                     : AddEntry(booked, sequence, message.add_entries());
    }
    if (bytes == 0 && !standing.step_open) return std::nullopt;
  }
  standing.step_open = !all_disclosed || standing.sequence < booked.sequence();
  if (!standing.step_open) EndStep(booked, now, message);
  return message;
}

std::optional<TallyCursor::Message> TallyCursor::Confirmation(absl::Time now) {
  const absl::Duration since = now - confirmed_at_;
  // A clock that was set back says nothing about how long it is.
  if (since >= absl::ZeroDuration() && since < kConfirmInterval) return std::nullopt;
  confirmed_at_ = now;
  return TallyCursor::Message();
}

bool TallyCursor::IsWatched(std::string_view election_id) const {
  return only_election_id_.empty() || only_election_id_ == election_id;
}

}  // namespace canvass::aggregator
