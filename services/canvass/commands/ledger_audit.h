#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "canvass/v1/ledger.pb.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"

namespace canvass::cli {

// Recomputes an election's ledger hashes from its entries' bytes, and compares what was sealed with
// the commitments to it. Not thread-safe.
class LedgerAudit {
 public:
  // Adds the next entry. Returns DATA_LOSS SEQUENCE_MISSING for a gap, ENTRY_HASH_DIFFERS if the
  // given leaf hash is not the hash of the bytes, ENTRY_MALFORMED if the bytes are not an entry
  // with this sequence, or ENTRY_OUT_OF_PLACE if it opens a seal with another content.
  absl::Status Add(const v1::LedgerEntry& entry);

  // Number of entries so far.
  std::int64_t sequence() const { return tree_.size(); }
  // Number of these entries that are seals, and of those that are neither opened nor withdrawn.
  std::int64_t seals() const { return seals_; }
  std::int64_t closed_seals() const { return static_cast<std::int64_t>(commitments_.size()); }
  // RFC 6962 tree head over the entries, in lower-case hex.
  std::string Root() const { return ledger::ToHex(tree_.Root()); }

 private:
  absl::Status FollowSeals(const election::Entry& entry);

  ledger::MerkleTree tree_;
  std::int64_t seals_ = 0;
  absl::flat_hash_map<std::int64_t, ledger::Hash> commitments_;  // of closed seals, by sequence
};

// Describes for people an audit whose root equals the publisher's.
std::string AuditText(const LedgerAudit& audit);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
