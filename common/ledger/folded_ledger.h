#ifndef CANVASS_COMMON_LEDGER_FOLDED_LEDGER_H_
#define CANVASS_COMMON_LEDGER_FOLDED_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/ledger/entry_log.h"

namespace canvass::ledger {

// One election's ledger with the count that it adds up to. Not thread-safe; const access may be
// shared.
class FoldedLedger {
 public:
  explicit FoldedLedger(std::string election_id) : election_id_(std::move(election_id)) {}

  const std::string& election_id() const { return election_id_; }
  std::int64_t sequence() const { return log_.size(); }
  // Of the last entry; InfinitePast before the first.
  absl::Time recorded_at() const { return recorded_at_; }
  const EntryLog& log() const { return log_; }
  const election::Count& count() const { return count_; }

  // Appends and folds the next entry. DATA_LOSS if the bytes are not an entry or not the next one.
  absl::Status Append(std::string_view bytes);
  // The same for an entry that was decoded or encoded before. REQUIRES: bytes == Encode(entry), the
  // next one.
  void Append(std::string_view bytes, const election::Entry& entry);
  // Takes over the parts of a definition. REQUIRES also: leaf_hash == LeafHash(bytes).
  void Append(std::string_view bytes, const Hash& leaf_hash, election::Entry&& entry);
  // Whether the count can fold `entry` now, wherever its bytes come from: DATA_LOSS where it names
  // a part that is not defined, a station outside the contest, or a revision that does not follow.
  absl::Status Check(const election::Entry& entry) const;
  // Takes the place of an entry under embargo.
  void AppendHidden(const Hash& leaf_hash) { log_.AppendHidden(leaf_hash); }
  // Folds what was hidden: in sequence within one source, and before anything newer of that source
  // is appended. DATA_LOSS if the bytes do not match the hash.
  absl::Status Disclose(std::int64_t sequence, std::string_view bytes);

  // Decodes an entry. REQUIRES: 1 <= sequence <= sequence(), not hidden.
  election::Entry EntryAt(std::int64_t sequence) const;

 private:
  void Log(std::string_view bytes, const Hash& leaf_hash, const election::Entry& entry);

  std::string election_id_;
  EntryLog log_;
  election::Count count_;
  absl::Time recorded_at_ = absl::InfinitePast();
};

// True while `entry` must not leave the aggregator: it belongs to a source whose visible_from lies
// after `now`.
bool IsUnderEmbargo(const election::Definition& definition, const election::Event& event,
                    absl::Time now);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_FOLDED_LEDGER_H_
