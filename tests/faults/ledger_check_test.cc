// The checker finds what it is there to find.
#include "tests/faults/ledger_check.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/postgres_proxy.h"
#include "tests/faults/witness.h"

namespace canvass::faults {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr ReportName kFirst{.source_no = 0, .station_no = 1, .revision = 1};
constexpr ReportName kCorrection{.source_no = 0, .station_no = 1, .revision = 2};

class LedgerCheckTest : public ::testing::Test {
 protected:
  election::Entry EntryOf(const ReportName& name, int variant = 0) {
    const Ballots ballots = election_.BallotsOf(name, variant);
    election::ReportRecorded report{
        .key = {.contest_no = 0, .source_no = name.source_no, .station_no = name.station_no},
        .revision = name.revision};
    for (const std::int64_t votes : ballots.votes) {
      report.counts.votes.push_back(static_cast<std::int32_t>(votes));
    }
    report.counts.blank_votes = static_cast<std::int32_t>(ballots.blank);
    report.counts.invalid_votes = static_cast<std::int32_t>(ballots.invalid);
    return {.sequence = ++sequence_,
            .recorded_at = absl::FromUnixSeconds(sequence_),
            .actor = "local",
            .event = report};
  }
  void Append(const election::Entry& entry) {
    const std::string bytes = ledger::Encode(entry);
    const ledger::Hash hash = ledger::LeafHash(bytes);
    tree_.Add(hash);
    hashes_.push_back(ledger::ToHex(hash));
    check_.Add(entry.sequence, bytes, hashes_.back());
  }
  v1::Receipt ReceiptOf(const ReportName& name, std::int64_t sequence) {
    v1::Receipt receipt;
    const v1::StationReport report = election_.Report(name, 0);
    receipt.mutable_key()->set_election_id(report.election_id());
    receipt.mutable_key()->set_source_id(report.source_id());
    receipt.mutable_key()->set_station_id(report.station_id());
    receipt.mutable_key()->set_revision(report.revision());
    receipt.set_state(v1::RECEIPT_STATE_RECORDED);
    receipt.set_sequence(sequence);
    receipt.set_entry_hash(hashes_[static_cast<std::size_t>(sequence - 1)]);
    return receipt;
  }
  void Receive(const ReportName& name, const v1::Receipt& receipt) {
    witness_.Received(name, 0, receipt, absl::Now());
  }
  // The national result of the commission, of `ballots` from one station.
  v1::Result ResultOf(std::int64_t sequence, const Ballots& ballots) {
    v1::Result result;
    result.set_election_id(election_.id());
    result.set_source_id(TrialElection::SourceId(0));
    result.set_area_id(TrialElection::AreaId(0));
    result.mutable_as_of()->set_sequence(sequence);
    result.mutable_as_of()->set_root_hash(ledger::ToHex(tree_.Root()));
    for (std::size_t i = 0; i < ballots.votes.size(); ++i) {
      v1::CandidateResult& candidate = *result.add_candidates();
      candidate.set_candidate_id(std::string(1, static_cast<char>('a' + i)));
      candidate.set_votes(ballots.votes[i]);
    }
    result.set_blank_votes(ballots.blank);
    result.set_invalid_votes(ballots.invalid);
    result.set_ballots_cast(ballots.cast());
    result.mutable_progress()->set_stations_counted(1);
    return result;
  }
  std::vector<std::string> Violations() {
    check_.Compare(TestimonyOf(witness_));
    std::vector<std::string> violations = check_.TakeViolations();
    for (const std::string& violation : witness_.violations()) violations.push_back(violation);
    return violations;
  }

  const TrialElection election_{"trial", 7, 8};
  Witness witness_{election_};
  LedgerCheck check_{election_};
  ledger::MerkleTree tree_;
  std::vector<std::string> hashes_;
  std::int64_t sequence_ = 0;
};

TEST_F(LedgerCheckTest, AgreesWithWhatIsRight) {
  Append(EntryOf(kFirst));
  Receive(kFirst, ReceiptOf(kFirst, 1));
  witness_.Answered("reader", 0, ResultOf(1, election_.BallotsOf(kFirst, 0)));
  Append(EntryOf(kCorrection));
  Receive(kCorrection, ReceiptOf(kCorrection, 2));
  witness_.Answered("reader", 1, ResultOf(2, election_.BallotsOf(kCorrection, 0)));
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(LedgerCheckTest, FindsALostReport) {
  Append(EntryOf(kFirst));
  v1::Receipt receipt = ReceiptOf(kFirst, 1);
  receipt.mutable_key()->set_revision(2);
  receipt.set_sequence(2);
  Receive(kCorrection, receipt);
  EXPECT_THAT(Violations(), Contains(HasSubstr("LOST")));
}

TEST_F(LedgerCheckTest, FindsAReportThatIsThereTwice) {
  Append(EntryOf(kFirst));
  Append(EntryOf(kFirst));
  EXPECT_THAT(Violations(), Contains(HasSubstr("twice")));
}

TEST_F(LedgerCheckTest, FindsAGap) {
  Append(EntryOf(kFirst));
  ++sequence_;
  Append(EntryOf(kCorrection));
  EXPECT_THAT(Violations(), Contains(HasSubstr("goes on with entry 3 after 1")));
}

TEST_F(LedgerCheckTest, FindsAContentThatNobodySent) {
  election::Entry entry = EntryOf(kFirst);
  std::get<election::ReportRecorded>(entry.event).counts.votes.front() += 5;
  Append(entry);
  EXPECT_THAT(Violations(), Contains(HasSubstr("nobody sent")));
}

TEST_F(LedgerCheckTest, FindsAnAnswerThatIsNotTheSum) {
  Append(EntryOf(kFirst));
  Append(EntryOf(kCorrection));
  witness_.Answered("reader", 0, ResultOf(2, election_.BallotsOf(kFirst, 0)));
  EXPECT_THAT(Violations(), Contains(HasSubstr("WRONG")));
}

TEST_F(LedgerCheckTest, FindsAnAnswerFromBeyondTheLedger) {
  Append(EntryOf(kFirst));
  witness_.Answered("reader", 0, ResultOf(5, election_.BallotsOf(kFirst, 0)));
  EXPECT_THAT(Violations(), Contains(HasSubstr("read at sequence 5; the ledger ends at 1")));
}

TEST_F(LedgerCheckTest, FindsAReaderThatWentBack) {
  Append(EntryOf(kFirst));
  witness_.Answered("reader", 4, ResultOf(1, election_.BallotsOf(kFirst, 0)));
  EXPECT_THAT(Violations(), Contains(HasSubstr("had seen sequence 4 and got 1")));
}

TEST_F(LedgerCheckTest, FindsAResendWithAnotherOutcome) {
  Append(EntryOf(kFirst));
  Append(EntryOf(kCorrection));
  Receive(kFirst, ReceiptOf(kFirst, 1));
  v1::Receipt other = ReceiptOf(kFirst, 2);
  other.set_repeated_submission(true);
  Receive(kFirst, other);
  EXPECT_THAT(Violations(), Contains(HasSubstr("was acknowledged at sequence 1")));
}

TEST_F(LedgerCheckTest, FindsARefusalAfterAnAcknowledgement) {
  Append(EntryOf(kFirst));
  Receive(kFirst, ReceiptOf(kFirst, 1));
  witness_.Refused(kFirst, 0, "REVISION_CONFLICT", absl::Now());
  EXPECT_THAT(Violations(), Not(IsEmpty()));
}

TEST_F(LedgerCheckTest, WhatCameEarlyMayBeRefusedAndThenAcknowledged) {
  Append(EntryOf(kFirst));
  Append(EntryOf(kCorrection));
  const absl::Time sent_early = absl::Now();
  Receive(kFirst, ReceiptOf(kFirst, 1));
  Receive(kCorrection, ReceiptOf(kCorrection, 2));
  witness_.Refused(kCorrection, 0, "REVISION_GAP", sent_early);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(LedgerCheckTest, FindsALostDecision) {
  Append(EntryOf(kFirst));
  witness_.Decided(DecisionKind::kAnnulment, kFirst, 2);
  EXPECT_THAT(Violations(), Contains(HasSubstr("LOST: the decision")));
}

// What observers said under embargo, which is over.
class SealedLedgerCheckTest : public LedgerCheckTest {
 protected:
  static constexpr ReportName kSealed{.source_no = kEmbargoedSource, .station_no = 2};

  SealedLedgerCheckTest() : opening_({.seal_sequence = 1, .content = {.event = EventOf(kSealed)}}) {
    sequence_ = 0;
    Append(NextEntry(election::EmbargoSeal{
        .source_no = kEmbargoedSource,
        .commitment = ledger::CommitmentTo(opening_.nonce, opening_.content)}));
  }

  election::SealedEvent EventOf(const ReportName& name) {
    return std::get<election::ReportRecorded>(EntryOf(name).event);
  }
  election::Entry NextEntry(election::Event event) {
    return {.sequence = ++sequence_,
            .recorded_at = absl::FromUnixSeconds(sequence_),
            .event = std::move(event)};
  }

  election::SealOpening opening_;
};

TEST_F(SealedLedgerCheckTest, AgreesWithAReportThatIsOpenedLater) {
  Receive(kSealed, ReceiptOf(kSealed, 1));
  EXPECT_EQ(check_.closed_seals(), 1);
  EXPECT_THAT(Violations(), IsEmpty());
  Append(NextEntry(opening_));
  EXPECT_EQ(check_.closed_seals(), 0);
  EXPECT_TRUE(check_.Holds(kSealed, 0));
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(SealedLedgerCheckTest, FindsAnotherContent) {
  opening_.nonce.front() ^= 1U;
  Append(NextEntry(opening_));
  EXPECT_THAT(Violations(), Contains(HasSubstr("is not what seal 1 commits to")));
}

TEST_F(SealedLedgerCheckTest, FindsASealThatHidSomethingElse) {
  Receive(kFirst, ReceiptOf(kFirst, 1));
  Append(NextEntry(opening_));
  EXPECT_THAT(Violations(), Contains(HasSubstr("LOST")));
}

TEST_F(SealedLedgerCheckTest, FindsAnOpeningTooEarly) {
  const TrialElection election("trial", 7, 8, absl::Now() + absl::Hours(1));
  LedgerCheck check(election);
  const auto add = [&check](const election::Entry& entry) {
    const std::string bytes = ledger::Encode(entry);
    check.Add(entry.sequence, bytes, ledger::ToHex(ledger::LeafHash(bytes)));
  };
  sequence_ = 0;
  add(NextEntry(
      election::EmbargoSeal{.source_no = kEmbargoedSource,
                            .commitment = ledger::CommitmentTo(opening_.nonce, opening_.content)}));
  add(NextEntry(opening_));
  EXPECT_THAT(check.TakeViolations(), Contains(HasSubstr("before the end of the embargo")));
}

// However the bytes are cut: a start-up message (8 bytes), a query with a "c" in it, CopyData,
// CopyDone.
TEST(CopyEndFinderTest, FindsTheMessageAndNothingElse) {
  const std::string before = std::string(
      "\0\0\0\x08"
      "abcd"
      "Q\0\0\0\x06"
      "c\0"
      "d\0\0\0\x07"
      "ccc",
      23);
  const std::string all = before + std::string("c\0\0\0\x04", 5);
  for (std::size_t cut = 0; cut <= before.size(); ++cut) {
    CopyEndFinder finder;
    const std::string first = all.substr(0, cut);
    const std::string second = all.substr(cut);
    ASSERT_EQ(finder.Find(first), first.size()) << cut;
    EXPECT_EQ(cut + finder.Find(second), before.size()) << cut;
  }
}

}  // namespace
}  // namespace canvass::faults
