#include "services/canvass/commands/ledger_audit.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/strings/escaping.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/ledger/encoding.h"
#include "fmt/format.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

absl::Status Difference(const Reason& reason, const std::string& message) {
  return MakeError(reason, message);
}

std::optional<ledger::Hash> FromHex(const std::string& text) {
  ledger::Hash hash{};
  const bool digits = text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (text.size() != 2 * hash.size() || !digits) return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(text);
  std::transform(bytes.begin(), bytes.end(), hash.begin(),
                 [](char byte) { return static_cast<std::uint8_t>(byte); });
  return hash;
}

}  // namespace

absl::Status LedgerAudit::Add(const v1::LedgerEntry& entry) {
  const std::int64_t expected = tree_.size() + 1;
  if (entry.sequence() != expected) {
    return Difference(reason::kSequenceMissing, fmt::format("Expected entry {}, but got entry {}",
                                                            expected, entry.sequence()));
  }
  if (entry.entry().empty()) {
    const std::optional<ledger::Hash> given = FromHex(entry.entry_hash());
    if (!given)
      return Difference(reason::kEntryHashDiffers,
                        fmt::format("Entry {} has neither bytes nor a valid hash", expected));
    ++hidden_;
    tree_.Add(*given);
    return absl::OkStatus();
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
  tree_.Add(computed);
  return absl::OkStatus();
}

std::string AuditText(const LedgerAudit& audit) {
  const auto grouped = [](std::int64_t number) { return GroupThousands(std::to_string(number)); };
  std::string text =
      fmt::format("{} of the entries 1 to {} have bytes that match their hashes.\n",
                  grouped(audit.sequence() - audit.hidden()), grouped(audit.sequence()));
  if (audit.hidden() > 0) {
    text += fmt::format("{} under embargo and cannot be checked until the bytes are public.\n",
                        Counted(audit.hidden(), "entry is", "entries are"));
  }
  return text + fmt::format("The root {} is the same as the publisher's.\n", audit.Root());
}

}  // namespace canvass::cli
