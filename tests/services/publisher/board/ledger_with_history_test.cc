#include "services/publisher/board/ledger_with_history.h"

#include <string>
#include <vector>

#include "common/ledger/encoding.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/publisher/board/ledger_script.h"

namespace canvass::publisher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LedgerWithHistoryTest, ListsWhatTookVotesOutOrChangedStatusOrDefinition) {
  LedgerScript script;                                               // 1, 2
  script.Report("n-1", {60, 30, 6});                                 // 3
  script.Report("n-1", {55, 30, 6}, /*revision=*/2);                 // 4: replaces
  script.Report("n-2", {50, 40, 5}, /*revision=*/1, /*held=*/true);  // 5
  script.Report("n-2", {51, 40, 5}, /*revision=*/2);                 // 6: nothing counted before
  script.Report("n-1", {54, 30, 6}, /*revision=*/3, /*held=*/true);  // 7: held
  script.Release("n-1", 3);                                          // 8: replaces
  script.Annul("n-2", 2);                                            // 9
  script.Publish("poll", "a", "54.5");                               // 10
  script.Publish("poll", "a", "53.9", /*revision=*/2);               // 11
  script.Change({.sources = {{.id = "more",
                              .kind = election::SourceKind::kParallelCount,
                              .names = {{"en", "More"}},
                              .organisations = {"More"}}},
                 .reason = "they asked"});                // 12, sealed by 13
  script.Report("s-1", {7, 8, 9});                        // 14
  script.Certify("a");                                    // 15
  script.Reopen(election::ReopeningStatus::kCorrection);  // 16
  EXPECT_THAT(Follow(script)->corrections(), ElementsAre(4, 8, 9, 11, 12, 15, 16));
}

TEST(LedgerWithHistoryTest, OrdersStationsById) {
  LedgerScript script;
  EXPECT_THAT(Follow(script)->stations_by_id(), ElementsAre(0, 1, 2));
  script.Change(
      {.stations = {testing::MakeStation("s-0", "south"), testing::MakeStation("a-9", "south")},
       .reason = "forgotten"});
  // a-9, n-1, n-2, s-0, s-1
  EXPECT_THAT(Follow(script)->stations_by_id(), ElementsAre(4, 0, 1, 3, 2));
}

TEST(LedgerWithHistoryTest, TakesNothingOutOfOrder) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6});
  LedgerWithHistory published("e-1");
  const auto third = ledger::Decode(script.ledger().log().Get(3));
  EXPECT_EQ(published.Append(script.ledger().log().Get(3), *third).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(published.ledger().sequence(), 0);
}

TEST(LedgerWithHistoryTest, ASealCountsWhenItIsOpened) {
  const absl::Time visible_from = absl::FromUnixSeconds(1'707'310'100);
  LedgerScript script(ThreeStations().WithSource(
      {.id = "secret", .kind = election::SourceKind::kExitPoll, .visible_from = visible_from}));
  const election::Definition& definition = script.ledger().count().definition();
  const auto figures = [&](std::int32_t revision) {
    return election::PollFigures{.source_no = definition.FindSource("secret").value(),
                                 .area_no = definition.AreaOfContest(0),
                                 .revision = revision,
                                 .reason = revision > 1 ? "more answers" : ""};
  };
  const std::int64_t first = script.Seal(figures(1));   // 3
  const std::int64_t second = script.Seal(figures(2));  // 4
  script.SetTime(visible_from);
  script.Open(first);   // 5
  script.Open(second);  // 6
  const auto published = Follow(script);
  EXPECT_THAT(published->corrections(), ElementsAre(6));
  const election::PublishedPoll* const poll = published->ledger().count().FindPoll(
      0, definition.FindSource("secret").value(), definition.AreaOfContest(0));
  ASSERT_NE(poll, nullptr);
  EXPECT_EQ(poll->sequence, 6);
  EXPECT_EQ(published->ledger().log().Root(), script.ledger().log().Root());
}

TEST(LedgerWithHistoryTest, CanGoBack) {
  LedgerScript script;
  script.Report("n-1", {60, 30, 6});
  script.Report("n-1", {55, 30, 6}, /*revision=*/2);
  script.Report("n-2", {50, 40, 5});
  const auto whole = Follow(script);
  const auto earlier = whole->AsOf(4);
  EXPECT_EQ(earlier->ledger().sequence(), 4);
  EXPECT_EQ(earlier->ledger().log().Root(), script.ledger().log().RootAt(4));
  EXPECT_EQ(earlier->ledger().count().TallyOfArea(0, 0, 0).votes[0].total, 55);
  EXPECT_THAT(earlier->corrections(), ElementsAre(4));
  EXPECT_THAT(whole->AsOf(0)->corrections(), IsEmpty());
}

}  // namespace
}  // namespace canvass::publisher
