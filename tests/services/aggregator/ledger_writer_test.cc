#include "services/aggregator/ledger_writer.h"

#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/election/decision_check.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer_stage.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::MemoryLedger;
using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kStations = 30;
// One entry of parts, and the seal.
constexpr std::int64_t kDefinitionEntries = 2;

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

std::vector<election::Rule> RulesOf(const Receipt& receipt) {
  std::vector<election::Rule> rules;
  for (const election::Finding& finding : receipt.findings) rules.push_back(finding.rule);
  return rules;
}

ReportBuilder ReportOf(int station) {
  return ReportBuilder().WithStation("s-" + std::to_string(station));
}

auto Annul(const std::string& station_id, int revision) {
  return [=](const BookedLedger& booked) {
    return election::CheckAnnulment(
        booked.count(),
        {.key = {.election_id = "e-1", .station_id = station_id, .revision = revision},
         .reason = "Counted twice"});
  };
}

auto Certify(std::int64_t expected_sequence) {
  return [=](const BookedLedger& booked) {
    return election::CheckCertification(booked.count(), booked.sequence(),
                                        {.expected_sequence = expected_sequence,
                                         .elected_candidate_ids = {"a"},
                                         .reason = "As resolved",
                                         .accept_incomplete = true});
  };
}

class LedgerWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage_.Start();
    ASSERT_TRUE(stage_.Define(ElectionOf(kStations).Request()).get().ok());
  }

  // Submits while an append is held, so that all of it gathers into the next group.
  std::vector<ReceiptsFuture> SubmitTogether(const std::vector<election::StationReport>& reports) {
    stage_.ledger.HoldAppends();
    std::vector<ReceiptsFuture> answers;
    answers.push_back(stage_.Submit(ReportOf(kStations).Build()));
    stage_.ledger.AwaitHeldAppend();
    for (const election::StationReport& report : reports) answers.push_back(stage_.Submit(report));
    stage_.ledger.ReleaseAppends();
    return answers;
  }

  std::size_t EntryCount() const { return stage_.store.EntriesOf("e-1").size(); }

  std::int64_t VotesOfA() const {
    return stage_.book.Reading([](const LedgerBook::Contents& book) -> std::int64_t {
      const election::Tally& tally = book.Find("e-1")->count().TallyOfArea(0, 0, 0);
      return tally.votes.empty() ? 0 : tally.votes[0].total;
    });
  }

  std::vector<RefusedReports::Numbered> Refused() const {
    return stage_.book.Reading(
        [](const LedgerBook::Contents& book) { return book.refused.List("e-1", {}, 0, 100); });
  }

  WriterStage stage_;
};

TEST_F(LedgerWriterTest, RecordsAReportAndGivesItsReceipt) {
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_EQ(receipt.key, (election::ReportKey{.election_id = "e-1",
                                              .contest_id = "president",
                                              .source_id = "cec",
                                              .station_id = "s-1",
                                              .revision = 1}));
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_EQ(receipt.recorded_at, stage_.clock.Now());
  EXPECT_FALSE(receipt.repeated_submission);
  const auto stored = stage_.store.EntriesOf("e-1").at(kDefinitionEntries);
  EXPECT_EQ(receipt.entry_hash, ledger::LeafHash(stored.bytes));
  EXPECT_EQ(ledger::Decode(stored.bytes)->actor, "clerk");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, TheSameReportAgainGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  stage_.clock.Advance(absl::Minutes(1));
  Receipt again = stage_.Record(ReportOf(1).Build());
  EXPECT_TRUE(std::exchange(again.repeated_submission, false));
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.entry_hash, first.entry_hash);
  EXPECT_EQ(again.recorded_at, first.recorded_at);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, OtherContentUnderTheSameRevisionIsRefusedAndLeavesATrace) {
  stage_.Record(ReportOf(1).Build());
  const Receipt other = stage_.Record(ReportOf(1).WithBalancedVotes({61, 30, 6}).Build());
  EXPECT_EQ(other.state, ReceiptState::kRefused);
  EXPECT_EQ(other.sequence, 0);
  EXPECT_THAT(RulesOf(other), ElementsAre(election::Rule::kRevisionConflict));
  ASSERT_THAT(Refused(), SizeIs(1));
  EXPECT_EQ(Refused()[0].refusal->actor, "clerk");
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ARefusalDoesNotUseUpItsRevision) {
  const Receipt wrong = stage_.Record(ReportOf(1).WithCast(101).Build());
  EXPECT_THAT(RulesOf(wrong),
              ElementsAre(election::Rule::kVotesNotBalanced, election::Rule::kCastAboveIssued));
  EXPECT_EQ(stage_.Record(ReportOf(1).Build()).state, ReceiptState::kRecorded);
  EXPECT_THAT(Refused(), SizeIs(1));
}

TEST_F(LedgerWriterTest, ReportsOfAnUnknownElectionAreAnsweredAndNotKept) {
  const int commits = stage_.store.commits();
  const Receipt receipt = stage_.Record(ReportOf(1).WithElection("e-9").Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRefused);
  EXPECT_THAT(RulesOf(receipt), ElementsAre(election::Rule::kElectionUnknown));
  EXPECT_EQ(stage_.store.commits(), commits);
}

TEST_F(LedgerWriterTest, AHeldReportIsInTheLedgerAndInNoTotal) {
  const Receipt receipt = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kHeld);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 0);
  const auto release = [](const BookedLedger& booked) {
    return election::CheckRelease(
        booked.count(), {.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
                         .reason = "The register was late"});
  };
  EXPECT_EQ(stage_.Decide(release).get()->sequence, receipt.sequence + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ValidationKeepsNothing) {
  const int commits = stage_.store.commits();
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "clerk", .validate_only = true},
      {.report = ReportOf(2).WithCast(101).Build(), .actor = "clerk", .validate_only = true}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).state, ReceiptState::kRecorded);
  EXPECT_EQ(receipts->at(0).sequence, 0);
  EXPECT_EQ(receipts->at(1).state, ReceiptState::kRefused);
  EXPECT_EQ(stage_.store.commits(), commits);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LedgerWriterTest, WhatWaitsTogetherIsCommittedTogether) {
  std::vector<election::StationReport> reports;
  for (int station = 1; station < kStations; ++station)
    reports.push_back(ReportOf(station).Build());
  const int commits = stage_.store.commits();
  std::vector<ReceiptsFuture> answers = SubmitTogether(reports);
  std::int64_t sequence = kDefinitionEntries;
  for (ReceiptsFuture& answer : answers) EXPECT_EQ(answer.get()->at(0).sequence, ++sequence);
  EXPECT_EQ(stage_.store.commits(), commits + 2);
  EXPECT_EQ(VotesOfA(), 60 * kStations);
}

TEST_F(LedgerWriterTest, TwoReportsOfOneStationAreNeverInOneGroup) {
  const int commits = stage_.store.commits();
  std::vector<ReceiptsFuture> answers = SubmitTogether(
      {ReportOf(1).Build(), ReportOf(1).WithBalancedVotes({70, 30, 6}).Build(),
       ReportOf(1).WithRevision(2).WithBalancedVotes({80, 30, 6}).Build(), ReportOf(1).Build()});
  EXPECT_EQ(answers[1].get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_THAT(RulesOf(answers[2].get()->at(0)), ElementsAre(election::Rule::kRevisionConflict));
  EXPECT_EQ(answers[3].get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_TRUE(answers[4].get()->at(0).repeated_submission);
  // The held one, three groups with something to keep; the repetition needs none.
  EXPECT_EQ(stage_.store.commits(), commits + 4);
  EXPECT_EQ(VotesOfA(), 60 + 80);
}

TEST_F(LedgerWriterTest, OneMessageMayHoldRevisionsOfOneStation) {
  const std::vector<SubmittedReport> reports = {
      {.report = ReportOf(1).Build(), .actor = "clerk"},
      {.report = ReportOf(2).Build(), .actor = "clerk"},
      {.report = ReportOf(1).WithRevision(2).WithBalancedVotes({80, 30, 6}).Build(),
       .actor = "clerk"}};
  const auto receipts = stage_.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(receipts->at(0).sequence, kDefinitionEntries + 1);
  EXPECT_EQ(receipts->at(1).sequence, kDefinitionEntries + 2);
  EXPECT_EQ(receipts->at(2).sequence, kDefinitionEntries + 3);
  EXPECT_EQ(VotesOfA(), 80 + 60);
}

TEST_F(LedgerWriterTest, AResendAfterCertificationStillGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  ASSERT_TRUE(stage_.Decide(Certify(first.sequence)).get().ok());
  const Receipt again = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_TRUE(again.repeated_submission);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).state, ReceiptState::kHeld);
}

TEST_F(LedgerWriterTest, AResendAfterARuleWasSharpenedStillGivesTheFirstReceipt) {
  const Receipt first = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  ASSERT_EQ(first.state, ReceiptState::kHeld);
  election::DefinitionChange change;
  change.election =
      ElectionOf(0)
          .WithSeverity(election::Rule::kCastAboveRegistered, election::Severity::kReject)
          .Request()
          .election;
  change.reason = "Second thoughts";
  const auto changed = stage_.Define(change).get();
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->parts_changed, 1);
  const Receipt again = stage_.Record(ReportOf(1).WithRegistered(99).Build());
  EXPECT_EQ(again.state, ReceiptState::kHeld);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(stage_.Record(ReportOf(2).WithRegistered(99).Build()).state, ReceiptState::kRefused);
}

TEST_F(LedgerWriterTest, ADecisionThatStandsIsNotRecordedTwice) {
  stage_.Record(ReportOf(1).Build());
  const auto first = stage_.Decide(Annul("s-1", 1)).get();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->sequence, kDefinitionEntries + 2);
  EXPECT_EQ(stage_.Decide(Annul("s-1", 1)).get()->sequence, first->sequence);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 2);
  EXPECT_EQ(VotesOfA(), 0);
}

TEST_F(LedgerWriterTest, ADecisionThatIsRefusedLeavesNothing) {
  const auto outcome = stage_.Decide(Annul("s-1", 1)).get();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
  const auto unknown = stage_.Decide(Annul("s-1", 1), "e-9").get();
  EXPECT_EQ(ReasonOf(unknown.status()), "ELECTION_UNKNOWN");
}

TEST_F(LedgerWriterTest, TheSameDefinitionAgainChangesNothing) {
  const auto again = stage_.Define(ElectionOf(kStations).Request()).get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->parts_changed, 0);
  EXPECT_EQ(again->sequence, kDefinitionEntries);
  EXPECT_EQ(again->stations, kStations);
  EXPECT_EQ(again->areas, 1);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, ValidatingADefinitionSaysWhatItWouldChange) {
  election::DefinitionChange change;
  change.stations.push_back(testing::MakeStation("s-new", "country"));
  change.reason = "A new house";
  const auto outcome = stage_.Define(change, /*validate_only=*/true).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->parts_changed, 1);
  EXPECT_EQ(outcome->stations, kStations + 1);
  EXPECT_EQ(outcome->sequence, kDefinitionEntries);
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, ARefusedDefinitionLeavesNothing) {
  election::DefinitionChange change;
  change.stations = {testing::MakeStation("s-new", "country"),
                     testing::MakeStation("s-newer", "nowhere")};
  change.reason = "New houses";
  const auto outcome = stage_.Define(change).get();
  EXPECT_EQ(ReasonOf(outcome.status()), "AREA_UNKNOWN");
  EXPECT_EQ(EntryCount(), kDefinitionEntries);
}

TEST_F(LedgerWriterTest, RecordedTimesNeverGoBack) {
  const Receipt first = stage_.Record(ReportOf(1).Build());
  stage_.clock.Advance(-absl::Hours(1));
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).recorded_at, first.recorded_at);
  stage_.clock.Advance(absl::Hours(2) + absl::Nanoseconds(1500));
  EXPECT_EQ(stage_.Record(ReportOf(3).Build()).recorded_at,
            first.recorded_at + absl::Hours(1) + absl::Microseconds(1));
}

TEST_F(LedgerWriterTest, ACommitThatFailedIsDoneAgain) {
  stage_.ledger.FailAppendsBeforeCommit(1);
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_FALSE(receipt.repeated_submission);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ACommitInDoubtThatHappenedIsNotDoneAgain) {
  stage_.ledger.FailAppendsAfterCommit(1);
  const Receipt receipt = stage_.Record(ReportOf(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_FALSE(receipt.repeated_submission);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(LedgerWriterTest, ARepetitionInAGroupInDoubtStaysOne) {
  stage_.Record(ReportOf(1).Build());
  stage_.ledger.HoldAppends();
  ReceiptsFuture held = stage_.Submit(ReportOf(2).Build());
  stage_.ledger.AwaitHeldAppend();
  ReceiptsFuture group = stage_.Submit({{.report = ReportOf(1).Build(), .actor = "clerk"},
                                        {.report = ReportOf(3).Build(), .actor = "clerk"}});
  // Only the second of the two appends that follow.
  stage_.ledger.FailAppendsOf([failed = false](const AppendedEntry& appended) mutable {
    return appended.entry.sequence == kDefinitionEntries + 3 && !std::exchange(failed, true);
  });
  stage_.ledger.ReleaseAppends();
  const auto receipts = group.get();
  ASSERT_TRUE(receipts.ok()) << receipts.status();
  EXPECT_TRUE(receipts->at(0).repeated_submission);
  EXPECT_FALSE(receipts->at(1).repeated_submission);
}

TEST_F(LedgerWriterTest, RefusalsInDoubtAreKept) {
  stage_.ledger.FailAppendsBeforeCommit(1);
  EXPECT_EQ(stage_.Record(ReportOf(1).WithCast(101).Build()).state, ReceiptState::kRefused);
  EXPECT_THAT(Refused(), SizeIs(1));
}

TEST_F(LedgerWriterTest, ADecisionInDoubtIsResolved) {
  stage_.Record(ReportOf(1).Build());
  stage_.ledger.FailAppendsAfterCommit(1);
  const auto outcome = stage_.Decide(Annul("s-1", 1)).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->sequence, kDefinitionEntries + 2);
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 2);
}

TEST_F(LedgerWriterTest, ADefinitionInDoubtIsResolved) {
  for (const bool committed : {false, true}) {
    const testing::DefinitionBuilder other =
        ElectionOf(3).WithElectionId(committed ? "e-3" : "e-2");
    if (committed) stage_.ledger.FailAppendsAfterCommit(1);
    if (!committed) stage_.ledger.FailAppendsBeforeCommit(1);
    const auto outcome = stage_.Define(other.Request()).get();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->sequence, kDefinitionEntries);
    // The election, a contest, a source, an area and three stations.
    EXPECT_EQ(outcome->parts_changed, 7);
    EXPECT_THAT(stage_.store.EntriesOf(committed ? "e-3" : "e-2"), SizeIs(kDefinitionEntries));
  }
}

TEST_F(LedgerWriterTest, AChangeInDoubtClearsWhatItWasToClear) {
  const auto close_station = [this](std::string reason) {
    election::DefinitionChange change;
    change.reason = "the water";
    change.stations = {{.id = "s-3", .closed_reason = std::move(reason)}};
    return stage_.Define(std::move(change)).get();
  };
  const auto is_closed = [this] {
    return stage_.book.Reading([](const LedgerBook::Contents& contents) {
      return contents.Find("e-1")->count().definition().IsClosed(2);
    });
  };
  const auto closed = close_station("flooded");
  ASSERT_TRUE(closed.ok()) << closed.status();
  ASSERT_TRUE(is_closed());
  stage_.ledger.FailAppendsBeforeCommit(1);
  const auto opened = close_station("");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->parts_changed, 1);
  EXPECT_FALSE(is_closed());
}

TEST_F(LedgerWriterTest, WhileTheLedgerIsAwayEverythingNewIsAnsweredAtOnce) {
  stage_.ledger.FailTakeLead(-1);
  stage_.ledger.FailAppendsBeforeCommit(1);
  ReceiptsFuture in_doubt = stage_.Submit(ReportOf(1).Build());
  // Leading, the append that failed. The attempts that follow fail the same way.
  const std::vector<absl::Status> lead = stage_.lead.Await(2);
  EXPECT_TRUE(lead[0].ok());
  EXPECT_EQ(lead[1].code(), absl::StatusCode::kUnavailable);
  const auto answer = stage_.Submit(ReportOf(2).Build()).get();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(answer.status()), "LEDGER_UNAVAILABLE");
  EXPECT_GT(DetailOf(answer.status()).retry_after_ms, 0);
  EXPECT_EQ(ReasonOf(stage_.writer.Lead()), "LEDGER_UNAVAILABLE");
  stage_.ledger.FailTakeLead(0);
  EXPECT_EQ(in_doubt.get()->at(0).state, ReceiptState::kRecorded);
  EXPECT_TRUE(stage_.lead.Await(3)[2].ok());
  EXPECT_TRUE(stage_.writer.Lead().ok());
}

TEST_F(LedgerWriterTest, WhatWaitsBehindACommitInDoubtIsAnsweredAtOnce) {
  stage_.ledger.HoldAppends();
  ReceiptsFuture in_doubt = stage_.Submit(ReportOf(1).Build());
  stage_.ledger.AwaitHeldAppend();
  ReceiptsFuture behind = stage_.Submit(ReportOf(2).Build());
  stage_.ledger.FailTakeLead(-1);
  stage_.ledger.FailAppendsBeforeCommit(1);
  stage_.ledger.ReleaseAppends();
  EXPECT_EQ(ReasonOf(behind.get().status()), "LEDGER_UNAVAILABLE");
  stage_.ledger.FailTakeLead(0);
  EXPECT_TRUE(in_doubt.get().ok());
  EXPECT_EQ(EntryCount(), kDefinitionEntries + 1);
}

TEST_F(LedgerWriterTest, TheLeadThatAnotherTookIsNoticedWhileIdle) {
  MemoryLedger other(stage_.store);
  stage_.store.BreakSession();
  ASSERT_TRUE(other.TakeLead().ok());
  const std::vector<absl::Status> lead = stage_.lead.Await(3);
  EXPECT_EQ(ReasonOf(lead[2]), "NOT_ACTIVE");
  EXPECT_EQ(ReasonOf(stage_.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

TEST_F(LedgerWriterTest, GoesOnAfterWhatAnotherWriterRecorded) {
  {
    stage_.ledger.FailTakeLead(-1);
    stage_.store.BreakSession();
    stage_.lead.Await(2);
    WriterStage other;
    MemoryLedger ledger(stage_.store);
    LeadLog lead;
    LedgerWriter writer(ledger, other.book, other.clock, QuickOptions(),
                        [&lead](const absl::Status& status) { lead.Add(status); });
    writer.Start();
    lead.Await(1);
    std::promise<void> recorded;
    writer.Submit({{.report = ReportOf(1).Build(), .actor = "clerk"}}, 1,
                  [&recorded](const auto& /*receipts*/) { recorded.set_value(); });
    recorded.get_future().get();
  }
  stage_.ledger.FailTakeLead(0);
  stage_.lead.Await(3);
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_TRUE(stage_.Record(ReportOf(1).Build()).repeated_submission);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).sequence, kDefinitionEntries + 2);
}

// Another aggregator over the same store, standing by.
struct Standby {
  explicit Standby(testing::MemoryStore& store)
      : ledger(store),
        writer(ledger, book, clock, QuickOptions(),
               [this](const absl::Status& status) { lead.Add(status); }) {
    writer.Start();
    lead.Await(1);
  }

  // Waits until the book holds this much.
  void Await(std::size_t entries) const {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Sequence() < entries && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_EQ(Sequence(), entries);
  }

  std::size_t Sequence() const {
    return book.Reading([](const LedgerBook::Contents& contents) -> std::size_t {
      const BookedLedger* const booked = contents.Find("e-1");
      return booked == nullptr ? 0 : static_cast<std::size_t>(booked->sequence());
    });
  }

  MemoryLedger ledger;
  testing::ManualClock clock;
  LedgerBook book;
  LeadLog lead;
  LedgerWriter writer;
};

TEST_F(LedgerWriterTest, AStandbyFollowsTheLedgerAndTakesOver) {
  Standby standby(stage_.store);
  EXPECT_EQ(ReasonOf(standby.lead.Await(1)[0]), "NOT_ACTIVE");
  standby.Await(kDefinitionEntries);
  stage_.Record(ReportOf(1).Build());
  standby.Await(kDefinitionEntries + 1);
  EXPECT_EQ(ReasonOf(standby.writer.Lead()), "NOT_ACTIVE");
  stage_.ledger.FailTakeLead(-1);
  stage_.store.BreakSession();
  EXPECT_TRUE(standby.lead.Await(2)[1].ok());
  EXPECT_EQ(standby.Sequence(), EntryCount());
  stage_.ledger.FailTakeLead(0);
}

TEST_F(LedgerWriterTest, AStandbyReadsARestoredLedgerAnew) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  Standby standby(stage_.store);
  standby.Await(kDefinitionEntries + 2);
  standby.ledger.FailTakeLead(-1);
  stage_.store.Restore("e-1", kDefinitionEntries + 1);
  stage_.lead.Await(3);
  stage_.Record(ReportOf(3).Build());
  stage_.Record(ReportOf(4).Build());
  standby.ledger.FailTakeLead(0);
  standby.Await(kDefinitionEntries + 3);
  const auto stored = stage_.store.EntriesOf("e-1");
  standby.book.Reading([&stored](const LedgerBook::Contents& book) {
    for (std::size_t i = 0; i < stored.size(); ++i) {
      EXPECT_EQ(book.Find("e-1")->folded().log().LeafHashOf(static_cast<std::int64_t>(i) + 1),
                stored[i].leaf_hash);
    }
  });
}

TEST_F(LedgerWriterTest, ARestoredLedgerIsReadAnew) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  stage_.store.Restore("e-1", kDefinitionEntries + 1);
  stage_.lead.Await(3);
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_EQ(stage_.Record(ReportOf(2).Build()).sequence, kDefinitionEntries + 2);
}

TEST_F(LedgerWriterTest, ALedgerThatLostEntriesIsNotServed) {
  stage_.Record(ReportOf(1).Build());
  stage_.Record(ReportOf(2).Build());
  stage_.store.Lose("e-1", kDefinitionEntries + 1);
  const std::vector<absl::Status> lead = stage_.lead.Await(3);
  EXPECT_EQ(lead[2].code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(stage_.writer.Lead().ok());
  EXPECT_EQ(VotesOfA(), 120);
}

TEST(LedgerWriterStartTest, KeepsTryingAndSaysSoOnceForEachReason) {
  WriterStage stage;
  stage.ledger.FailTakeLead(20);
  stage.writer.Start();
  const std::vector<absl::Status> lead = stage.lead.Await(2);
  ASSERT_THAT(lead, SizeIs(2));
  EXPECT_EQ(lead[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(lead[1].ok());
}

TEST(LedgerWriterStartTest, FoldsWhatIsThere) {
  testing::MemoryStore store;
  WriterStage unused;
  for (int round = 1; round <= 2; ++round) {
    MemoryLedger ledger(store);
    LedgerBook book;
    LeadLog lead;
    LedgerWriter writer(ledger, book, unused.clock, QuickOptions(),
                        [&lead](const absl::Status& status) { lead.Add(status); });
    writer.Start();
    lead.Await(1);
    std::promise<std::size_t> parts;
    writer.Define({.election_id = "e-1", .actor = "office", .change = ElectionOf(2).Request()},
                  [&parts](const auto& outcome) { parts.set_value(outcome->parts_changed); });
    EXPECT_EQ(parts.get_future().get(), round == 1 ? 6 : 0);
    std::promise<std::vector<Receipt>> receipts;
    writer.Submit({{.report = ReportOf(1).Build(), .actor = "clerk"},
                   {.report = ReportOf(2).WithCast(101).Build(), .actor = "clerk"}},
                  1, [&receipts](auto answer) { receipts.set_value(*std::move(answer)); });
    EXPECT_EQ(receipts.get_future().get().at(0).repeated_submission, round == 2);
    writer.Stop();
    const auto refused = book.Reading([](const LedgerBook::Contents& contents) {
      return contents.refused.List("e-1", {}, 0, 100).size();
    });
    EXPECT_EQ(refused, round);
  }
}

TEST(LedgerWriterLimitsTest, ACommitInDoubtIsGivenUpAfterAWhile) {
  LedgerWriter::Options options = QuickOptions();
  options.in_doubt_max = absl::Milliseconds(1);
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(2).Request()).get().ok());
  stage.ledger.FailTakeLead(-1);
  stage.ledger.FailAppendsAfterCommit(1);
  const auto answer = stage.Submit(ReportOf(1).Build()).get();
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(answer.status()), "COMMIT_UNKNOWN");
  stage.ledger.FailTakeLead(0);
  stage.lead.Await(3);
  EXPECT_TRUE(stage.Record(ReportOf(1).Build()).repeated_submission);
}

TEST(LedgerWriterLimitsTest, AReportThatTheStoreCannotTakeDoesNotStopTheOthers) {
  WriterStage stage;
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(20).Request()).get().ok());
  const election::StationKey poisoned{.contest_no = 0, .source_no = 0, .station_no = 12};
  stage.ledger.FailAppendsOf([poisoned](const AppendedEntry& appended) {
    const auto* report = std::get_if<election::ReportRecorded>(&appended.entry.event);
    return report != nullptr && report->key == poisoned;
  });
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> answers;
  answers.push_back(stage.Submit(ReportOf(20).Build()));
  stage.ledger.AwaitHeldAppend();
  for (int station = 1; station < 20; ++station) {
    answers.push_back(stage.Submit(ReportOf(station).Build()));
  }
  stage.ledger.ReleaseAppends();
  // Those before it are committed in ever smaller groups; it and those behind it stay in doubt.
  for (std::size_t i = 0; i < 13; ++i) EXPECT_TRUE(answers[i].get().ok()) << i;
  stage.ledger.FailAppendsOf(nullptr);
  for (std::size_t i = 13; i < answers.size(); ++i) EXPECT_TRUE(answers[i].get().ok()) << i;
}

TEST(LedgerWriterLimitsTest, AFullQueueTakesReportsThatHaveComeAndTellsDecisionsWhenToComeAgain) {
  LedgerWriter::Options options = QuickOptions();
  options.queued_reports_max = 3;
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(5).Request()).get().ok());
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> accepted;
  accepted.push_back(stage.Submit(ReportOf(1).Build()));
  stage.ledger.AwaitHeldAppend();
  accepted.push_back(stage.Submit(ReportOf(2).Build()));
  EXPECT_TRUE(stage.writer.HasRoom());
  accepted.push_back(stage.Submit(ReportOf(3).Build()));
  EXPECT_FALSE(stage.writer.HasRoom());
  accepted.push_back(stage.Submit(ReportOf(4).Build()));
  election::DefinitionChange change = ElectionOf(6).Request();
  change.reason = "one station more";
  const auto refused = stage.Define(change).get();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status()), "QUEUE_FULL");
  EXPECT_GT(DetailOf(refused.status()).retry_after_ms, 0);
  stage.ledger.ReleaseAppends();
  for (ReceiptsFuture& answer : accepted) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(stage.Define(change).get().status(), absl::OkStatus());
  EXPECT_TRUE(stage.writer.HasRoom());
}

TEST(LedgerWriterLimitsTest, AMessageLargerThanAGroupIsAnsweredWhole) {
  LedgerWriter::Options options = QuickOptions();
  options.group_reports_max = 4;
  WriterStage stage(options);
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(10).Request()).get().ok());
  const int commits = stage.store.commits();
  std::vector<SubmittedReport> reports;
  for (int station = 1; station <= 10; ++station) {
    reports.push_back({.report = ReportOf(station).Build(), .actor = "clerk"});
  }
  const auto receipts = stage.Submit(reports).get();
  ASSERT_TRUE(receipts.ok());
  ASSERT_THAT(*receipts, SizeIs(10));
  EXPECT_EQ(receipts->back().sequence, kDefinitionEntries + 10);
  EXPECT_EQ(stage.store.commits(), commits + 3);
}

TEST(LedgerWriterStopTest, FinishesWhatIsQueued) {
  WriterStage stage;
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(5).Request()).get().ok());
  stage.ledger.HoldAppends();
  std::vector<ReceiptsFuture> answers;
  answers.push_back(stage.Submit(ReportOf(1).Build()));
  stage.ledger.AwaitHeldAppend();
  for (int station = 2; station <= 5; ++station)
    answers.push_back(stage.Submit(ReportOf(station).Build()));
  std::thread stop([&stage] { stage.writer.Stop(); });
  stage.ledger.ReleaseAppends();
  for (ReceiptsFuture& answer : answers) EXPECT_TRUE(answer.get().ok());
  stop.join();
  EXPECT_THAT(stage.store.EntriesOf("e-1"), SizeIs(kDefinitionEntries + 5));
  EXPECT_EQ(ReasonOf(stage.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

TEST(LedgerWriterStopTest, EndsAlthoughTheLedgerIsAway) {
  WriterStage stage;
  stage.ledger.FailTakeLead(-1);
  stage.writer.Start();
  stage.lead.Await(1);
  stage.writer.Stop();
  EXPECT_EQ(ReasonOf(stage.Submit(ReportOf(1).Build()).get().status()), "NOT_ACTIVE");
}

TEST(LedgerWriterDefinitionTest, ALargeRegisterIsSplitAndTakesEffectWhole) {
  WriterStage stage;
  stage.Start();
  const auto outcome = stage.Define(ElectionOf(25'000).Request()).get();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->stations, 25'000);
  // 25 004 parts of at most 10 000 an entry, and the seal.
  EXPECT_EQ(outcome->sequence, 4);
  EXPECT_EQ(stage.store.commits(), 1);
  const std::vector<testing::MemoryStore::Stored> entries = stage.store.EntriesOf("e-1");
  std::string hashes;
  for (std::size_t i = 0; i < 3; ++i) {
    hashes.append(entries[i].leaf_hash.begin(), entries[i].leaf_hash.end());
  }
  const auto seal = ledger::Decode(entries[3].bytes);
  EXPECT_EQ(seal->event, election::Event(election::DefinitionSeal{
                             .parts = 3, .digest = ledger::Sha256(hashes)}));
  EXPECT_EQ(stage.Record(ReportOf(25'000).Build()).state, ReceiptState::kRecorded);
}

}  // namespace
}  // namespace canvass::aggregator
