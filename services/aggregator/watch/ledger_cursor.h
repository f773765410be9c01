#ifndef CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_CURSOR_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/writer/committed_ledgers.h"

namespace canvass::aggregator {

// The position of one watcher in every election, and what it is sent next. A step ends when the
// watcher has all entries that the committed ledgers hold at that moment, so that the sequence,
// root hash and tallies at its end belong together. Not thread-safe.
class LedgerCursor {
 public:
  // Size of the entries in one message, so that steps with many stations do not fill the memory. A
  // single entry may exceed it.
  static constexpr std::size_t kMessageBytesMax = 1U << 20U;
  // Leaves of an election hashed at a time to check a position far back, which takes a few
  // milliseconds.
  static constexpr std::int64_t kLeavesCheckedMax = 4'000;
  // A watcher that receives nothing for much longer assumes that it is cut off.
  static constexpr absl::Duration kConfirmInterval = absl::Seconds(1);

  // What a watcher may ask with: a position for every election of a large installation. Each is
  // kept while it is checked.
  static constexpr int kPositionsMax = 1'000;
  static constexpr std::size_t kRequestBytesMax = std::size_t{256} << 10U;

  using Message = v1::WatchLedgerResponse;

  // Called, while the committed ledgers are read, with a watcher's position beyond their end.
  using AheadCallback =
      std::function<void(const v1::LedgerPosition& ahead, std::int64_t last_sequence)>;

  // `committed` must outlive the cursor. Returns INVALID_ARGUMENT POSITION_INVALID if an election
  // is named twice, a sequence is negative or there are too many positions, and REQUEST_TOO_LARGE.
  static absl::StatusOr<LedgerCursor> Start(const v1::WatchLedgerRequest& request,
                                            const CommittedLedgers& committed,
                                            AheadCallback ahead = nullptr);

  struct Next {
    std::optional<Message> message{};
    bool more = false;  // call Advance again at once, not only after a change or at NextTick
  };
  // Returns the next message, if there is one. Errors end the watch: FAILED_PRECONDITION
  // LEDGER_DIVERGED if the watcher's entries are not a prefix of the ledger, or the ledger was
  // replaced; NOT_FOUND ELECTION_UNKNOWN if the only election to watch does not exist.
  absl::StatusOr<Next> Advance(absl::Time now);

  // Returns when there is something to send even if nothing changes: a confirmation.
  absl::Time NextTick(absl::Time /*now*/) const { return confirmed_at_ + kConfirmInterval; }

 private:
  // The position that the watcher claims, while it is being checked.
  struct Claim {
    std::string ledger_id{};
    std::int64_t sequence = 0;
    std::string root_hash{};
    ledger::MerkleTree tree{};
  };
  struct Standing {
    std::optional<Claim> claim{};
    std::int64_t sequence = 0;  // last sequence that was sent
    bool step_open = false;     // something was sent since the last step ended
  };

  explicit LedgerCursor(const CommittedLedgers& committed) : committed_(&committed) {}

  absl::Status CheckCommitted(const CommittedLedgers::Contents& committed);
  absl::StatusOr<bool> CheckClaims(const CommittedLedgers::Contents& committed);
  absl::StatusOr<bool> CheckClaim(const CommittedLedgers::Contents& committed,
                                  const std::string& election_id, Standing& standing) const;
  absl::Status Ahead(const std::string& election_id, const Claim& claim,
                     std::int64_t last_sequence) const;
  std::optional<Message> NextMessage(const CommittedLedgers::Contents& committed);
  std::optional<Message> MessageOf(const ledger::ElectionLedger& ledger,
                                   const RecentTraces& traces);
  std::optional<Message> Confirmation(absl::Time now);
  bool IsWatched(std::string_view election_id) const;

  const CommittedLedgers* committed_;
  AheadCallback ahead_;           // may be null
  std::string only_election_id_;  // empty for all
  std::optional<int> edition_;    // of the committed ledgers; absent before the first Advance
  std::map<std::string, Standing, std::less<>> standings_;
  std::string last_served_;  // last election; elections take turns, step by step
  absl::Time confirmed_at_ = absl::InfinitePast();
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_CURSOR_H_
