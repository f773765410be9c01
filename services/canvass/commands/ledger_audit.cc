#include "services/canvass/commands/ledger_audit.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/hash_text.h"
#include "common/base/reason.h"
#include "common/base/text.h"
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

std::optional<KnownRoot> ParseKnownRoot(std::string_view text) {
  const std::size_t at = text.find('@');
  KnownRoot known{.root = absl::AsciiStrToLower(ToAbsl(text.substr(0, at)))};
  if (!IsHashText(known.root)) return std::nullopt;
  if (at == std::string_view::npos) return known;
  const bool is_sequence =
      absl::SimpleAtoi(ToAbsl(text.substr(at + 1)), &known.sequence) && known.sequence > 0;
  return is_sequence ? std::optional(known) : std::nullopt;
}

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
  CompareRoots();
  return absl::OkStatus();
}

void LedgerAudit::CompareRoots() {
  for (SoughtRoot& sought : sought_) {
    const std::int64_t at = sought.known.sequence;
    if (sought.found || (at != 0 && at != sequence())) continue;
    std::string root = Root();
    sought.found = root == sought.known.root;
    if (at != 0) sought.here = std::move(root);
  }
}

absl::Status LedgerAudit::CheckRoots() const {
  for (const auto& [known, here, found] : sought_) {
    if (found) continue;
    std::string difference;
    if (known.sequence == 0) {
      difference = fmt::format("the root {} is the root at none of the sequences 1 to {}",
                               known.root, sequence());
    } else if (here.empty()) {
      difference = fmt::format("it ends at sequence {}, but the root {} is known of sequence {}",
                               sequence(), known.root, known.sequence);
    } else {
      difference = fmt::format("at sequence {} its root is {}, but the root {} is known",
                               known.sequence, here, known.root);
    }
    return Difference(
        reason::kLedgerDiverged,
        fmt::format("The ledger does not continue what was known of it: {}", difference));
  }
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
  return text + fmt::format("The root is {}@{}.\n", audit.Root(), audit.sequence());
}

}  // namespace canvass::cli
