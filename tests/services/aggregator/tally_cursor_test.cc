#include "services/aggregator/tally_cursor.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/election/report_check.h"
#include "common/ledger/encoding.h"
#include "common/ledger/folded_ledger.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/definition_entries.h"
#include "services/aggregator/entry_builder.h"
#include "tests/services/aggregator/writer_stage.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::DefinitionBuilder;
using ::canvass::testing::ManualClock;
using ::canvass::testing::MemoryLedger;
using ::canvass::testing::MemoryStore;
using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kEmbargo = absl::Hours(1);

// Folds what a cursor sends, as a publisher does, and checks every step against it.
class FoldingWatcher {
 public:
  void Take(const v1::WatchTalliesResponse& message) {
    if (message.election_id().empty()) return;
    EXPECT_TRUE(message.entries().empty() || message.disclosed_entries().empty());
    ledger::FoldedLedger& folded =
        ledgers_.try_emplace(message.election_id(), message.election_id()).first->second;
    for (const v1::WatchedEntry& entry : message.disclosed_entries()) {
      if (!folded.log().IsHidden(entry.sequence())) continue;
      EXPECT_TRUE(folded.Disclose(entry.sequence(), entry.entry()).ok());
    }
    for (const v1::WatchedEntry& entry : message.entries()) {
      EXPECT_EQ(entry.sequence(), folded.sequence() + 1);
      if (entry.entry().empty()) {
        ledger::Hash hash{};
        std::copy(entry.leaf_hash().begin(), entry.leaf_hash().end(), hash.begin());
        folded.AppendHidden(hash);
      } else {
        EXPECT_TRUE(folded.Append(entry.entry()).ok());
      }
    }
    if (message.step_complete()) CheckStep(folded, message);
  }

  const ledger::FoldedLedger& Of(const std::string& election_id) const {
    return ledgers_.at(election_id);
  }

 private:
  static void CheckStep(const ledger::FoldedLedger& folded,
                        const v1::WatchTalliesResponse& message) {
    EXPECT_EQ(message.sequence(), folded.sequence());
    EXPECT_EQ(message.root_hash(), ledger::ToHex(folded.log().Root()));
    const election::Definition& definition = folded.count().definition();
    for (const v1::Tally& tally : message.tallies()) {
      const election::Tally& own = folded.count().TallyOfArea(
          *definition.FindContest(tally.contest_id()), *definition.FindSource(tally.source_id()),
          *definition.FindArea(tally.area_id()));
      EXPECT_EQ(tally.stations_counted(), own.reports);
      EXPECT_EQ(tally.ballots_cast(), own.ballots_cast.total);
      for (int i = 0; i < tally.votes_size(); ++i) {
        EXPECT_EQ(tally.votes(i), own.votes.empty() ? 0 : own.votes[Index(i)].total);
      }
    }
  }

  static std::size_t Index(int i) { return static_cast<std::size_t>(i); }

  std::map<std::string, ledger::FoldedLedger> ledgers_;
};

// An official source, observers, and a poll under embargo.
DefinitionBuilder EmbargoedElection(absl::Time visible_from) {
  return ElectionOf(20)
      .WithSource({.id = "observers", .kind = election::SourceKind::kParallelCount})
      .WithSource({.id = "early",
                   .kind = election::SourceKind::kParallelCount,
                   .visible_from = visible_from});
}

class TallyCursorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ledger_.TakeLead().ok());
    ASSERT_TRUE(book_.CatchUp(ledger_).ok());
  }

  void Define(const DefinitionBuilder& definition, const std::string& election_id = "e-1") {
    EntryBuilder builder(election_id, nullptr, clock_.Now());
    AppendGroup group;
    group.entries = DefinitionEntries(builder, "office", definition.Build());
    book_.Fold(std::move(group));
  }

  void Change(election::DefinitionChange change) {
    AppendGroup group;
    book_.Reading([&](const LedgerBook::Contents& book) {
      const BookedLedger& booked = *book.Find("e-1");
      EntryBuilder builder("e-1", &booked, clock_.Now());
      group.entries =
          DefinitionEntries(builder, "office",
                            *election::CheckDefinitionChange(&booked.count().definition(),
                                                             booked.count(), std::move(change)));
    });
    book_.Fold(std::move(group));
  }

  void Report(const ReportBuilder& report) {
    const election::StationReport submitted = report.Build();
    AppendGroup group;
    book_.Reading([&](const LedgerBook::Contents& book) {
      const BookedLedger& booked = *book.Find(submitted.election_id);
      election::CheckedReport checked =
          election::CheckReport(booked.count().definition(), submitted, clock_.Now());
      EXPECT_THAT(checked.findings, IsEmpty());
      EntryBuilder builder(submitted.election_id, &booked, clock_.Now());
      group.entries.push_back(builder.Next("clerk", std::move(checked.recorded)));
    });
    book_.Fold(std::move(group));
  }

  void ReportOf(const std::string& source_id, int station) {
    Report(ReportBuilder().WithSource(source_id).WithStation("s-" + std::to_string(station)));
  }

  TallyCursor Watch(const v1::WatchTalliesRequest& request = {}) const {
    return *TallyCursor::Start(request, book_);
  }

  // Where a watcher stands that has everything.
  v1::WatchTalliesRequest ResumeAtTheEnd() const {
    v1::WatchTalliesRequest request;
    book_.Reading([&request](const LedgerBook::Contents& book) {
      for (const auto& [election_id, booked] : book.ledgers) {
        v1::LedgerPosition& position = *request.add_positions();
        position.set_election_id(election_id);
        position.set_ledger_id(book.ledger_id);
        position.set_sequence(booked->sequence());
        position.set_root_hash(ledger::ToHex(booked->folded().log().Root()));
      }
    });
    return request;
  }

  // Everything that there is to send now, without confirmations.
  std::vector<v1::WatchTalliesResponse> Drain(TallyCursor& cursor) const {
    std::vector<v1::WatchTalliesResponse> messages;
    for (;;) {
      absl::StatusOr<TallyCursor::Next> next = cursor.Advance(clock_.Now());
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok()) return messages;
      if (!next->message.has_value() && !next->more) return messages;
      if (!next->message.has_value() || next->message->election_id().empty()) continue;
      messages.push_back(*std::move(next->message));
    }
  }

  std::string ErrorOf(TallyCursor cursor) const {
    for (;;) {
      const absl::StatusOr<TallyCursor::Next> next = cursor.Advance(clock_.Now());
      if (!next.ok()) return DetailOf(next.status()).reason;
      if (!next->more) return "";
    }
  }

  ManualClock clock_;
  MemoryStore store_;
  MemoryLedger ledger_{store_};
  LedgerBook book_;
};

TEST_F(TallyCursorTest, SendsEverythingThenWhatIsAdded) {
  Define(ElectionOf(3));
  ReportOf("cec", 1);
  TallyCursor cursor = Watch();
  const auto first = Drain(cursor);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].election_id(), "e-1");
  EXPECT_EQ(first[0].ledger_id(), "memory-1");
  EXPECT_THAT(first[0].entries(), SizeIs(3));
  EXPECT_TRUE(first[0].step_complete());
  EXPECT_EQ(first[0].sequence(), 3);
  ASSERT_THAT(first[0].tallies(), SizeIs(1));
  const v1::Tally& tally = first[0].tallies(0);
  EXPECT_EQ(tally.contest_id(), "president");
  EXPECT_EQ(tally.source_id(), "cec");
  EXPECT_EQ(tally.area_id(), "country");
  EXPECT_THAT(tally.votes(), ElementsAre(60, 30, 6));
  EXPECT_EQ(tally.blank_votes(), 2);
  EXPECT_EQ(tally.invalid_votes(), 2);
  EXPECT_EQ(tally.ballots_cast(), 100);
  EXPECT_EQ(tally.stations_counted(), 1);
  EXPECT_THAT(Drain(cursor), IsEmpty());

  FoldingWatcher watcher;
  watcher.Take(first[0]);
  ReportOf("cec", 2);
  ReportOf("cec", 3);
  const auto second = Drain(cursor);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_THAT(second[0].entries(), SizeIs(2));
  EXPECT_EQ(second[0].entries(0).sequence(), 4);
  watcher.Take(second[0]);
  EXPECT_EQ(watcher.Of("e-1").count().TallyOfArea(0, 0, 0).reports, 3);
}

TEST_F(TallyCursorTest, TalliesAreSentBeforeAnythingIsCounted) {
  Define(ElectionOf(3));
  TallyCursor cursor = Watch();
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].tallies(0).votes(), ElementsAre(0, 0, 0));
}

TEST_F(TallyCursorTest, LargeStepsComeInPartsOfBoundedSize) {
  DefinitionBuilder definition;
  for (int i = 0; i < 20'000; ++i) {
    election::Station station = testing::MakeStation("s-" + std::to_string(i), "country");
    station.names = {{"en", std::string(200, 'x')}};
    definition.WithStation(std::move(station));
  }
  Define(definition);
  TallyCursor cursor = Watch();
  const auto messages = Drain(cursor);
  ASSERT_GT(messages.size(), 1);
  FoldingWatcher watcher;
  for (const auto& message : messages) {
    EXPECT_LT(message.ByteSizeLong(), 3 * TallyCursor::kMessageBytesMax);
    EXPECT_EQ(message.step_complete(), &message == &messages.back());
    watcher.Take(message);
  }
  EXPECT_EQ(watcher.Of("e-1").count().definition().stations().size(), 20'000);
}

TEST_F(TallyCursorTest, ElectionsTakeTurnsAndNewOnesAppear) {
  Define(ElectionOf(3).WithElectionId("e-1"), "e-1");
  TallyCursor cursor = Watch();
  EXPECT_THAT(Drain(cursor), SizeIs(1));
  Define(ElectionOf(3).WithElectionId("e-2"), "e-2");
  ReportOf("cec", 1);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].election_id(), "e-2");
  EXPECT_EQ(messages[1].election_id(), "e-1");
}

TEST_F(TallyCursorTest, WatchesOneElectionAlone) {
  Define(ElectionOf(3).WithElectionId("e-1"), "e-1");
  Define(ElectionOf(3).WithElectionId("e-2"), "e-2");
  v1::WatchTalliesRequest request;
  request.set_election_id("e-2");
  TallyCursor cursor = Watch(request);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].election_id(), "e-2");
  request.set_election_id("e-9");
  EXPECT_EQ(ErrorOf(Watch(request)), "ELECTION_UNKNOWN");
}

TEST_F(TallyCursorTest, ConfirmsThatNothingIsNewerOnceASecond) {
  Define(ElectionOf(3));
  TallyCursor cursor = Watch();
  Drain(cursor);
  EXPECT_FALSE(cursor.Advance(clock_.Now())->message.has_value());
  EXPECT_EQ(cursor.NextTick(clock_.Now()), clock_.Now() + absl::Seconds(1));
  clock_.Advance(absl::Milliseconds(999));
  EXPECT_FALSE(cursor.Advance(clock_.Now())->message.has_value());
  clock_.Advance(absl::Milliseconds(1));
  const auto next = cursor.Advance(clock_.Now());
  ASSERT_TRUE(next->message.has_value());
  EXPECT_EQ(next->message->election_id(), "");
  EXPECT_FALSE(next->message->step_complete());
  EXPECT_FALSE(cursor.Advance(clock_.Now())->message.has_value());
}

TEST_F(TallyCursorTest, NothingOfAnEmbargoedSourceLeavesButHashes) {
  Define(EmbargoedElection(clock_.Now() + kEmbargo));
  ReportOf("early", 1);
  ReportOf("cec", 1);
  TallyCursor cursor = Watch();
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  const v1::WatchedEntry& hidden = messages[0].entries(2);
  EXPECT_EQ(hidden.entry(), "");
  EXPECT_THAT(hidden.leaf_hash(), SizeIs(32));
  EXPECT_NE(messages[0].entries(3).entry(), "");
  ASSERT_THAT(messages[0].tallies(), SizeIs(2));
  EXPECT_EQ(messages[0].tallies(0).source_id(), "cec");
  EXPECT_EQ(messages[0].tallies(1).source_id(), "observers");
}

TEST_F(TallyCursorTest, WhatWasHiddenIsDisclosedWhenTheEmbargoEnds) {
  Define(EmbargoedElection(clock_.Now() + kEmbargo));
  TallyCursor cursor = Watch();
  FoldingWatcher watcher;
  for (int station = 1; station <= 3; ++station) {
    ReportOf("early", station);
    ReportOf("cec", station);
    for (const auto& message : Drain(cursor)) watcher.Take(message);
  }
  clock_.Advance(kEmbargo - absl::Milliseconds(500));
  Drain(cursor);
  EXPECT_EQ(cursor.NextTick(clock_.Now()), clock_.Now() + absl::Milliseconds(500));
  clock_.Advance(absl::Milliseconds(500));
  ReportOf("early", 4);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_THAT(messages[0].disclosed_entries(), SizeIs(3));
  EXPECT_FALSE(messages[0].step_complete());
  EXPECT_THAT(messages[1].entries(), SizeIs(1));
  EXPECT_THAT(messages[1].tallies(), SizeIs(3));
  for (const auto& message : messages) watcher.Take(message);
  EXPECT_EQ(watcher.Of("e-1").count().TallyOfArea(0, 2, 0).reports, 4);
  EXPECT_THAT(Drain(cursor), IsEmpty());
}

TEST_F(TallyCursorTest, AnEmbargoThatIsCutShortDisclosesAtOnce) {
  Define(EmbargoedElection(clock_.Now() + kEmbargo));
  ReportOf("early", 1);
  TallyCursor cursor = Watch();
  FoldingWatcher watcher;
  for (const auto& message : Drain(cursor)) watcher.Take(message);
  clock_.Advance(absl::Minutes(1));
  election::DefinitionChange change;
  change.sources.push_back({.id = "early", .visible_from = clock_.Now()});
  change.reason = "Published early";
  Change(std::move(change));
  ReportOf("early", 2);
  for (const auto& message : Drain(cursor)) watcher.Take(message);
  EXPECT_EQ(watcher.Of("e-1").count().TallyOfArea(0, 2, 0).reports, 2);
}

TEST_F(TallyCursorTest, ResumesWhereTheWatcherStands) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const v1::WatchTalliesRequest position = ResumeAtTheEnd();
  TallyCursor up_to_date = Watch(position);
  EXPECT_THAT(Drain(up_to_date), IsEmpty());
  ReportOf("cec", 2);
  TallyCursor cursor = Watch(position);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  ASSERT_THAT(messages[0].entries(), SizeIs(1));
  EXPECT_EQ(messages[0].entries(0).sequence(), 4);
  EXPECT_EQ(messages[0].sequence(), 4);
}

TEST_F(TallyCursorTest, ResumingDisclosesWhatMayHaveBeenHidden) {
  Define(EmbargoedElection(clock_.Now() + kEmbargo));
  ReportOf("early", 1);
  ReportOf("cec", 1);
  ReportOf("early", 2);
  FoldingWatcher watcher;
  TallyCursor before = Watch();
  for (const auto& message : Drain(before)) watcher.Take(message);
  const v1::WatchTalliesRequest position = ResumeAtTheEnd();
  ReportOf("early", 3);

  TallyCursor during = Watch(position);
  const auto hidden = Drain(during);
  ASSERT_THAT(hidden, SizeIs(1));
  EXPECT_EQ(hidden[0].entries(0).entry(), "");

  clock_.Advance(kEmbargo);
  TallyCursor after = Watch(position);
  const auto messages = Drain(after);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_THAT(messages[0].disclosed_entries(), SizeIs(2));
  EXPECT_EQ(messages[0].disclosed_entries(0).sequence(), 3);
  EXPECT_EQ(messages[0].disclosed_entries(1).sequence(), 5);
  for (const auto& message : messages) watcher.Take(message);
  EXPECT_EQ(watcher.Of("e-1").count().TallyOfArea(0, 2, 0).reports, 3);

  const auto late = Drain(during);
  ASSERT_THAT(late, SizeIs(1));
  EXPECT_THAT(late[0].disclosed_entries(), SizeIs(3));
  EXPECT_TRUE(late[0].step_complete());
}

TEST_F(TallyCursorTest, AnotherHistoryIsDivergence) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const v1::WatchTalliesRequest position = ResumeAtTheEnd();
  for (int station = 2; station <= 4; ++station) ReportOf("cec", station);
  EXPECT_EQ(ErrorOf(Watch(position)), "");

  v1::WatchTalliesRequest other_root = position;
  other_root.mutable_positions(0)->set_root_hash(std::string(64, '0'));
  EXPECT_EQ(ErrorOf(Watch(other_root)), "LEDGER_DIVERGED");
  v1::WatchTalliesRequest other_ledger = position;
  other_ledger.mutable_positions(0)->set_ledger_id("memory-0");
  EXPECT_EQ(ErrorOf(Watch(other_ledger)), "LEDGER_DIVERGED");
  v1::WatchTalliesRequest longer = position;
  longer.mutable_positions(0)->set_sequence(99);
  EXPECT_EQ(ErrorOf(Watch(longer)), "LEDGER_DIVERGED");
  v1::WatchTalliesRequest unknown = position;
  unknown.mutable_positions(0)->set_election_id("e-9");
  EXPECT_EQ(ErrorOf(Watch(unknown)), "LEDGER_DIVERGED");
}

TEST_F(TallyCursorTest, AFarPositionIsCheckedStepByStep) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const std::int64_t corrections = 2 * TallyCursor::kLeavesCheckedMax;
  for (int revision = 2; revision <= corrections; ++revision) {
    Report(ReportBuilder().WithRevision(revision));
  }
  const v1::WatchTalliesRequest position = ResumeAtTheEnd();
  ReportOf("cec", 2);
  TallyCursor cursor = Watch(position);
  EXPECT_TRUE(cursor.Advance(clock_.Now())->more);
  EXPECT_TRUE(cursor.Advance(clock_.Now())->more);
  EXPECT_THAT(cursor.Advance(clock_.Now())->message->entries(), SizeIs(1));
}

TEST_F(TallyCursorTest, MalformedPositionsAreRefused) {
  v1::WatchTalliesRequest request;
  request.add_positions()->set_election_id("e-1");
  request.add_positions()->set_election_id("e-1");
  EXPECT_EQ(DetailOf(TallyCursor::Start(request, book_).status()).reason, "POSITION_INVALID");
  request.mutable_positions()->RemoveLast();
  request.mutable_positions(0)->set_sequence(-1);
  EXPECT_EQ(DetailOf(TallyCursor::Start(request, book_).status()).violations[0].field,
            "positions[0]");
}

TEST_F(TallyCursorTest, AReplacedBookEndsTheWatching) {
  Define(ElectionOf(3));
  TallyCursor cursor = Watch();
  Drain(cursor);
  store_.Restore("e-1", 0);
  ASSERT_TRUE(ledger_.TakeLead().ok());
  ASSERT_TRUE(book_.CatchUp(ledger_).ok());
  EXPECT_EQ(DetailOf(cursor.Advance(clock_.Now()).status()).reason, "LEDGER_DIVERGED");
}

}  // namespace
}  // namespace canvass::aggregator
