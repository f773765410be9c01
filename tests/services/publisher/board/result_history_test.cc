#include "services/publisher/board/result_history.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/publisher/board/ledger_with_history.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

std::vector<HistoryPoint> PointsOf(const LedgerWithHistory& published,
                                   const std::string& area_id = "country",
                                   const std::string& source_id = "cec",
                                   std::int64_t before = kNewest, std::size_t limit = 10'000) {
  const election::Definition& definition = published.ledger().count().definition();
  return published.history().Newest(published.ledger(), 0, definition.FindSource(source_id).value(),
                                    definition.FindArea(area_id).value(), before, limit);
}

std::vector<std::int64_t> SequencesOf(const std::vector<HistoryPoint>& points) {
  std::vector<std::int64_t> sequences;
  for (const HistoryPoint& point : points) sequences.push_back(point.moment.sequence);
  return sequences;
}

std::vector<std::int64_t> VotesOf(const std::vector<HistoryPoint>& points) {
  std::vector<std::int64_t> votes;
  for (const HistoryPoint& point : points) {
    votes.push_back(point.figures.tally.votes.empty() ? 0 : point.figures.tally.votes[0].total);
  }
  return votes;
}

TEST(ResultHistoryTest, IsEmptyBeforeAnythingHappened) {
  EXPECT_THAT(PointsOf(*Follow(LedgerScript())), IsEmpty());
}

TEST(ResultHistoryTest, HasAPointForEachSecondThatChangedTheArea) {
  LedgerScript script;  // entries 1 and 2 define
  script.Report("n-1", {60, 30, 6});
  script.Report("s-1", {7, 8, 9});
  script.Report("n-2", {50, 40, 5});
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  EXPECT_THAT(SequencesOf(PointsOf(published)), ElementsAre(5, 4, 3));
  EXPECT_THAT(VotesOf(PointsOf(published)), ElementsAre(117, 67, 60));
  EXPECT_THAT(VotesOf(PointsOf(published, "north")), ElementsAre(110, 60));
  EXPECT_THAT(VotesOf(PointsOf(published, "south")), ElementsAre(7));
  EXPECT_THAT(PointsOf(published, "country", "observers"), IsEmpty());
}

TEST(ResultHistoryTest, SaysAtWhichMoment) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6});
  const ledger::Hash root_before = script.ledger().log().Root();
  script.Report("n-2", {50, 40, 5});
  const auto points = PointsOf(*Follow(script));
  ASSERT_THAT(points, SizeIs(2));
  EXPECT_EQ(points[1].moment.sequence, 3);
  EXPECT_EQ(points[1].moment.root, root_before);
  EXPECT_EQ(points[0].moment.root, script.ledger().log().Root());
  EXPECT_EQ(points[0].moment.recorded_at - points[1].moment.recorded_at, absl::Seconds(1));
  EXPECT_EQ(points[1].figures.progress.counted, 1);
  EXPECT_EQ(points[1].figures.progress.expected, 3);
  EXPECT_EQ(points[1].figures.status, election::ResultStatus::kUnofficialPartial);
}

TEST(ResultHistoryTest, KeepsTheLastOfASecond) {
  LedgerScript script;
  script.SetPace(absl::ZeroDuration());
  script.Report("n-1", {60, 30, 6});  // the first status has a point of its own
  script.Report("n-2", {50, 40, 5});
  script.ReportFrom("observers", "n-1", {1, 2, 3});
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  EXPECT_THAT(VotesOf(PointsOf(published)), ElementsAre(110, 60));
}

TEST(ResultHistoryTest, KeepsEveryFallWithWhatStoodBefore) {
  LedgerScript script;
  script.SetPace(absl::ZeroDuration());
  script.Report("n-1", {60, 30, 6});
  script.Report("n-2", {50, 40, 5});
  script.Report("n-1", {55, 30, 6}, /*revision=*/2);  // -5
  script.Report("n-1", {56, 30, 6}, /*revision=*/3);  // rises
  script.Report("n-1", {58, 29, 6}, /*revision=*/4);  // b falls
  script.Annul("n-2", 1);
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  EXPECT_THAT(VotesOf(PointsOf(published)), ElementsAre(58, 108, 106, 105, 110, 60));
  EXPECT_THAT(SequencesOf(PointsOf(published)), ElementsAre(8, 7, 6, 5, 4, 3));
}

TEST(ResultHistoryTest, KeepsEveryStatus) {
  LedgerScript script;
  script.SetPace(absl::ZeroDuration());
  script.Report("n-1", {60, 30, 6});
  script.Report("n-2", {50, 40, 5});
  script.Report("s-1", {7, 8, 9});
  script.Certify("a");
  script.Reopen(election::ReopeningStatus::kRecount);
  script.Certify("a", /*number=*/2);
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  std::vector<election::ResultStatus> statuses;
  for (const HistoryPoint& point : PointsOf(published)) statuses.push_back(point.figures.status);
  EXPECT_THAT(
      statuses,
      ElementsAre(election::ResultStatus::kCertified, election::ResultStatus::kRecount,
                  election::ResultStatus::kCertified, election::ResultStatus::kUnofficialComplete,
                  election::ResultStatus::kUnofficialPartial));
  EXPECT_THAT(SequencesOf(PointsOf(published)), ElementsAre(8, 7, 6, 5, 3));
  // Also where nothing was counted since.
  EXPECT_THAT(SequencesOf(PointsOf(published, "south")), ElementsAre(8, 7, 6, 5));
  EXPECT_EQ(PointsOf(published)[0].figures.certification_sequence, 8);
  EXPECT_EQ(PointsOf(published)[1].figures.certification_sequence, 6);
  EXPECT_EQ(PointsOf(published)[3].figures.certification_sequence, 0);
}

TEST(ResultHistoryTest, NotesHeldReportsAndTheirRelease) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6}, /*revision=*/1, /*held=*/true);
  script.Release("n-1", 1);
  const auto points = PointsOf(*Follow(script));
  EXPECT_THAT(VotesOf(points), ElementsAre(60, 0));
  EXPECT_EQ(points[1].figures.progress.held, 1);
}

TEST(ResultHistoryTest, NotesPollFigures) {
  LedgerScript script;
  script.Publish("poll", "a", "54.5");
  script.Publish("poll", "a", "53.9", /*revision=*/2);
  const auto points = PointsOf(*Follow(script), "country", "poll");
  ASSERT_THAT(points, SizeIs(2));
  EXPECT_EQ(points[0].figures.poll_sequence, 4);
  EXPECT_EQ(points[1].figures.poll_sequence, 3);
}

TEST(ResultHistoryTest, NotesAClosedStation) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6});
  script.Report("n-2", {50, 40, 5});
  script.Change({.stations = {{.id = "s-1",
                               .area_id = "south",
                               .tags = {"abroad"},
                               .registered_voters = 500,
                               .closed_reason = "flooded"}},
                 .reason = "flood"});
  const auto points = PointsOf(*Follow(script));
  ASSERT_THAT(points, SizeIs(3));
  EXPECT_EQ(points[0].moment.sequence, 6);
  EXPECT_EQ(points[0].figures.status, election::ResultStatus::kUnofficialComplete);
  EXPECT_EQ(points[0].figures.progress.expected, 2);
}

TEST(ResultHistoryTest, PagesFromNewestToOldest) {
  LedgerScript script;
  for (int revision = 1; revision <= 5; ++revision) {
    script.Report("n-1", {60 + revision, 30, 6}, revision);
  }
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  EXPECT_THAT(SequencesOf(PointsOf(published, "country", "cec", kNewest, 2)), ElementsAre(7, 6));
  EXPECT_THAT(SequencesOf(PointsOf(published, "country", "cec", 6, 2)), ElementsAre(5, 4));
  EXPECT_THAT(SequencesOf(PointsOf(published, "country", "cec", 4, 2)), ElementsAre(3));
}

// More stations than an area keeps points.
testing::DefinitionBuilder ManyStations(int stations) {
  testing::DefinitionBuilder definition;
  definition.WithArea("north");
  for (int i = 0; i < stations; ++i) {
    definition.WithStation(testing::MakeStation("n-" + std::to_string(i), "north"));
  }
  return definition;
}

TEST(ResultHistoryTest, ThinsOutTheOlderHalf) {
  constexpr int kStations = 300;
  LedgerScript script(ManyStations(kStations));
  script.Report("n-0", {10, 1, 1});
  script.Report("n-0", {9, 1, 1}, /*revision=*/2);  // a fall, long ago
  for (int i = 1; i < kStations; ++i) script.Report("n-" + std::to_string(i), {1, 1, 1});
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  const auto of_part = PointsOf(published, "north");
  EXPECT_LE(of_part.size(), ResultHistory::kPointsOfAreaMax + 4);
  EXPECT_GT(of_part.size(), ResultHistory::kPointsOfAreaMax / 2);
  EXPECT_THAT(PointsOf(published, "country"), SizeIs(kStations + 1));
  // The newest stay, the fall stays, and all is in order.
  EXPECT_EQ(of_part.front().moment.sequence, script.ledger().sequence());
  EXPECT_EQ(of_part[10].moment.sequence, script.ledger().sequence() - 10);
  const std::vector<std::int64_t> votes = VotesOf(of_part);
  EXPECT_EQ(votes[votes.size() - 1], 10);
  EXPECT_EQ(votes[votes.size() - 2], 9);
  const std::vector<std::int64_t> sequences = SequencesOf(of_part);
  EXPECT_TRUE(std::is_sorted(sequences.rbegin(), sequences.rend()));
}

TEST(ResultHistoryTest, FindsMomentsOfPoints) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6});
  script.Certify("a");
  const auto followed = Follow(script);
  const LedgerWithHistory& published = *followed;
  ASSERT_NE(published.history().FindMoment(4), nullptr);
  EXPECT_EQ(published.history().FindMoment(4)->root, script.ledger().log().Root());
  EXPECT_EQ(published.history().FindMoment(2), nullptr);
}

}  // namespace
}  // namespace canvass::publisher
