#ifndef CANVASS_SERVICES_AGGREGATOR_TALLY_CURSOR_H_
#define CANVASS_SERVICES_AGGREGATOR_TALLY_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/ledger_book.h"

namespace canvass::aggregator {

// How far one watcher has got in every election, and what it is sent next. Entries of a source
// under embargo are sent as hashes, and once more, whole, when the embargo has ended. A step ends
// where the watcher has all that the book holds at that moment: sequence, root and tallies belong
// together.
//
// A watcher that resumes does not say which entries it has as hashes only: it is sent every entry
// once more of every source that has an end of embargo, as soon as that is past. It passes over
// those that it has.
//
// A message has either new entries or disclosed ones; what is disclosed comes before what is new,
// so that a source's entries can be folded in sequence. Not thread-safe.
class TallyCursor {
 public:
  // Of entries in one message, so that steps of many stations pass without filling memory; a single
  // entry may exceed it.
  static constexpr std::size_t kMessageBytesMax = 1U << 20U;
  // Leaves hashed at a time to check a position far back: a few milliseconds.
  static constexpr std::int64_t kLeavesCheckedMax = 4'000;
  // A watcher that hears nothing for much longer takes itself for cut off.
  static constexpr absl::Duration kConfirmInterval = absl::Seconds(1);

  using Message = v1::WatchTalliesResponse;

  // INVALID_ARGUMENT POSITION_INVALID: an election is named twice, or a sequence is negative. The
  // book is not owned.
  static absl::StatusOr<TallyCursor> Start(const v1::WatchTalliesRequest& request,
                                           const LedgerBook& book);

  struct Next {
    std::optional<Message> message{};
    bool more = false;  // without a message: ask again at once; else after a change or at NextTick
  };
  // Errors end the watching: FAILED_PRECONDITION LEDGER_DIVERGED, what the watcher has is not a
  // beginning of the ledger; NOT_FOUND ELECTION_UNKNOWN, there is no such election to watch.
  absl::StatusOr<Next> Advance(absl::Time now);

  // When there will be something to send although nothing changes: a confirmation, or what an
  // embargo kept back.
  absl::Time NextTick(absl::Time now) const;

 private:
  // Where the watcher says that it stands, while that is checked.
  struct Claim {
    std::string ledger_id{};
    std::int64_t sequence = 0;
    std::string root_hash{};
    ledger::MerkleTree tree{};
  };
  struct Standing {
    std::optional<Claim> claim{};
    std::int64_t sequence = 0;  // last one that was sent
    bool step_open = false;     // something was sent since the last step ended
    // By source: entries that the watcher may have as hashes only, rising.
    std::map<int, std::vector<std::int64_t>> withheld{};
  };

  explicit TallyCursor(const LedgerBook& book) : book_(&book) {}

  absl::Status CheckBook(const LedgerBook::Contents& book);
  absl::StatusOr<bool> CheckClaims(const LedgerBook::Contents& book);
  static absl::StatusOr<bool> CheckClaim(const LedgerBook::Contents& book,
                                         std::string_view election_id, Standing& standing);
  std::optional<Message> NextMessage(const LedgerBook::Contents& book, absl::Time now);
  std::optional<Message> MessageOf(const BookedLedger& booked, absl::Time now);
  std::optional<Message> Confirmation(absl::Time now);
  bool IsWatched(std::string_view election_id) const;

  const LedgerBook* book_;
  std::string only_election_id_;  // empty: all
  std::optional<int> edition_;    // of the book; absent before the first look
  std::map<std::string, Standing, std::less<>> standings_;
  std::string last_served_;  // elections take turns, step by step
  absl::Time confirmed_at_ = absl::InfinitePast();
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_TALLY_CURSOR_H_
