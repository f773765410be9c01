#include "services/aggregator/watch/ledger_cursor.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/election/report_check.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/definition_entries.h"
#include "services/aggregator/writer/entry_builder.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::DefinitionBuilder;
using ::canvass::testing::ManualClock;
using ::canvass::testing::MemoryDatabase;
using ::canvass::testing::MemoryLedgerStore;
using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Folds what a cursor sends, as a publisher does, and checks every step against it.
class FoldingWatcher {
 public:
  void Take(const v1::WatchLedgerResponse& message) {
    if (message.election_id().empty()) return;
    ledger::ElectionLedger& folded =
        ledgers_.try_emplace(message.election_id(), message.election_id()).first->second;
    for (const v1::WatchedEntry& entry : message.entries()) {
      EXPECT_EQ(entry.sequence(), folded.sequence() + 1);
      EXPECT_TRUE(folded.Append(entry.entry()).ok());
    }
    if (message.step_complete()) CheckStep(folded, message);
  }

  const ledger::ElectionLedger& Of(const std::string& election_id) const {
    return ledgers_.at(election_id);
  }

 private:
  static void CheckStep(const ledger::ElectionLedger& folded,
                        const v1::WatchLedgerResponse& message) {
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

  std::map<std::string, ledger::ElectionLedger> ledgers_;
};

class LedgerCursorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ledger_.TakeLead().ok());
    ASSERT_TRUE(committed_.CatchUp(ledger_).ok());
  }

  void Define(const DefinitionBuilder& definition, const std::string& election_id = "e-1") {
    EntryBuilder builder(election_id, nullptr, clock_.Now());
    Transaction transaction;
    transaction.entries = DefinitionEntries(builder, "office", definition.Build());
    committed_.Fold(std::move(transaction));
  }

  void Change(election::DefinitionChange change) {
    Transaction transaction;
    committed_.Reading([&](const CommittedLedgers::Contents& committed) {
      const ledger::ElectionLedger& ledger = *committed.Find("e-1");
      EntryBuilder builder("e-1", &ledger, clock_.Now());
      transaction.entries =
          DefinitionEntries(builder, "office",
                            *election::CheckDefinitionChange(&ledger.count().definition(),
                                                             ledger.count(), std::move(change)));
    });
    committed_.Fold(std::move(transaction));
  }

  void Report(const ReportBuilder& report) {
    const election::StationReport submitted = report.Build();
    Transaction transaction;
    committed_.Reading([&](const CommittedLedgers::Contents& committed) {
      const ledger::ElectionLedger& ledger = *committed.Find(submitted.election_id);
      election::CheckedReport checked =
          election::CheckReport(ledger.count().definition(), submitted, clock_.Now());
      EXPECT_THAT(checked.findings, IsEmpty());
      EntryBuilder builder(submitted.election_id, &ledger, clock_.Now());
      transaction.entries.push_back(builder.Next("clerk", std::move(checked.recorded)));
    });
    committed_.Fold(std::move(transaction));
  }

  void ReportOf(const std::string& source_id, int station) {
    Report(ReportBuilder().WithSource(source_id).WithStation("s-" + std::to_string(station)));
  }

  LedgerCursor Watch(const v1::WatchLedgerRequest& request = {}) const {
    return *LedgerCursor::Start(request, committed_);
  }

  // Where a watcher stands that has everything.
  v1::WatchLedgerRequest ResumeAtTheEnd() const {
    v1::WatchLedgerRequest request;
    committed_.Reading([&request](const CommittedLedgers::Contents& committed) {
      for (const auto& [election_id, ledger] : committed.ledgers) {
        v1::LedgerPosition& position = *request.add_positions();
        position.set_election_id(election_id);
        position.set_ledger_id(committed.ledger_id);
        position.set_sequence(ledger->sequence());
        position.set_root_hash(ledger::ToHex(ledger->log().Root()));
      }
    });
    return request;
  }

  // Everything that there is to send now, without confirmations.
  std::vector<v1::WatchLedgerResponse> Drain(LedgerCursor& cursor) const {
    std::vector<v1::WatchLedgerResponse> messages;
    for (;;) {
      absl::StatusOr<LedgerCursor::Next> next = cursor.Advance(clock_.Now());
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok()) return messages;
      if (!next->message.has_value() && !next->more) return messages;
      if (!next->message.has_value() || next->message->election_id().empty()) continue;
      messages.push_back(*std::move(next->message));
    }
  }

  std::string ErrorOf(LedgerCursor cursor) const {
    for (;;) {
      const absl::StatusOr<LedgerCursor::Next> next = cursor.Advance(clock_.Now());
      if (!next.ok()) return DetailOf(next.status()).reason;
      if (!next->more) return "";
    }
  }

  ManualClock clock_;
  MemoryDatabase store_;
  MemoryLedgerStore ledger_{store_};
  CommittedLedgers committed_;
};

TEST_F(LedgerCursorTest, SendsEverythingThenWhatIsAdded) {
  Define(ElectionOf(3));
  ReportOf("cec", 1);
  LedgerCursor cursor = Watch();
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

TEST_F(LedgerCursorTest, TalliesAreSentBeforeAnythingIsCounted) {
  Define(ElectionOf(3));
  LedgerCursor cursor = Watch();
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].tallies(0).votes(), ElementsAre(0, 0, 0));
}

TEST_F(LedgerCursorTest, LargeStepsComeInPartsOfBoundedSize) {
  DefinitionBuilder definition;
  for (int i = 0; i < 20'000; ++i) {
    election::Station station = testing::MakeStation("s-" + std::to_string(i), "country");
    station.names = {{"en", std::string(200, 'x')}};
    definition.WithStation(std::move(station));
  }
  Define(definition);
  LedgerCursor cursor = Watch();
  const auto messages = Drain(cursor);
  ASSERT_GT(messages.size(), 1);
  FoldingWatcher watcher;
  for (const auto& message : messages) {
    EXPECT_LT(message.ByteSizeLong(), 3 * LedgerCursor::kMessageBytesMax);
    EXPECT_EQ(message.step_complete(), &message == &messages.back());
    watcher.Take(message);
  }
  EXPECT_EQ(watcher.Of("e-1").count().definition().stations().size(), 20'000);
}

TEST_F(LedgerCursorTest, ElectionsTakeTurnsAndNewOnesAppear) {
  Define(ElectionOf(3).WithElectionId("e-1"), "e-1");
  LedgerCursor cursor = Watch();
  EXPECT_THAT(Drain(cursor), SizeIs(1));
  Define(ElectionOf(3).WithElectionId("e-2"), "e-2");
  ReportOf("cec", 1);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].election_id(), "e-2");
  EXPECT_EQ(messages[1].election_id(), "e-1");
}

TEST_F(LedgerCursorTest, WatchesOneElectionAlone) {
  Define(ElectionOf(3).WithElectionId("e-1"), "e-1");
  Define(ElectionOf(3).WithElectionId("e-2"), "e-2");
  v1::WatchLedgerRequest request;
  request.set_election_id("e-2");
  LedgerCursor cursor = Watch(request);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].election_id(), "e-2");
  request.set_election_id("e-9");
  EXPECT_EQ(ErrorOf(Watch(request)), "ELECTION_UNKNOWN");
}

TEST_F(LedgerCursorTest, ConfirmsThatNothingIsNewerOnceASecond) {
  Define(ElectionOf(3));
  LedgerCursor cursor = Watch();
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

TEST_F(LedgerCursorTest, ResumesWhereTheWatcherStands) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const v1::WatchLedgerRequest position = ResumeAtTheEnd();
  LedgerCursor up_to_date = Watch(position);
  EXPECT_THAT(Drain(up_to_date), IsEmpty());
  ReportOf("cec", 2);
  LedgerCursor cursor = Watch(position);
  const auto messages = Drain(cursor);
  ASSERT_THAT(messages, SizeIs(1));
  ASSERT_THAT(messages[0].entries(), SizeIs(1));
  EXPECT_EQ(messages[0].entries(0).sequence(), 4);
  EXPECT_EQ(messages[0].sequence(), 4);
}

TEST_F(LedgerCursorTest, AnotherHistoryIsDivergence) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const v1::WatchLedgerRequest position = ResumeAtTheEnd();
  for (int station = 2; station <= 4; ++station) ReportOf("cec", station);
  EXPECT_EQ(ErrorOf(Watch(position)), "");

  v1::WatchLedgerRequest other_root = position;
  other_root.mutable_positions(0)->set_root_hash(std::string(64, '0'));
  EXPECT_EQ(ErrorOf(Watch(other_root)), "LEDGER_DIVERGED");
  v1::WatchLedgerRequest other_ledger = position;
  other_ledger.mutable_positions(0)->set_ledger_id("memory-0");
  EXPECT_EQ(ErrorOf(Watch(other_ledger)), "LEDGER_DIVERGED");
  v1::WatchLedgerRequest longer = position;
  longer.mutable_positions(0)->set_sequence(99);
  EXPECT_EQ(ErrorOf(Watch(longer)), "LEDGER_DIVERGED");
  v1::WatchLedgerRequest unknown = position;
  unknown.mutable_positions(0)->set_election_id("e-9");
  EXPECT_EQ(ErrorOf(Watch(unknown)), "LEDGER_DIVERGED");
}

// Only of this ledger: what another one had after that sequence tells nothing.
TEST_F(LedgerCursorTest, APositionBeyondTheEndIsTold) {
  Define(ElectionOf(20));
  v1::WatchLedgerRequest position = ResumeAtTheEnd();
  std::vector<std::string> told;
  const auto watch = [&] {
    LedgerCursor cursor = *LedgerCursor::Start(
        position, committed_, [&told](const v1::LedgerPosition& ahead, std::int64_t last) {
          told.push_back(ahead.election_id() + " " + std::to_string(ahead.sequence()) + " " +
                         ahead.root_hash() + ", " + std::to_string(last));
        });
    return ErrorOf(std::move(cursor));
  };
  EXPECT_EQ(watch(), "");
  position.mutable_positions(0)->set_sequence(99);
  position.mutable_positions(0)->set_root_hash("ab");
  EXPECT_EQ(watch(), "LEDGER_DIVERGED");
  EXPECT_THAT(told, ElementsAre("e-1 99 ab, 2"));
  position.mutable_positions(0)->set_ledger_id("memory-0");
  EXPECT_EQ(watch(), "LEDGER_DIVERGED");
  EXPECT_THAT(told, SizeIs(1));
}

TEST_F(LedgerCursorTest, AFarPositionIsCheckedStepByStep) {
  Define(ElectionOf(20));
  ReportOf("cec", 1);
  const std::int64_t corrections = 2 * LedgerCursor::kLeavesCheckedMax;
  for (int revision = 2; revision <= corrections; ++revision) {
    Report(ReportBuilder().WithRevision(revision));
  }
  const v1::WatchLedgerRequest position = ResumeAtTheEnd();
  ReportOf("cec", 2);
  LedgerCursor cursor = Watch(position);
  EXPECT_TRUE(cursor.Advance(clock_.Now())->more);
  EXPECT_TRUE(cursor.Advance(clock_.Now())->more);
  EXPECT_THAT(cursor.Advance(clock_.Now())->message->entries(), SizeIs(1));
}

TEST_F(LedgerCursorTest, MalformedPositionsAreRefused) {
  v1::WatchLedgerRequest request;
  request.add_positions()->set_election_id("e-1");
  request.add_positions()->set_election_id("e-1");
  EXPECT_EQ(DetailOf(LedgerCursor::Start(request, committed_).status()).reason, "POSITION_INVALID");
  request.mutable_positions()->RemoveLast();
  request.mutable_positions(0)->set_sequence(-1);
  EXPECT_EQ(DetailOf(LedgerCursor::Start(request, committed_).status()).violations[0].field,
            "positions[0]");
}

TEST_F(LedgerCursorTest, ThereMayBeSoManyPositionsAndNoMore) {
  v1::WatchLedgerRequest request;
  for (int i = 0; i < LedgerCursor::kPositionsMax; ++i) {
    v1::LedgerPosition& position = *request.add_positions();
    position.set_election_id(absl::StrCat("e-", i));
    position.set_ledger_id(std::string(36, 'l'));
    position.set_sequence(1);
    position.set_root_hash(std::string(64, 'f'));
  }
  EXPECT_TRUE(LedgerCursor::Start(request, committed_).ok());
  request.add_positions()->set_election_id("e");
  const ErrorDetail detail = DetailOf(LedgerCursor::Start(request, committed_).status());
  EXPECT_EQ(detail.reason, "POSITION_INVALID");
  EXPECT_EQ(detail.violations[0].field, "positions");
}

TEST_F(LedgerCursorTest, LargeRequestsAreRefused) {
  v1::WatchLedgerRequest request;
  request.add_positions()->set_root_hash(std::string(LedgerCursor::kRequestBytesMax, 'f'));
  EXPECT_EQ(DetailOf(LedgerCursor::Start(request, committed_).status()).reason,
            "REQUEST_TOO_LARGE");
}

TEST_F(LedgerCursorTest, AReplacedBookEndsTheWatching) {
  Define(ElectionOf(3));
  LedgerCursor cursor = Watch();
  Drain(cursor);
  store_.Restore("e-1", 0);
  ASSERT_TRUE(ledger_.TakeLead().ok());
  ASSERT_TRUE(committed_.CatchUp(ledger_).ok());
  EXPECT_EQ(DetailOf(cursor.Advance(clock_.Now()).status()).reason, "LEDGER_DIVERGED");
}

}  // namespace
}  // namespace canvass::aggregator
