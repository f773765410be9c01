#include "services/canvass/commands/ledger_audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/seal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::HasSubstr;

v1::LedgerEntry EntryOf(std::int64_t sequence, election::Event event) {
  const election::Entry entry{.sequence = sequence, .actor = "local", .event = std::move(event)};
  v1::LedgerEntry out;
  out.set_sequence(sequence);
  out.set_entry(ledger::Encode(entry));
  out.set_entry_hash(ledger::ToHex(ledger::LeafHash(out.entry())));
  return out;
}

v1::LedgerEntry EntryOf(std::int64_t sequence) {
  return EntryOf(sequence,
                 election::ContestReopening{.reason = "recount " + std::to_string(sequence)});
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

TEST(LedgerAuditTest, ComparesWhatIsOpenedWithTheCommitment) {
  const election::SealedContent content{.actor = "pollster", .event = election::PollFigures{}};
  const election::SealNonce nonce{1};
  const auto seal = [&](std::int64_t sequence) {
    return EntryOf(sequence,
                   election::EmbargoSeal{.commitment = ledger::CommitmentTo(nonce, content)});
  };
  const auto opening = [&](std::int64_t sequence, election::SealNonce with) {
    return EntryOf(sequence,
                   election::SealOpening{.seal_sequence = 1, .nonce = with, .content = content});
  };
  LedgerAudit audit;
  for (const std::int64_t sequence : {1, 2, 3})
    EXPECT_EQ(ReasonOf(audit.Add(seal(sequence))), "OK");
  EXPECT_EQ(ReasonOf(audit.Add(opening(4, {2}))), "ENTRY_OUT_OF_PLACE");
  EXPECT_EQ(ReasonOf(audit.Add(opening(4, nonce))), "OK");
  EXPECT_EQ(ReasonOf(audit.Add(opening(5, nonce))), "ENTRY_OUT_OF_PLACE") << "it is open already";
  EXPECT_EQ(ReasonOf(audit.Add(EntryOf(5, election::SealWithdrawal{.seal_sequence = 2}))), "OK");
  EXPECT_EQ(audit.seals(), 3);
  EXPECT_EQ(audit.closed_seals(), 1);
  EXPECT_EQ(AuditText(audit),
            "The bytes of the entries 1 to 5 match their hashes.\n"
            "3 entries are seals; 1 is not open yet, and the others hide what was committed to.\n"
            "The root is " +
                audit.Root() + "@5.\n");
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

TEST(LedgerAuditTest, TellsWhetherTheEntriesContinueARoot) {
  const std::vector<v1::LedgerEntry> entries = {EntryOf(1), EntryOf(2), EntryOf(3), EntryOf(4)};
  const std::string third = RootOfThree(entries);
  const std::string other(64, 'a');
  const auto check = [&entries](KnownRoot known) {
    LedgerAudit audit;
    audit.LookFor(std::move(known));
    for (const v1::LedgerEntry& entry : entries) EXPECT_EQ(ReasonOf(audit.Add(entry)), "OK");
    return audit.CheckRoots();
  };
  EXPECT_EQ(check({.root = third, .sequence = 3}), absl::OkStatus());
  EXPECT_EQ(check({.root = third}), absl::OkStatus());
  const absl::Status earlier = check({.root = third, .sequence = 2});
  EXPECT_EQ(ReasonOf(earlier), "LEDGER_DIVERGED");
  EXPECT_THAT(std::string(earlier.message()), HasSubstr("at sequence 2 its root is "));
  EXPECT_THAT(std::string(check({.root = other, .sequence = 3}).message()),
              HasSubstr("at sequence 3 its root is " + third + ", but the root " + other));
  EXPECT_THAT(
      std::string(check({.root = other, .sequence = 5}).message()),
      HasSubstr("it ends at sequence 4, but the root " + other + " is known of sequence 5"));
  EXPECT_THAT(std::string(check({.root = other}).message()),
              HasSubstr("is the root at none of the sequences 1 to 4"));
}

TEST(LedgerAuditTest, ReadsARootThatWasWrittenDown) {
  const std::string root(64, 'b');
  EXPECT_EQ(ParseKnownRoot(root), (KnownRoot{.root = root}));
  EXPECT_EQ(ParseKnownRoot(std::string(64, 'B') + "@7"), (KnownRoot{.root = root, .sequence = 7}));
  const std::vector<std::string> malformed = {
      std::string(), std::string(63, 'b'), root + "b",
      root + "@",    root + "@0",          root + "@-1",
      root + "@x",   root + "@1@2",        std::string(63, 'b') + "g"};
  for (const std::string& text : malformed) {
    EXPECT_EQ(ParseKnownRoot(text), std::nullopt) << text;
  }
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
