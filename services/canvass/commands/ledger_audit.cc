#include "services/canvass/commands/ledger_audit.h"

#include <cstdint>
#include <string>
#include <variant>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/ledger/encoding.h"
#include "common/ledger/seal.h"
#include "fmt/format.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

absl::Status Difference(const Reason& reason, const std::string& message) {
  return MakeError(reason, message);
}

}  // namespace

absl::Status LedgerAudit::Add(const v1::LedgerEntry& entry) {
  const std::int64_t expected = tree_.size() + 1;
  if (entry.sequence() != expected) {
    return Difference(reason::kSequenceMissing, fmt::format("Expected entry {}, but got entry {}",
                                                            expected, entry.sequence()));
  }
  const ledger::Hash computed = ledger::LeafHash(entry.entry());
  if (ledger::ToHex(computed) != entry.entry_hash()) {
    return Difference(
        reason::kEntryHashDiffers,
        fmt::format("Entry {} is listed with the hash {}, but its bytes have the hash {}", expected,
                    entry.entry_hash(), ledger::ToHex(computed)));
  }
  const auto decoded = ledger::Decode(entry.entry());
  if (!decoded.ok() || decoded->sequence != expected) {
    return Difference(
        reason::kEntryMalformed,
        fmt::format("The bytes of entry {} do not decode to an entry with this sequence",
                    expected));
  }
  if (absl::Status seals = FollowSeals(*decoded); !seals.ok()) return seals;
  tree_.Add(computed);
  return absl::OkStatus();
}

absl::Status LedgerAudit::FollowSeals(const election::Entry& entry) {
  if (const auto* const seal = std::get_if<election::EmbargoSeal>(&entry.event)) {
    ++seals_;
    commitments_.emplace(entry.sequence, seal->commitment);
  } else if (const auto* const withdrawal = std::get_if<election::SealWithdrawal>(&entry.event)) {
    commitments_.erase(withdrawal->seal_sequence);
  } else if (const auto* const opening = std::get_if<election::SealOpening>(&entry.event)) {
    const auto closed = commitments_.find(opening->seal_sequence);
    const bool fits = closed != commitments_.end() &&
                      closed->second == ledger::CommitmentTo(opening->nonce, opening->content);
    if (!fits) {
      return Difference(reason::kEntryOutOfPlace,
                        fmt::format("Entry {} opens seal {}, but its content is not what that seal "
                                    "commits to",
                                    entry.sequence, opening->seal_sequence));
    }
    commitments_.erase(closed);
  }
  return absl::OkStatus();
}

std::string AuditText(const LedgerAudit& audit) {
  const auto grouped = [](std::int64_t number) { return GroupThousands(std::to_string(number)); };
  std::string text = fmt::format("The bytes of the entries 1 to {} match their hashes.\n",
                                 grouped(audit.sequence()));
  if (audit.seals() > 0) {
    text += fmt::format("{}; {} not open yet, and the others hide what was committed to.\n",
                        Counted(audit.seals(), "entry is a seal", "entries are seals"),
                        Counted(audit.closed_seals(), "is", "are"));
  }
  return text + fmt::format("The root {} is the same as the publisher's.\n", audit.Root());
}

}  // namespace canvass::cli
