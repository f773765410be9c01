#include "services/canvass/commands/ledger_audit.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

v1::LedgerEntry EntryOf(std::int64_t sequence) {
  const election::Entry entry = {
      .sequence = sequence,
      .recorded_at = absl::FromUnixSeconds(1707300000 + sequence),
      .actor = "local",
      .event = election::ContestReopening{.reason = "recount " + std::to_string(sequence)}};
  v1::LedgerEntry out;
  out.set_sequence(sequence);
  out.set_entry(ledger::Encode(entry));
  out.set_entry_hash(ledger::ToHex(ledger::LeafHash(out.entry())));
  return out;
}

// RFC 6962, section 2.1, for three leaves, written out.
std::string RootOfThree(const std::vector<v1::LedgerEntry>& entries) {
  const auto bytes = [](const ledger::Hash& hash) { return std::string(hash.begin(), hash.end()); };
  const auto leaf = [&](int i) {
    return bytes(
        ledger::Sha256(std::string(1, '\0') + entries[static_cast<std::size_t>(i)].entry()));
  };
  const std::string left = bytes(ledger::Sha256("\x01" + leaf(0) + leaf(1)));
  return ledger::ToHex(ledger::Sha256("\x01" + left + leaf(2)));
}

std::string ReasonOf(const absl::Status& status) {
  return status.ok() ? "OK" : DetailOf(status).reason;
}

TEST(LedgerAuditTest, RecomputesTheRoot) {
  const std::vector<v1::LedgerEntry> entries = {EntryOf(1), EntryOf(2), EntryOf(3)};
  LedgerAudit audit;
  for (const v1::LedgerEntry& entry : entries) EXPECT_EQ(ReasonOf(audit.Add(entry)), "OK");
  EXPECT_EQ(audit.sequence(), 3);
  EXPECT_EQ(audit.Root(), RootOfThree(entries));
}

TEST(LedgerAuditTest, TakesAnEntryUnderEmbargoByItsHash) {
  const std::vector<v1::LedgerEntry> entries = {EntryOf(1), EntryOf(2), EntryOf(3)};
  LedgerAudit audit;
  for (v1::LedgerEntry entry : entries) {
    if (entry.sequence() == 2) entry.clear_entry();
    EXPECT_EQ(ReasonOf(audit.Add(entry)), "OK");
  }
  EXPECT_EQ(audit.hidden(), 1);
  EXPECT_EQ(audit.Root(), RootOfThree(entries));
  EXPECT_EQ(AuditText(audit),
            "2 of the entries 1 to 3 have bytes that match their hashes.\n"
            "1 entry is under embargo and cannot be checked until the bytes are public.\n"
            "The root " +
                RootOfThree(entries) + " is the same as the publisher's.\n");
}

TEST(LedgerAuditTest, SeesBytesThatWereChanged) {
  v1::LedgerEntry entry = EntryOf(1);
  entry.mutable_entry()->back() = 'X';
  EXPECT_EQ(ReasonOf(LedgerAudit().Add(entry)), "ENTRY_HASH_DIFFERS");
  // With a hash that fits, the bytes must still be an entry of this sequence.
  entry.set_entry("no entry");
  entry.set_entry_hash(ledger::ToHex(ledger::LeafHash(entry.entry())));
  EXPECT_EQ(ReasonOf(LedgerAudit().Add(entry)), "ENTRY_MALFORMED");
  v1::LedgerEntry moved = EntryOf(7);
  moved.set_sequence(1);
  EXPECT_EQ(ReasonOf(LedgerAudit().Add(moved)), "ENTRY_MALFORMED");
}

TEST(LedgerAuditTest, SeesAGap) {
  LedgerAudit audit;
  EXPECT_EQ(ReasonOf(audit.Add(EntryOf(1))), "OK");
  EXPECT_EQ(ReasonOf(audit.Add(EntryOf(3))), "SEQUENCE_MISSING");
}

TEST(LedgerAuditTest, RefusesAHashThatIsNone) {
  v1::LedgerEntry entry = EntryOf(1);
  entry.clear_entry();
  entry.set_entry_hash("ABCD");
  EXPECT_EQ(ReasonOf(LedgerAudit().Add(entry)), "ENTRY_HASH_DIFFERS");
}

}  // namespace
}  // namespace canvass::cli
