#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "canvass/v1/ledger.pb.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"

namespace canvass::cli {

// A root that was written down.
struct KnownRoot {
  std::string root{};         // 64 lower-case hex digits
  std::int64_t sequence = 0;  // 0 if it is not known

  bool operator==(const KnownRoot&) const = default;
};

// Reads "HEX" or "HEX@SEQUENCE". Returns nullopt for anything else.
std::optional<KnownRoot> ParseKnownRoot(std::string_view text);

// Recomputes an election's ledger hashes from its entries' bytes, and compares what was sealed with
// the commitments to it. Not thread-safe.
class LedgerAudit {
 public:
  // Adds the next entry. Returns DATA_LOSS SEQUENCE_MISSING for a gap, ENTRY_HASH_DIFFERS if the
  // given leaf hash is not the hash of the bytes, ENTRY_MALFORMED if the bytes are not an entry
  // with this sequence, or ENTRY_OUT_OF_PLACE if it opens a seal with another content.
  absl::Status Add(const v1::LedgerEntry& entry);

  // Compares `known` with the roots of the entries that are added from now on.
  void LookFor(KnownRoot known) { sought_.push_back({.known = std::move(known)}); }
  // Returns OK if the entries are a continuation of every root that was looked for. Otherwise
  // returns DATA_LOSS LEDGER_DIVERGED with the roots and sequences.
  absl::Status CheckRoots() const;

  // Number of entries so far.
  std::int64_t sequence() const { return tree_.size(); }
  // Number of these entries that are seals, and of those that are neither opened nor withdrawn.
  std::int64_t seals() const { return seals_; }
  std::int64_t closed_seals() const { return static_cast<std::int64_t>(commitments_.size()); }
  // RFC 6962 tree head over the entries, in lower-case hex.
  std::string Root() const { return ledger::ToHex(tree_.Root()); }

 private:
  struct SoughtRoot {
    KnownRoot known{};
    std::string here{};  // root at its sequence, once that is reached
    bool found = false;
  };

  absl::Status FollowSeals(const election::Entry& entry);
  void CompareRoots();

  ledger::MerkleTree tree_;
  std::vector<SoughtRoot> sought_;
  std::int64_t seals_ = 0;
  absl::flat_hash_map<std::int64_t, ledger::Hash> commitments_;  // of closed seals, by sequence
};

// Describes for people an audit that found no difference.
std::string AuditText(const LedgerAudit& audit);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
