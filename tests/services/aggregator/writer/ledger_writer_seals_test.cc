// What a source under embargo says, from the submission to the opening of its seals.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/decision_check.h"
#include "common/election/seal_check.h"
#include "common/ledger/election_ledger.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer/ledger_writer_fixture.h"
#include "tests/services/aggregator/writer/writer_stage.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int kEarly = 1;  // number of the source under embargo
constexpr int kPoll = 2;

class LedgerWriterSealsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage_.store.SetClock(stored_clock_);
    stage_.Start();
    ASSERT_TRUE(stage_
                    .Define(ElectionOf(kStations)
                                .WithSource({.id = "early",
                                             .kind = election::SourceKind::kParallelCount,
                                             .visible_from = visible_from_})
                                .WithSource({.id = "poll",
                                             .kind = election::SourceKind::kExitPoll,
                                             .visible_from = visible_from_})
                                .Request())
                    .get()
                    .ok());
  }

  static testing::ReportBuilder Early(int station) { return ReportOf(station).WithSource("early"); }

  void Advance(absl::Duration by) {
    stage_.clock.Advance(by);
    stored_clock_.Advance(by);
  }

  // Waits until the ledger has so many entries.
  void AwaitSequence(std::int64_t sequence) {
    while (SequenceIn(stage_.committed) < sequence) std::this_thread::yield();
  }
  static std::int64_t SequenceIn(const CommittedLedgers& committed) {
    return committed.Reading([](const CommittedLedgers::Contents& contents) {
      const ledger::ElectionLedger* const ledger = contents.Find("e-1");
      return ledger == nullptr ? 0 : ledger->sequence();
    });
  }

  template <typename Read>
  auto Count(Read read) const {
    return stage_.committed.Reading([&](const CommittedLedgers::Contents& contents) {
      return read(contents.Find("e-1")->count());
    });
  }
  int Reports() const {
    return Count(
        [](const election::Count& count) { return count.TallyOfArea(0, kEarly, 0).reports; });
  }
  std::size_t Seals(int source = kEarly) const {
    return Count([source](const election::Count& count) { return count.SealsOf(source).size(); });
  }

  // What the public ledger holds, folded by somebody who has nothing else.
  election::Tally TallyOfAnyone() const {
    ledger::ElectionLedger folded("e-1");
    for (const auto& entry : stage_.store.EntriesOf("e-1")) {
      EXPECT_EQ(folded.Append(entry.bytes), absl::OkStatus());
    }
    return folded.count().TallyOfArea(0, kEarly, 0);
  }

  DecisionFuture Withdraw(std::int64_t seal, const std::string& why = "a mistake") {
    return stage_.Decide(
        [=](const election::Count& count, std::int64_t) {
          return election::CheckSealWithdrawal(count, {.seal_sequence = seal, .reason = why});
        },
        "e-1", std::nullopt);
  }

  DecisionFuture Publish(const std::string& share, std::int32_t revision = 1) {
    return stage_.Decide(
        [=](const election::Count& count, std::int64_t) {
          return election::CheckPollFigures(
              count,
              {.source_id = "poll",
               .shares = {{"a", share}},
               .figures = {.revision = revision, .reason = revision > 1 ? "more answers" : ""}});
        },
        "e-1", "poll");
  }

  testing::ManualClock stored_clock_;
  const absl::Time visible_from_ = testing::ManualClock().Now() + absl::Hours(1);
  WriterStage stage_;
};

TEST_F(LedgerWriterSealsTest, WhatIsUnderEmbargoIsSealedAndOpenedInItsTime) {
  const Receipt receipt = stage_.Record(Early(1).Build());
  EXPECT_EQ(receipt.state, ReceiptState::kRecorded);
  EXPECT_TRUE(receipt.sealed);
  EXPECT_EQ(receipt.sequence, kDefinitionEntries + 1);
  EXPECT_FALSE(stage_.Record(ReportOf(1).Build()).sealed);
  EXPECT_EQ(Reports(), 0);
  EXPECT_EQ(Seals(), 1);
  const auto stored = stage_.store.EntriesOf("e-1");
  EXPECT_EQ(stored.at(2).leaf_hash, receipt.entry_hash);

  Advance(absl::Hours(1) - absl::Microseconds(1));
  EXPECT_TRUE(stage_.Record(Early(2).Build()).sealed);
  Advance(absl::Microseconds(1));
  AwaitSequence(kDefinitionEntries + 5);
  EXPECT_EQ(Seals(), 0);
  EXPECT_EQ(Reports(), 2);
  EXPECT_EQ(TallyOfAnyone().votes[0].total, 120);
  Advance(absl::Minutes(1));
  EXPECT_FALSE(stage_.Record(Early(3).Build()).sealed);
}

TEST_F(LedgerWriterSealsTest, ARepeatedReportFindsItsSeal) {
  const Receipt first = stage_.Record(Early(1).Build());
  const Receipt again = stage_.Record(Early(1).Build());
  EXPECT_TRUE(again.repeated_submission);
  EXPECT_TRUE(again.sealed);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.entry_hash, first.entry_hash);
  const Receipt other = stage_.Record(Early(1).WithBalancedVotes({50, 20, 10}).Build());
  EXPECT_THAT(RulesOf(other), ElementsAre(election::Rule::kRevisionConflict));
  EXPECT_EQ(Seals(), 1);

  Advance(absl::Hours(1));
  AwaitSequence(first.sequence + 1);
  const Receipt opened = stage_.Record(Early(1).Build());
  EXPECT_TRUE(opened.repeated_submission);
  EXPECT_TRUE(opened.sealed);
  EXPECT_EQ(opened.sequence, first.sequence);
  EXPECT_EQ(opened.entry_hash, first.entry_hash);
  EXPECT_EQ(opened.recorded_at, first.recorded_at);
}

TEST_F(LedgerWriterSealsTest, CorrectionsAndDecisionsFollowWhatIsSealed) {
  stage_.Record(Early(1).Build());
  const Receipt gap = stage_.Record(Early(1).WithRevision(3).WithReason("typing error").Build());
  EXPECT_THAT(RulesOf(gap), ElementsAre(election::Rule::kRevisionGap));
  const Receipt held =
      stage_.Record(Early(1).WithRevision(2).WithReason("recounted").WithRegistered(99).Build());
  EXPECT_EQ(held.state, ReceiptState::kHeld);
  const auto release = [](const election::Count& count, std::int64_t) {
    return election::CheckRelease(
        count,
        {.key = {.election_id = "e-1", .source_id = "early", .station_id = "s-1", .revision = 2},
         .reason = "The register was late"});
  };
  EXPECT_EQ(stage_.Decide(release, "e-1", "early").get()->sequence, held.sequence + 1);
  EXPECT_EQ(stage_.Decide(release, "e-1", "early").get()->sequence, held.sequence + 1) << "again";
  EXPECT_EQ(Seals(), 3);
  Advance(absl::Hours(1));
  AwaitSequence(held.sequence + 4);
  EXPECT_EQ(Reports(), 1);
  EXPECT_EQ(Count([](const election::Count& count) {
              return count.StandingOf({.source_no = kEarly}).counting_revision;
            }),
            2);
}

TEST_F(LedgerWriterSealsTest, APollIsSealed) {
  const std::int64_t seal = Publish("60.5").get()->sequence;
  EXPECT_EQ(Publish("60.5").get()->sequence, seal);
  EXPECT_EQ(ReasonOf(Publish("61.0").get().status()), "REVISION_CONFLICT");
  const std::int64_t correction = Publish("61.0", 2).get()->sequence;
  EXPECT_EQ(Seals(kPoll), 2);
  EXPECT_EQ(Count([](const election::Count& count) { return count.FindPoll(0, kPoll, 0); }),
            nullptr);
  Advance(absl::Hours(1));
  AwaitSequence(correction + 2);
  EXPECT_EQ(Count([](const election::Count& count) {
              return count.FindPoll(0, kPoll, 0)->figures.shares[0].share_percent;
            }),
            "61.0");
}

TEST_F(LedgerWriterSealsTest, AWithdrawnSealStaysClosed) {
  const std::int64_t first = Publish("60.5").get()->sequence;
  const std::int64_t second = Publish("61.0", 2).get()->sequence;
  const absl::Status early = Withdraw(first).get().status();
  EXPECT_EQ(ReasonOf(early), "SEAL_HAS_SUCCESSOR");
  EXPECT_THAT(DetailOf(early).metadata,
              ::testing::Contains(::testing::Pair("successor_sequence", std::to_string(second))));
  const std::int64_t withdrawal = Withdraw(second).get()->sequence;
  EXPECT_EQ(withdrawal, second + 1);
  EXPECT_EQ(Withdraw(second).get()->sequence, withdrawal) << "again";
  EXPECT_EQ(ReasonOf(Withdraw(second, "another reason").get().status()), "DECISION_SUPERSEDED");
  EXPECT_EQ(ReasonOf(Withdraw(1).get().status()), "SEAL_UNKNOWN");
  Advance(absl::Hours(1));
  AwaitSequence(withdrawal + 1);
  EXPECT_EQ(Count([](const election::Count& count) {
              return count.FindPoll(0, kPoll, 0)->figures.revision;
            }),
            1);
  EXPECT_EQ(ReasonOf(Withdraw(first).get().status()), "SEAL_UNKNOWN") << "it is open";
}

TEST_F(LedgerWriterSealsTest, AnEarlierEndOpensThemAtOnce) {
  stage_.Record(Early(1).Build());
  election::DefinitionChange change;
  change.sources.push_back({.id = "early", .visible_from = stage_.clock.Now()});
  change.reason = "Published early";
  const std::int64_t defined = stage_.Define(std::move(change)).get()->sequence;
  AwaitSequence(defined + 1);
  EXPECT_EQ(Reports(), 1);
}

TEST_F(LedgerWriterSealsTest, ALaterEndKeepsThemClosed) {
  stage_.Record(Early(1).Build());
  election::DefinitionChange change;
  change.sources.push_back({.id = "early", .visible_from = visible_from_ + absl::Hours(1)});
  change.reason = "The polls stay open";
  ASSERT_TRUE(stage_.Define(std::move(change)).get().ok());
  Advance(absl::Hours(1));
  EXPECT_TRUE(stage_.Record(Early(2).Build()).sealed);
  EXPECT_EQ(Seals(), 2);
  Advance(absl::Hours(1));
  AwaitSequence(kDefinitionEntries + 2 + 4);
  EXPECT_EQ(Reports(), 2);
}

TEST_F(LedgerWriterSealsTest, TheDefinitionProtectsWhatIsSealed) {
  stage_.Record(Early(1).Build());
  election::DefinitionChange change;
  change.stations.push_back({.id = "s-1", .closed_reason = "flood"});
  change.reason = "flood";
  EXPECT_EQ(ReasonOf(stage_.Define(change).get().status()), "VOTES_WOULD_MOVE");
  change.stations[0].id = "s-2";
  EXPECT_TRUE(stage_.Define(change).get().ok());
  EXPECT_THAT(RulesOf(stage_.Record(Early(2).Build())),
              ElementsAre(election::Rule::kStationClosed));
}

// One clock alone ends no embargo.
TEST_F(LedgerWriterSealsTest, BothClocksMustHaveReachedTheTime) {
  stage_.Record(Early(1).Build());
  Advance(absl::Hours(1) - absl::Seconds(20));
  stage_.clock.Advance(absl::Seconds(30));
  const Receipt later = stage_.Record(Early(2).Build());
  EXPECT_TRUE(later.sealed) << "what it follows is not open";
  stage_.clock.Advance(-absl::Seconds(30));
  stored_clock_.Advance(absl::Seconds(30));
  EXPECT_TRUE(stage_.Record(Early(3).Build()).sealed);
  EXPECT_EQ(Seals(), 3);
  stage_.clock.Advance(absl::Seconds(30));
  AwaitSequence(kDefinitionEntries + 6);
  EXPECT_EQ(Reports(), 3);
}

TEST_F(LedgerWriterSealsTest, ANewLeaderGoesOnWhereTheOldOneStopped) {
  const Receipt first = stage_.Record(Early(1).Build());
  stage_.Record(Early(2).Build());
  stage_.writer.Stop();
  stage_.ledger.Resign();

  testing::MemoryLedgerStore ledger(stage_.store);
  CommittedLedgers committed;
  LeadLog lead;
  LedgerWriter writer(ledger, committed, stage_.clock, QuickOptions(),
                      [&lead](const absl::Status& status) { lead.Add(status); });
  writer.Start();
  lead.Await(1);
  auto answer = std::make_shared<std::promise<absl::StatusOr<std::vector<Receipt>>>>();
  auto receipts = answer->get_future();
  writer.Submit({.number = 1}, {{.report = Early(1).Build(), .actor = "local"}},
                [answer](auto given) { answer->set_value(std::move(given)); });
  EXPECT_EQ(receipts.get().value().at(0).entry_hash, first.entry_hash);
  Advance(absl::Hours(1));
  while (SequenceIn(committed) < first.sequence + 3) std::this_thread::yield();
  EXPECT_EQ(committed.Reading([](const CommittedLedgers::Contents& contents) {
    return contents.Find("e-1")->count().TallyOfArea(0, kEarly, 0).reports;
  }),
            2);
}

// A content that was changed in the database is never shown as if the source had said it.
TEST_F(LedgerWriterSealsTest, AChangedContentStaysClosed) {
  const Receipt first = stage_.Record(Early(1).Build());
  const std::int64_t poll = Publish("60.5").get()->sequence;
  SealedItem changed = stage_.store.sealed().at(0);
  std::get<election::ReportRecorded>(changed.content.event).counts.votes = {1, 2, 3};
  stage_.store.ChangeSealed(first.sequence, changed);
  stage_.store.BreakSession();
  stage_.Record(ReportOf(1).Build());  // by the same writer, which leads again
  Advance(absl::Hours(1));
  AwaitSequence(poll + 2);
  EXPECT_EQ(Seals(), 1);
  EXPECT_EQ(Seals(kPoll), 0);
  EXPECT_EQ(Reports(), 0);
  EXPECT_TRUE(Withdraw(first.sequence).get().ok());
}

// What builds on a content that is lost can neither be opened nor outlive it.
TEST_F(LedgerWriterSealsTest, ALostContentIsWithdrawnAfterWhatBuildsOnIt) {
  const Receipt first = stage_.Record(Early(1).Build());
  const Receipt second = stage_.Record(Early(1).WithRevision(2).WithReason("typing error").Build());
  SealedItem changed = stage_.store.sealed().at(0);
  changed.nonce.fill(0);
  stage_.store.ChangeSealed(first.sequence, changed);
  stage_.store.BreakSession();
  stage_.Record(ReportOf(1).Build());  // by the same writer, which leads again
  Advance(absl::Hours(2));
  EXPECT_EQ(ReasonOf(Withdraw(first.sequence).get().status()), "SEAL_HAS_SUCCESSOR");
  EXPECT_TRUE(Withdraw(second.sequence).get().ok());
  EXPECT_TRUE(Withdraw(first.sequence).get().ok());
  EXPECT_FALSE(stage_.Record(Early(1).Build()).sealed);
  EXPECT_EQ(TallyOfAnyone().reports, 1);
}

// A source that is put under embargo once more is checked against what it has said in public.
TEST_F(LedgerWriterSealsTest, WhatIsPublicIsKnownWhenASourceIsSealedAgain) {
  EXPECT_TRUE(Publish("60.5").get().ok());
  EXPECT_TRUE(Publish("61.0", 2).get().ok());
  stage_.Record(Early(1).Build());
  const std::int64_t last = SequenceIn(stage_.committed);
  Advance(absl::Hours(1));
  AwaitSequence(last + 3);
  election::DefinitionChange change;
  for (const char* const source : {"early", "poll"}) {
    change.sources.push_back({.id = source, .visible_from = visible_from_ + absl::Hours(1)});
  }
  change.reason = "The polls stay open";
  ASSERT_TRUE(stage_.Define(std::move(change)).get().ok());
  EXPECT_TRUE(Publish("62.0", 3).get().ok()) << "the first seal of the poll";
  const Receipt again = stage_.Record(Early(1).Build());
  EXPECT_TRUE(again.repeated_submission);
  const Receipt second = stage_.Record(Early(1).WithRevision(2).WithReason("typing error").Build());
  EXPECT_EQ(second.state, ReceiptState::kRecorded);
  EXPECT_TRUE(second.sealed);
  Advance(absl::Hours(1));
  AwaitSequence(second.sequence + 2);
  EXPECT_EQ(TallyOfAnyone().reports, 1);
  EXPECT_EQ(Seals() + Seals(kPoll), 0);
}

// Whether there is a sealed report cannot be asked by a definition that is only checked.
TEST_F(LedgerWriterSealsTest, ADefinitionThatIsOnlyCheckedDoesNotTell) {
  stage_.Record(Early(1).Build());
  for (const char* const station : {"s-1", "s-2"}) {
    election::DefinitionChange change;
    change.stations.push_back({.id = station, .closed_reason = "flood"});
    change.reason = "flood";
    EXPECT_TRUE(stage_.Define(change, /*validate_only=*/true).get().ok()) << station;
  }
}

}  // namespace
}  // namespace canvass::aggregator
