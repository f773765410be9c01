#include "services/canvass/bench/soak_record.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class SoakRecordTest : public ::testing::Test {
 protected:
  static v1::Receipt ReceiptAt(std::int64_t sequence) {
    v1::Receipt receipt;
    receipt.set_state(v1::RECEIPT_STATE_RECORDED);
    receipt.set_sequence(sequence);
    receipt.set_entry_hash("hash of " + std::to_string(sequence));
    return receipt;
  }

  v1::LedgerEntry EntryAt(std::int64_t sequence, std::int64_t station, int revision) const {
    v1::LedgerEntry entry;
    entry.set_sequence(sequence);
    entry.set_entry_hash("hash of " + std::to_string(sequence));
    *entry.mutable_report()->mutable_report() = election_.ReportOf(station, revision);
    return entry;
  }

  void Acknowledge(std::int64_t station, int revision, std::int64_t sequence) {
    record_.Sent(station, revision);
    EXPECT_TRUE(record_.Received(station, revision, ReceiptAt(sequence), absl::Milliseconds(5)));
  }

  const SoakElection election_{"soak", 3, 2, 1};
  SoakRecord record_{3};
};

TEST_F(SoakRecordTest, RevisionsOfAStationDiffer) {
  EXPECT_EQ(election_.ReportOf(1, 1).station_id(), election_.ReportOf(1, 2).station_id());
  EXPECT_NE(election_.VotesOf(1, 1), election_.VotesOf(1, 2));
  EXPECT_EQ(election_.ReportOf(1, 2).revision(), 2);
}

TEST_F(SoakRecordTest, ALedgerThatHoldsWhatWasAcknowledged) {
  Acknowledge(0, 1, 11);
  Acknowledge(0, 2, 13);
  Acknowledge(2, 1, 12);
  SoakLedger ledger(election_, record_);
  ledger.Add(v1::LedgerEntry());
  ledger.Add(EntryAt(11, 0, 1));
  ledger.Add(EntryAt(12, 2, 1));
  ledger.Add(EntryAt(13, 0, 2));
  EXPECT_EQ(ledger.Lost(), 0);
  EXPECT_EQ(ledger.doubled(), 0);
  EXPECT_EQ(ledger.foreign(), 0);
  EXPECT_EQ(ledger.reports(), 3);
  EXPECT_EQ(ledger.last_sequence(), 13);
  EXPECT_EQ(ledger.Votes(), election_.VotesOf(0, 2) + election_.VotesOf(2, 1));
}

TEST_F(SoakRecordTest, WhatIsMissingOrElsewhereIsLost) {
  Acknowledge(0, 1, 11);
  Acknowledge(1, 1, 12);
  Acknowledge(2, 1, 13);
  SoakLedger ledger(election_, record_);
  ledger.Add(EntryAt(11, 0, 1));
  ledger.Add(EntryAt(14, 2, 1));
  EXPECT_EQ(ledger.Lost(), 2);
}

TEST_F(SoakRecordTest, TwiceIsFound) {
  Acknowledge(0, 1, 11);
  SoakLedger ledger(election_, record_);
  ledger.Add(EntryAt(10, 0, 1));
  ledger.Add(EntryAt(11, 0, 1));
  EXPECT_EQ(ledger.doubled(), 1);
}

TEST_F(SoakRecordTest, WhatNobodySentIsForeign) {
  record_.Sent(0, 1);
  SoakLedger ledger(election_, record_);
  ledger.Add(EntryAt(11, 0, 1));
  ledger.Add(EntryAt(12, 0, 2));
  v1::LedgerEntry changed = EntryAt(13, 0, 1);
  changed.mutable_report()->mutable_report()->mutable_ballots()->mutable_votes(0)->set_count(0);
  ledger.Add(changed);
  EXPECT_EQ(ledger.foreign(), 2);
  EXPECT_EQ(ledger.Lost(), 0);
}

TEST_F(SoakRecordTest, QueuedIsNoAcknowledgementAndRefusedIsNoticed) {
  record_.Sent(0, 1);
  v1::Receipt receipt;
  receipt.set_state(v1::RECEIPT_STATE_QUEUED);
  EXPECT_FALSE(record_.Received(0, 1, receipt, absl::ZeroDuration()));
  receipt.set_state(v1::RECEIPT_STATE_REFUSED);
  v1::Finding& finding = *receipt.add_findings();
  finding.set_rule("REVISION_GAP");
  finding.set_severity(v1::SEVERITY_REJECT);
  EXPECT_FALSE(record_.Received(0, 1, receipt, absl::ZeroDuration()));
  EXPECT_EQ(record_.summary().acknowledged, 0);
  EXPECT_EQ(record_.summary().queued, 1);
  EXPECT_THAT(record_.summary().noticed, ElementsAre(Pair("REVISION_GAP", 1)));
}

TEST_F(SoakRecordTest, ErrorsAreCountedByReason) {
  record_.Retried("call", MakeError(reason::kNotActive, "Another one leads"));
  record_.Retried("stream", absl::UnavailableError("10.0.0.1:50061: Connection refused"));
  record_.GaveUp("reader", absl::InternalError("A bug"));
  EXPECT_THAT(
      record_.summary().retried,
      ElementsAre(Pair("call: NOT_ACTIVE", 1), Pair("stream: UNAVAILABLE, Connection refused", 1)));
  EXPECT_THAT(record_.summary().noticed, ElementsAre(Pair("reader: INTERNAL, A bug", 1)));
}

TEST_F(SoakRecordTest, AResultThatGoesBackIsNoticed) {
  record_.Read(0, 5);
  record_.Read(5, 5);
  EXPECT_THAT(record_.summary().noticed, IsEmpty());
  record_.Read(5, 4);
  EXPECT_EQ(record_.summary().noticed.size(), 1);
  EXPECT_EQ(record_.summary().read, 3);
}

}  // namespace
}  // namespace canvass::cli::bench
