#ifndef CANVASS_COMMON_LEDGER_ELECTION_LEDGER_H_
#define CANVASS_COMMON_LEDGER_ELECTION_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/ledger/entry_log.h"

namespace canvass::ledger {

// The ledger of one election and the count of its entries. Not thread-safe; const access may be
// shared.
class ElectionLedger {
 public:
  explicit ElectionLedger(std::string election_id) : election_id_(std::move(election_id)) {}

  const std::string& election_id() const { return election_id_; }
  std::int64_t sequence() const { return log_.size(); }
  // Time of the last entry; InfinitePast before the first one.
  absl::Time recorded_at() const { return recorded_at_; }
  const EntryLog& log() const { return log_; }
  const election::Count& count() const { return count_; }

  // Appends and folds the next entry. Returns DATA_LOSS if the bytes are not an entry, not the next
  // one, or do not pass Check.
  absl::Status Append(std::string_view bytes);
  // The same for an entry that is already decoded. REQUIRES: bytes == Encode(entry), and `entry` is
  // the next one and passes Check.
  void Append(std::string_view bytes, const election::Entry& entry);
  // The same, but moves the parts of a definition out of `entry`. REQUIRES also: leaf_hash ==
  // LeafHash(bytes).
  void Append(std::string_view bytes, const Hash& leaf_hash, election::Entry&& entry);
  // Checks whether the count can fold `entry` now, wherever its bytes come from. Returns DATA_LOSS
  // if it names a part that is not defined, a station outside the contest, or a revision that does
  // not follow the newest one; or if it opens a seal too early or with another content.
  absl::Status Check(const election::Entry& entry) const;

  // Decodes an entry. REQUIRES: 1 <= sequence <= sequence().
  election::Entry EntryAt(std::int64_t sequence) const;
  // The same as the count takes it: of an opening, what was sealed.
  election::Entry CountedEntryAt(std::int64_t sequence) const;
  // The entry with which something was acknowledged that takes effect with `entry`, one of this
  // ledger: of an opening, its seal.
  struct Acknowledgement {
    std::int64_t sequence = 0;
    Hash entry_hash{};
    absl::Time recorded_at{};
    bool sealed = false;
  };
  Acknowledgement AcknowledgementOf(const election::Entry& entry) const;

 private:
  void Log(std::string_view bytes, const Hash& leaf_hash, const election::Entry& entry);

  std::string election_id_;
  EntryLog log_;
  election::Count count_;
  absl::Time recorded_at_ = absl::InfinitePast();
};

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_ELECTION_LEDGER_H_
