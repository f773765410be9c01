#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "canvass/v1/ledger.pb.h"
#include "common/ledger/merkle.h"

namespace canvass::cli {

// Recomputes an election's ledger hashes from its entries' bytes. Not thread-safe.
class LedgerAudit {
 public:
  // Adds the next entry. Returns DATA_LOSS SEQUENCE_MISSING for a gap, ENTRY_HASH_DIFFERS if the
  // given leaf hash is not the hash of the bytes, or ENTRY_MALFORMED if the bytes are not an entry
  // with this sequence.
  absl::Status Add(const v1::LedgerEntry& entry);

  // Number of entries so far.
  std::int64_t sequence() const { return tree_.size(); }
  // Number of these entries that are under embargo, for which only the hash was given.
  std::int64_t hidden() const { return hidden_; }
  // RFC 6962 tree head over the entries, in lower-case hex.
  std::string Root() const { return ledger::ToHex(tree_.Root()); }

 private:
  ledger::MerkleTree tree_;
  std::int64_t hidden_ = 0;
};

// Describes for people an audit whose root equals the publisher's.
std::string AuditText(const LedgerAudit& audit);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_LEDGER_AUDIT_H_
