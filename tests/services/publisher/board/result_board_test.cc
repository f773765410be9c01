#include "services/publisher/board/result_board.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/ledger/merkle.h"
#include "common/rpc/message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/calls/result_calls.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

class ResultBoardTest : public ::testing::Test {
 protected:
  absl::Status Feed(const std::vector<aggregator::v1::WatchLedgerResponse>& messages) {
    for (const auto& message : messages) {
      if (absl::Status taken = board_.Take(message); !taken.ok()) return taken;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<canvass::v1::Result> National(const std::string& source_id = "cec",
                                               std::int64_t min_sequence = 0) {
    v1::GetNationalResultRequest request;
    request.set_election_id("e-1");
    request.set_source_id(source_id);
    request.set_min_sequence(min_sequence);
    v1::GetNationalResultResponse response;
    const auto bytes = GetNationalResult(board_, request);
    if (!bytes.ok()) return bytes.status();
    if (absl::Status parsed = rpc::ParseMessage(**bytes, response); !parsed.ok()) return parsed;
    return response.result();
  }

  // Votes of candidate "a", the first in every script here.
  std::int64_t VotesOfA() {
    const auto result = National();
    if (!result.ok()) return -1;
    for (const auto& candidate : result->candidates()) {
      if (candidate.candidate_id() == "a") return candidate.votes();
    }
    return -1;
  }

  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  LedgerScript script_;
};

TEST_F(ResultBoardTest, SaysThatItIsStartingBeforeTheAggregatorWasHeard) {
  EXPECT_FALSE(board_.IsReady());
  EXPECT_EQ(National().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(National().status()), "PUBLISHER_STARTING");
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_TRUE(board_.IsReady());
  EXPECT_EQ(National().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(National().status()), "ELECTION_UNKNOWN");
  EXPECT_THAT(std::string(National().status().message()), HasSubstr("\"e-1\""));
}

TEST_F(ResultBoardTest, ShowsAStepOnlyWhenItIsComplete) {
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-2", {50, 40, 5});
  const auto messages = script_.Step(/*entries_max=*/1);
  ASSERT_EQ(messages.size(), 4);  // definition, seal, two reports
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  for (std::size_t i = 0; i + 1 < messages.size(); ++i) {
    ASSERT_TRUE(board_.Take(messages[i]).ok());
    EXPECT_EQ(ReasonOf(National().status()), "ELECTION_UNKNOWN");
  }
  ASSERT_TRUE(board_.Take(messages.back()).ok());
  EXPECT_EQ(VotesOfA(), 110);

  script_.Report("s-1", {7, 8, 9});
  script_.Annul("n-2", 1);
  const auto next = script_.Step(/*entries_max=*/1);
  ASSERT_EQ(next.size(), 2);
  ASSERT_TRUE(board_.Take(next[0]).ok());
  EXPECT_EQ(VotesOfA(), 110);
  EXPECT_EQ(board_.SequenceOf("e-1"), 4);
  ASSERT_TRUE(board_.Take(next[1]).ok());
  EXPECT_EQ(VotesOfA(), 67);
  EXPECT_EQ(board_.SequenceOf("e-1"), 6);
}

TEST_F(ResultBoardTest, ForgetsPartsOfAStepWhoseStreamEnded) {
  ASSERT_TRUE(Feed(script_.Step()).ok());
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-2", {50, 40, 5});
  const auto step = script_.Step(/*entries_max=*/1);
  ASSERT_TRUE(board_.Take(step[0]).ok());
  board_.DropUnfinishedSteps();
  // The next stream starts from the position that is shown.
  ASSERT_TRUE(Feed(step).ok());
  EXPECT_EQ(VotesOfA(), 110);
}

// What the publisher knows from before its restart, and what it finds.
TEST_F(ResultBoardTest, ShowsAfterARestartOnlyAContinuationOfWhatItHasShown) {
  script_.Report("n-1", {60, 30, 6});
  ASSERT_TRUE(Feed(script_.Step()).ok());
  const aggregator::v1::LedgerPosition shown = board_.Positions().front();
  const process::KnownLedger known{
      .ledger_id = shown.ledger_id(), .sequence = shown.sequence(), .hash = shown.root_hash()};
  const auto restart = [this](const process::KnownLedger& with, LedgerScript& script) {
    ResultBoard board(clock_, {{"e-1", with}});
    absl::Status taken;
    for (const auto& message : script.Step()) taken.Update(board.Take(message));
    taken.Update(board.Take(LedgerScript::Confirmation()));
    EXPECT_EQ(board.IsDiverged(), !taken.ok());
    EXPECT_EQ(board.SequenceOf("e-1") > 0, taken.ok()) << "it is shown only if it continues";
    if (!taken.ok()) {
      const absl::Status read =
          board.Read("e-1", 0, [](const PublishedElection&) { return absl::OkStatus(); });
      EXPECT_EQ(ReasonOf(read), "LEDGER_DIVERGED");
    }
    return taken;
  };
  LedgerScript longer;
  longer.Report("n-1", {60, 30, 6});
  longer.Report("n-2", {50, 40, 5});
  EXPECT_TRUE(restart(known, longer).ok());

  LedgerScript shorter;
  const absl::Status older = restart(known, shorter);
  EXPECT_EQ(ReasonOf(older), "LEDGER_DIVERGED");
  EXPECT_THAT(std::string(older.message()),
              HasSubstr("this publisher has shown sequence 3 with the root " + known.hash +
                        " of ledger ledger-1, but it ends at sequence 2"));

  LedgerScript rewritten;
  rewritten.Report("n-1", {59, 31, 6});
  rewritten.Report("n-2", {50, 40, 5});
  EXPECT_THAT(std::string(restart(known, rewritten).message()),
              HasSubstr(", but there its root is "));

  process::KnownLedger of_another = known;
  of_another.ledger_id = "ledger-0";
  LedgerScript same;
  same.Report("n-1", {60, 30, 6});
  EXPECT_THAT(std::string(restart(of_another, same).message()),
              HasSubstr("of ledger ledger-0, but this is ledger ledger-1"));
}

TEST_F(ResultBoardTest, KnowsWhatItHasShownBeforeARestartAndDoesNotShowNow) {
  ResultBoard board(clock_, {{"e-0", {.ledger_id = "ledger-1", .sequence = 5, .hash = "ab"}}});
  ASSERT_EQ(board.PositionsBeforeRestart().size(), 1);
  const aggregator::v1::LedgerPosition position = board.PositionsBeforeRestart().front();
  EXPECT_EQ(position.election_id(), "e-0");
  EXPECT_EQ(position.ledger_id(), "ledger-1");
  EXPECT_EQ(position.sequence(), 5);
  EXPECT_EQ(position.root_hash(), "ab");
  EXPECT_THAT(board_.PositionsBeforeRestart(), IsEmpty());
}

TEST_F(ResultBoardTest, FindsAfterARestartThatAnElectionIsGone) {
  ResultBoard board(clock_, {{"e-0", {.ledger_id = "ledger-1", .sequence = 5, .hash = "ab"}}});
  for (const auto& message : script_.Step()) ASSERT_TRUE(board.Take(message).ok());
  const absl::Status taken = board.Take(LedgerScript::Confirmation());
  EXPECT_EQ(ReasonOf(taken), "LEDGER_DIVERGED");
  EXPECT_THAT(std::string(taken.message()), HasSubstr("\"e-0\""));
  EXPECT_TRUE(board.IsDiverged());
  EXPECT_FALSE(board.IsReady());
}

TEST_F(ResultBoardTest, TellsTheAggregatorWhereItStands) {
  EXPECT_THAT(board_.Positions(), IsEmpty());
  ASSERT_TRUE(Feed(script_.Step()).ok());
  const auto positions = board_.Positions();
  ASSERT_EQ(positions.size(), 1);
  EXPECT_EQ(positions[0].election_id(), "e-1");
  EXPECT_EQ(positions[0].ledger_id(), "ledger-1");
  EXPECT_EQ(positions[0].sequence(), 2);
  EXPECT_EQ(positions[0].root_hash(), ledger::ToHex(script_.ledger().log().Root()));
}

TEST_F(ResultBoardTest, KeepsItsFiguresWhenATallyIsNotTheAggregators) {
  script_.Report("n-1", {60, 30, 6});
  ASSERT_TRUE(Feed(script_.Step()).ok());
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  const auto before = National();
  ASSERT_TRUE(before.ok());

  script_.Report("n-2", {50, 40, 5});
  auto step = script_.Step();
  step.back().mutable_tallies(0)->set_votes(0, 111);
  const absl::Status taken = Feed(step);
  EXPECT_EQ(taken.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(taken), "LEDGER_DIVERGED");
  EXPECT_THAT(std::string(taken.message()), HasSubstr("\"president\""));
  EXPECT_TRUE(board_.IsDiverged());
  const auto after = National();
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->SerializeAsString(), before->SerializeAsString());

  // What it heard then does not count as confirmation, what is right does.
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_EQ(National()->as_of().confirmed_at().seconds(), before->as_of().confirmed_at().seconds());
  step.back().mutable_tallies(0)->set_votes(0, 110);
  ASSERT_TRUE(Feed(step).ok());
  EXPECT_FALSE(board_.IsDiverged());
  EXPECT_EQ(VotesOfA(), 110);
}

TEST_F(ResultBoardTest, RefusesAStepOfAnotherHistory) {
  script_.Report("n-1", {60, 30, 6});
  ASSERT_TRUE(Feed(script_.Step()).ok());

  LedgerScript other;
  other.Report("n-1", {61, 30, 6});
  other.Step();
  other.Report("n-1", {59, 30, 6}, /*revision=*/2);
  const absl::Status taken = Feed(other.Step());
  EXPECT_EQ(ReasonOf(taken), "LEDGER_DIVERGED");
  EXPECT_THAT(std::string(taken.message()), HasSubstr("root hash"));
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_EQ(board_.SequenceOf("e-1"), 3);
}

TEST_F(ResultBoardTest, RefusesAFirstStepThatIsNotWhatItSays) {
  script_.Report("n-1", {60, 30, 6});
  auto step = script_.Step();
  step.back().set_root_hash(std::string(64, '0'));
  EXPECT_EQ(ReasonOf(Feed(step)), "LEDGER_DIVERGED");
  EXPECT_TRUE(board_.IsDiverged());
  EXPECT_THAT(board_.Positions(), IsEmpty());
}

TEST_F(ResultBoardTest, RefusesGapsShorterStepsAndBrokenEntries) {
  ASSERT_TRUE(Feed(script_.Step()).ok());
  script_.Report("n-1", {60, 30, 6});
  script_.Report("n-2", {50, 40, 5});
  const auto step = script_.Step();

  auto gap = step;
  gap[0].mutable_entries()->DeleteSubrange(0, 1);
  EXPECT_EQ(ReasonOf(Feed(gap)), "LEDGER_DIVERGED");
  auto shorter = step;
  shorter[0].set_sequence(3);
  EXPECT_EQ(ReasonOf(Feed(shorter)), "LEDGER_DIVERGED");
  auto broken = step;
  broken[0].mutable_entries(1)->set_entry("not an entry");
  EXPECT_EQ(ReasonOf(Feed(broken)), "LEDGER_DIVERGED");
  auto nothing = step;
  nothing[0].mutable_entries(1)->clear_entry();
  EXPECT_EQ(ReasonOf(Feed(nothing)), "LEDGER_DIVERGED");
  auto restored = step;
  restored[0].set_ledger_id("ledger-2");
  EXPECT_EQ(ReasonOf(Feed(restored)), "LEDGER_DIVERGED");

  EXPECT_EQ(board_.SequenceOf("e-1"), 2);
  ASSERT_TRUE(Feed(step).ok());
  EXPECT_EQ(VotesOfA(), 110);
}

TEST_F(ResultBoardTest, IsDivergedWhileTheAggregatorSaysSo) {
  ASSERT_TRUE(Feed(script_.Step()).ok());
  board_.MarkDiverged();
  EXPECT_TRUE(board_.IsDiverged());
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_FALSE(board_.IsDiverged());
}

election::ReportRecorded Interviews(const LedgerScript& script, std::vector<std::int32_t> answers,
                                    std::int32_t revision = 1) {
  const election::Definition& definition = script.ledger().count().definition();
  return {
      .key = {0, definition.FindSource("secret").value(), definition.FindStation("n-1").value()},
      .revision = revision,
      .reason = revision > 1 ? "typing error" : "",
      .counts = {.interviews = true,
                 .asked = 120,
                 .refused = 20,
                 .undecided = 0,
                 .votes = std::move(answers)}};
}

TEST_F(ResultBoardTest, ShowsASourceUnderEmbargoOnlyAfterwards) {
  const absl::Time visible_from = clock_.Now() + absl::Hours(1);
  LedgerScript script(ThreeStations().WithSource(
      {.id = "secret", .kind = election::SourceKind::kExitPoll, .visible_from = visible_from}));
  const std::int64_t first = script.Seal(Interviews(script, {50, 30, 20}));
  const std::int64_t second = script.Seal(Interviews(script, {52, 28, 20}, /*revision=*/2));
  script.Report("n-1", {60, 30, 6});
  ASSERT_TRUE(Feed(script.Step()).ok());
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());

  const absl::Status refused = National("secret").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "SOURCE_EMBARGOED");
  const std::string visible =
      absl::FormatTime(absl::RFC3339_sec, visible_from, absl::UTCTimeZone());
  EXPECT_THAT(DetailOf(refused).metadata,
              ::testing::Contains(::testing::Pair("visible_from", visible)));
  EXPECT_EQ(VotesOfA(), 60);

  // Past, but the aggregator has not opened the seals.
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_EQ(ReasonOf(National("secret").status()), "SOURCE_EMBARGOED");

  script.SetTime(clock_.Now());
  script.Open(first);
  script.Open(second);
  ASSERT_TRUE(Feed(script.Step()).ok());
  const auto election = National("secret");
  ASSERT_TRUE(election.ok()) << election.status();
  EXPECT_EQ(election->candidates(0).votes(), 52);
  EXPECT_EQ(election->sample_size(), 100);
  EXPECT_EQ(election->as_of().root_hash(), ledger::ToHex(script.ledger().log().Root()));
}

TEST_F(ResultBoardTest, ADivergedStepShowsNothingOfWhatItOpens) {
  const absl::Time visible_from = clock_.Now() + absl::Hours(1);
  LedgerScript script(ThreeStations().WithSource(
      {.id = "secret", .kind = election::SourceKind::kExitPoll, .visible_from = visible_from}));
  const std::int64_t seal = script.Seal(Interviews(script, {50, 30, 20}));
  ASSERT_TRUE(Feed(script.Step()).ok());
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  clock_.Advance(absl::Hours(1));
  script.SetTime(clock_.Now());
  script.Open(seal);
  auto step = script.Step();
  step.back().mutable_tallies(0)->set_ballots_cast(1);
  EXPECT_EQ(ReasonOf(Feed(step)), "LEDGER_DIVERGED");
  EXPECT_EQ(ReasonOf(National("secret").status()), "SOURCE_EMBARGOED");
  step.back().mutable_tallies(0)->set_ballots_cast(0);
  ASSERT_TRUE(Feed(step).ok());
  EXPECT_EQ(National("secret")->candidates(0).votes(), 50);
}

TEST_F(ResultBoardTest, SaysHowOldItIs) {
  script_.Report("n-1", {60, 30, 6});
  ASSERT_TRUE(Feed(script_.Step()).ok());
  const std::int64_t first = absl::ToUnixSeconds(clock_.Now());
  EXPECT_EQ(National().status().code(), absl::StatusCode::kOk);
  EXPECT_EQ(National()->as_of().confirmed_at().seconds(), first);
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(National()->as_of().confirmed_at().seconds(), first);
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_EQ(National()->as_of().confirmed_at().seconds(), first + 30);
  EXPECT_EQ(National()->as_of().sequence(), 3);
}

TEST_F(ResultBoardTest, AClockThatIsSetBackLeavesNothingConfirmedInTheFuture) {
  LedgerScript script(
      ThreeStations().WithSource({.id = "secret",
                                  .kind = election::SourceKind::kExitPoll,
                                  .visible_from = clock_.Now() + absl::Minutes(9)}));
  const std::int64_t seal = script.Seal(Interviews(script, {50, 30, 20}));
  ASSERT_TRUE(Feed(script.Step()).ok());
  const std::int64_t first = absl::ToUnixSeconds(clock_.Now());
  EXPECT_EQ(ReasonOf(National("secret").status()), "SOURCE_EMBARGOED");
  clock_.Advance(absl::Hours(1));
  script.SetTime(clock_.Now());
  script.Open(seal);
  ASSERT_TRUE(Feed(script.Step()).ok());
  EXPECT_TRUE(National("secret").ok());
  clock_.Advance(-absl::Hours(1));
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_EQ(National()->as_of().confirmed_at().seconds(), first);
  EXPECT_TRUE(National("secret").ok()) << "what was shown is not taken back";
}

TEST_F(ResultBoardTest, WaitsForTheSequenceThatIsAskedFor) {
  ASSERT_TRUE(Feed(script_.Step()).ok());
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_TRUE(National("cec", 2).ok());
  const absl::Status behind = National("cec", 3).status();
  EXPECT_EQ(behind.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(behind), "SEQUENCE_NOT_REACHED");
  EXPECT_GT(DetailOf(behind).retry_after_ms, 0);
}

TEST_F(ResultBoardTest, TellsItsListenersOfStepsConfirmationsAndDivergence) {
  int calls = 0;
  board_.AddListener([&calls] { ++calls; });
  const auto step = script_.Step(/*entries_max=*/1);
  ASSERT_EQ(step.size(), 2);
  ASSERT_TRUE(board_.Take(step[0]).ok());
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(board_.Take(step[1]).ok());
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  EXPECT_EQ(calls, 2);
  board_.MarkDiverged();
  EXPECT_EQ(calls, 3);
}

TEST_F(ResultBoardTest, KeepsElectionsApart) {
  LedgerScript other(ThreeStations().WithElectionId("e-2"));
  other.Report("n-1", {1, 2, 3});
  script_.Report("n-1", {60, 30, 6});
  const auto first = script_.Step(/*entries_max=*/2);
  const auto second = other.Step();
  ASSERT_EQ(first.size(), 2);
  ASSERT_TRUE(board_.Take(first[0]).ok());
  ASSERT_TRUE(Feed(second).ok());
  ASSERT_TRUE(board_.Take(first[1]).ok());
  EXPECT_EQ(VotesOfA(), 60);
  std::vector<std::string> ids;
  ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  ASSERT_TRUE(board_
                  .ReadAll([&ids](const PublishedElection& election) {
                    ids.push_back(election.definition().election().id);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_THAT(ids, ElementsAre("e-1", "e-2"));
}

}  // namespace
}  // namespace canvass::publisher
