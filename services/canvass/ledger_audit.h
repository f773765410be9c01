#ifndef CANVASS_SERVICES_CANVASS_LEDGER_AUDIT_H_
#define CANVASS_SERVICES_CANVASS_LEDGER_AUDIT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "canvass/v1/ledger.pb.h"
#include "common/ledger/merkle.h"

namespace canvass {

// Recomputes an election's ledger hashes from its entries' bytes. Not thread-safe.
class LedgerAudit {
 public:
  // Takes the next entry. DATA_LOSS: SEQUENCE_MISSING for a gap, ENTRY_HASH_DIFFERS where the leaf
  // hash that was given is not the one of the bytes, ENTRY_MALFORMED for bytes that are no entry of
  // this sequence.
  absl::Status Add(const v1::LedgerEntry& entry);

  // Entries so far.
  std::int64_t sequence() const { return tree_.size(); }
  // Of those, entries under embargo, of which only the hash was given.
  std::int64_t hidden() const { return hidden_; }
  // RFC 6962 tree head over them, lower-case hex.
  std::string Root() const { return ledger::ToHex(tree_.Root()); }

 private:
  ledger::MerkleTree tree_;
  std::int64_t hidden_ = 0;
};

// What an audit whose root was the publisher's has shown, for people.
std::string AuditText(const LedgerAudit& audit);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_LEDGER_AUDIT_H_
