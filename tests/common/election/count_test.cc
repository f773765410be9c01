#include "common/election/count.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/election/station_history.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::election {
namespace {

using ::canvass::testing::CheckedLedger;
using ::canvass::testing::DefinitionBuilder;
using ::canvass::testing::InterviewReportBuilder;
using ::canvass::testing::MakeStation;
using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// country > north (s-1, s-2), south (s-3; with harbour below: s-4).
DefinitionBuilder TwoRegions() {
  DefinitionBuilder definition;
  definition.WithArea("north")
      .WithArea("south")
      .WithArea("harbour", "south")
      .WithStation(MakeStation("s-1", "north", 500, {"abroad"}))
      .WithStation(MakeStation("s-2", "north", 600))
      .WithStation(MakeStation("s-3", "south", 700, {"abroad", "sample"}))
      .WithStation(MakeStation("s-4", "harbour", 800, {"sample"}))
      .WithSource({.id = "poll", .kind = SourceKind::kExitPoll, .sample_tag = "sample"})
      .WithSource({.id = "observers", .kind = SourceKind::kParallelCount});
  return definition;
}

class CountTest : public ::testing::Test {
 protected:
  const Count& count() const { return ledger_.count(); }
  int Area(const std::string& id) const { return count().definition().FindArea(id).value(); }
  int Source(const std::string& id) const { return count().definition().FindSource(id).value(); }
  StationKey Key(const std::string& station_id) const {
    return ledger_.KeyOf("president", "cec", station_id);
  }
  const Tally& TallyOf(const std::string& area_id, const std::string& source_id = "cec") const {
    return count().TallyOfArea(0, Source(source_id), Area(area_id));
  }
  Progress ProgressOf(const std::string& area_id, const std::string& source_id = "cec") const {
    return count().ProgressOfArea(0, Source(source_id), Area(area_id));
  }
  ResultStatus StatusOf(const std::string& area_id) const {
    return count().StatusOf(0, 0, Area(area_id));
  }
  StationState StateOf(const std::string& station_id) const {
    return count().StandingOf(Key(station_id)).state;
  }
  // Votes of candidate "a" in the country.
  std::int64_t VotesOfA() const {
    const Tally& tally = TallyOf("country");
    return tally.votes.empty() ? 0 : tally.votes.front().total;
  }

  // Reports that differ in the votes of "a".
  void Report(const std::string& station_id, std::int64_t votes_of_a, std::int32_t revision = 1) {
    Submit(CleanReport(station_id, votes_of_a, revision).Build(), Severity::kUnspecified);
  }
  void ReportHeld(const std::string& station_id, std::int64_t votes_of_a,
                  std::int32_t revision = 1) {
    Submit(CleanReport(station_id, votes_of_a, revision).WithRegistered(1).Build(),
           Severity::kHold);
  }
  void Release(const std::string& station_id, std::int32_t revision) {
    ASSERT_TRUE(ledger_.Release(Decide(station_id, revision)).ok());
  }
  void Annul(const std::string& station_id, std::int32_t revision, bool expected_again = false) {
    ReportDecisionRequest request = Decide(station_id, revision);
    request.station_expected_again = expected_again;
    ASSERT_TRUE(ledger_.Annul(request).ok());
  }
  void Reinstate(const std::string& station_id, std::int32_t revision) {
    ASSERT_TRUE(ledger_.Reinstate(Decide(station_id, revision)).ok());
  }
  void Change(Station station) {
    const absl::Status changed =
        ledger_.Change({.stations = {std::move(station)}, .reason = "Flood"});
    ASSERT_TRUE(changed.ok()) << changed;
  }

  static ReportDecisionRequest Decide(const std::string& station_id, std::int32_t revision) {
    return {.key = {.election_id = "e-1",
                    .contest_id = "president",
                    .source_id = "cec",
                    .station_id = station_id,
                    .revision = revision},
            .reason = "Board's decision"};
  }

  CheckedLedger ledger_{TwoRegions()};

 private:
  static ReportBuilder CleanReport(const std::string& station_id, std::int64_t votes_of_a,
                                   std::int32_t revision) {
    return ReportBuilder()
        .WithStation(station_id)
        .WithRevision(revision)
        .WithBalancedVotes({votes_of_a, 100, 50})
        .WithRegistered(1000);
  }
  void Submit(const StationReport& report, Severity expected) {
    ASSERT_EQ(ledger_.Submit(report).outcome, expected);
  }
};

TEST_F(CountTest, BeginsWithNothing) {
  EXPECT_TRUE(count().defined());
  EXPECT_EQ(count().definition_sequence(), 2);
  EXPECT_EQ(count().unsealed_parts(), 0);
  EXPECT_EQ(TallyOf("country"), Tally());
  EXPECT_EQ(ProgressOf("country"), (Progress{.expected = 4, .registered_expected = 2600}));
  EXPECT_EQ(StatusOf("country"), ResultStatus::kPreElection);
  EXPECT_EQ(count().LastChangeOf(0, 0), 2);
  EXPECT_THAT(count().HeldReports(), IsEmpty());
  EXPECT_FALSE(count().HasReportsOfContest(0));
  EXPECT_FALSE(count().HasReportsFromSource(0));
  EXPECT_FALSE(count().HasReportsOfStation(0));
}

TEST_F(CountTest, PartsAreInvisibleBeforeTheirSeal) {
  Count count;
  count.Apply({.sequence = 1, .event = TwoRegions().Build()});
  EXPECT_FALSE(count.defined());
  EXPECT_EQ(count.unsealed_parts(), 1);
  EXPECT_FALSE(count.HasReportsOfContest(0));
  count.Apply({.sequence = 2, .event = DefinitionSeal{.parts = 1}});
  EXPECT_TRUE(count.defined());
  EXPECT_EQ(count.unsealed_parts(), 0);
}

TEST_F(CountTest, AddsUpTheTree) {
  Report("s-1", 200);
  Report("s-4", 300);
  EXPECT_EQ(TallyOf("north").ballots_cast.total, 354);  // 200 + 100 + 50 + 2 blank + 2 invalid
  EXPECT_EQ(TallyOf("harbour").ballots_cast.total, 454);
  EXPECT_EQ(TallyOf("south").ballots_cast.total, 454);
  EXPECT_EQ(TallyOf("country").ballots_cast.total, 808);
  EXPECT_EQ(TallyOf("country").votes[0].total, 500);
  EXPECT_EQ(TallyOf("country").reports, 2);
  EXPECT_EQ(
      ProgressOf("south"),
      (Progress{
          .expected = 2, .counted = 1, .registered_expected = 1500, .registered_counted = 800}));
  EXPECT_EQ(StatusOf("harbour"), ResultStatus::kUnofficialComplete);
  EXPECT_EQ(StatusOf("south"), ResultStatus::kUnofficialPartial);
  EXPECT_TRUE(count().HasReportsOfContest(0));
  EXPECT_TRUE(count().HasReportsFromSource(0));
  EXPECT_FALSE(count().HasReportsFromSource(Source("poll")));
  EXPECT_TRUE(count().HasReportsOfStation(0));
  EXPECT_FALSE(count().HasReportsOfStation(1));
  EXPECT_TRUE(count().HasCountingOrHeldReportOf(0));
  EXPECT_FALSE(count().HasCountingOrHeldReportOf(1));
}

TEST_F(CountTest, SourcesNeverMix) {
  Report("s-3", 200);
  ASSERT_EQ(ledger_.Submit(InterviewReportBuilder().WithStation("s-3").Build()).outcome,
            Severity::kUnspecified);
  ASSERT_EQ(
      ledger_.Submit(ReportBuilder().WithStation("s-3").WithSource("observers").Build()).outcome,
      Severity::kUnspecified);
  EXPECT_EQ(TallyOf("south").votes[0].total, 200);
  EXPECT_EQ(TallyOf("south", "poll").votes[0].total, 50);
  EXPECT_EQ(TallyOf("south", "poll").asked.total, 100);
  EXPECT_EQ(TallyOf("south", "poll").ballots_cast, (Sum{.total = 0, .unknown = 1}));
  EXPECT_EQ(TallyOf("south", "observers").votes[0].total, 60);
}

TEST_F(CountTest, ASampleExpectsItsStationsAlone) {
  EXPECT_EQ(ProgressOf("country", "poll"), (Progress{.expected = 2, .registered_expected = 1500}));
  EXPECT_EQ(ProgressOf("north", "poll"), Progress());
  EXPECT_EQ(count().StatusOf(0, Source("poll"), Area("north")), ResultStatus::kPreElection);
}

TEST_F(CountTest, ACorrectionTakesThePlaceOfTheRevisionBefore) {
  Report("s-1", 200);
  Report("s-1", 150, 2);
  EXPECT_EQ(VotesOfA(), 150);
  EXPECT_EQ(TallyOf("country").reports, 1);
  const StationStanding standing = count().StandingOf(Key("s-1"));
  EXPECT_EQ(standing.newest_revision, 2);
  EXPECT_EQ(standing.counting_revision, 2);
  EXPECT_EQ(standing.counting_sequence, 4);
  EXPECT_EQ(count().FindRevision(Key("s-1"), 1), 3);
  EXPECT_EQ(count().FindRevision(Key("s-1"), 2), 4);
  EXPECT_EQ(count().FindRevision(Key("s-1"), 0), 4);
  EXPECT_EQ(count().FindRevision(Key("s-1"), 3), std::nullopt);
  EXPECT_EQ(count().FindRevision(Key("s-2"), 0), std::nullopt);
  EXPECT_EQ(count().CountingCounts(Key("s-1"))->votes, (std::vector<std::int32_t>{150, 100, 50}));
  EXPECT_EQ(count().CountingCounts(Key("s-2")), std::nullopt);
}

TEST_F(CountTest, AHeldReportWaitsForItsRelease) {
  ReportHeld("s-1", 200);
  EXPECT_EQ(TallyOf("country"), Tally());
  EXPECT_EQ(StateOf("s-1"), StationState::kHeld);
  EXPECT_EQ(ProgressOf("north").held, 1);
  EXPECT_EQ(count().HeldCorrections(0, 0), 0);
  EXPECT_EQ(StatusOf("north"), ResultStatus::kUnofficialPartial);
  EXPECT_THAT(count().HeldReports(), ElementsAre(3));
  Release("s-1", 1);
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_EQ(StateOf("s-1"), StationState::kCounted);
  EXPECT_EQ(ProgressOf("north").held, 0);
  EXPECT_THAT(count().HeldReports(), IsEmpty());
  EXPECT_EQ(count().FindRelease(Key("s-1"), 1), 4);
}

TEST_F(CountTest, AHeldCorrectionLeavesTheRevisionBeforeInTheTotals) {
  Report("s-1", 200);
  ReportHeld("s-1", 900, 2);
  EXPECT_EQ(VotesOfA(), 200);
  const StationStanding standing = count().StandingOf(Key("s-1"));
  EXPECT_EQ(standing.state, StationState::kCounted);
  EXPECT_EQ(standing.counting_revision, 1);
  EXPECT_TRUE(standing.newest_is_held);
  EXPECT_EQ(ProgressOf("north").held, 0);
  EXPECT_THAT(count().HeldReports(), ElementsAre(4));
  EXPECT_EQ(count().HeldCorrections(0, 0), 1);
  Release("s-1", 2);
  EXPECT_EQ(VotesOfA(), 900);
  EXPECT_EQ(count().HeldCorrections(0, 0), 0);
}

TEST_F(CountTest, AHeldReportThatIsCorrectedIsDecided) {
  ReportHeld("s-1", 200);
  Report("s-1", 150, 2);
  EXPECT_EQ(VotesOfA(), 150);
  EXPECT_THAT(count().HeldReports(), IsEmpty());
}

TEST_F(CountTest, AnAnnulledStationIsSettled) {
  Report("s-4", 200);
  Annul("s-4", 1);
  EXPECT_EQ(TallyOf("country"), Tally());
  EXPECT_EQ(StateOf("s-4"), StationState::kAnnulled);
  EXPECT_EQ(ProgressOf("harbour"),
            (Progress{.expected = 1, .annulled = 1, .registered_expected = 800}));
  EXPECT_EQ(StatusOf("harbour"), ResultStatus::kUnofficialComplete);
  const StationStanding standing = count().StandingOf(Key("s-4"));
  EXPECT_EQ(standing.annulment_sequence, 4);
  EXPECT_EQ(standing.annulled_revision, 1);
  EXPECT_EQ(count().FindAnnulment(Key("s-4"))->annulment.reason, "Board's decision");
  Reinstate("s-4", 1);
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_EQ(StateOf("s-4"), StationState::kCounted);
  EXPECT_EQ(count().FindAnnulment(Key("s-4")), nullptr);
  const StationHistory& history = *count().FindHistory(Key("s-4"));
  EXPECT_EQ(history.annulments().front().superseded_sequence, 5);
  EXPECT_EQ(history.reinstatements().front().sequence, 5);
  EXPECT_EQ(history.reinstatements().front().superseded_sequence, 0);
}

TEST_F(CountTest, ARevisionAfterAnAnnulmentCountsOnceItIsReleased) {
  Report("s-1", 200);
  Annul("s-1", 1);
  ASSERT_EQ(ledger_.Submit(ReportBuilder().WithStation("s-1").WithRevision(2).Build()).outcome,
            Severity::kHold);
  EXPECT_EQ(StateOf("s-1"), StationState::kHeld);
  EXPECT_THAT(count().HeldReports(), ElementsAre(5));
  Release("s-1", 2);
  EXPECT_EQ(VotesOfA(), 60);
  EXPECT_EQ(StateOf("s-1"), StationState::kCounted);
  Report("s-1", 70, 3);  // no longer held
  EXPECT_EQ(VotesOfA(), 70);
}

TEST_F(CountTest, AReinstatementLeavesTheLaterRevisionHeld) {
  Report("s-1", 200);
  Annul("s-1", 1);
  ledger_.Submit(ReportBuilder().WithStation("s-1").WithRevision(2).Build());
  Reinstate("s-1", 1);
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_THAT(count().HeldReports(), ElementsAre(5));
  Release("s-1", 2);
  EXPECT_EQ(VotesOfA(), 60);
}

TEST_F(CountTest, AReinstatementTakesBackTheAnnulmentThatItNames) {
  Report("s-1", 200);
  Annul("s-1", 1);
  ledger_.Submit(ReportBuilder().WithStation("s-1").WithRevision(2).Build());
  Release("s-1", 2);
  Annul("s-1", 2);
  EXPECT_EQ(VotesOfA(), 0);
  EXPECT_EQ(StateOf("s-1"), StationState::kAnnulled);
  Reinstate("s-1", 2);
  EXPECT_EQ(VotesOfA(), 60);
}

// Revision 1 was annulled by itself, and a reinstatement of revision 2 does not bring it back.
TEST_F(CountTest, AnEarlierAnnulmentIsInForceAgain) {
  Report("s-1", 200);
  Annul("s-1", 1);
  ASSERT_EQ(ledger_.Submit(ReportBuilder().WithStation("s-1").WithRevision(2).Build()).outcome,
            Severity::kHold);
  Annul("s-1", 2, /*expected_again=*/true);
  EXPECT_EQ(StateOf("s-1"), StationState::kMissing);
  Reinstate("s-1", 2);
  EXPECT_EQ(TallyOf("country"), Tally());
  EXPECT_EQ(StateOf("s-1"), StationState::kHeld);
  EXPECT_THAT(count().HeldReports(), ElementsAre(5));
  EXPECT_EQ(count().FindAnnulment(Key("s-1"))->sequence, 4);
  EXPECT_EQ(count().StandingOf(Key("s-1")).annulled_revision, 1);
  Reinstate("s-1", 1);
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_THAT(count().HeldReports(), ElementsAre(5));
}

// Two annulments of one revision are two words about one thing.
TEST_F(CountTest, AReinstatementTakesBackWhatWasSaidOfTheRevision) {
  Report("s-1", 200);
  Annul("s-1", 1);
  Annul("s-1", 1, /*expected_again=*/true);
  EXPECT_EQ(StateOf("s-1"), StationState::kMissing);
  EXPECT_EQ(count().FindHistory(Key("s-1"))->annulments().front().superseded_sequence, 5);
  Reinstate("s-1", 1);
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_EQ(count().FindAnnulment(Key("s-1")), nullptr);
}

TEST_F(CountTest, AnAnnulmentSettlesAHeldReport) {
  ReportHeld("s-1", 200);
  Annul("s-1", 1);
  EXPECT_EQ(StateOf("s-1"), StationState::kAnnulled);
  EXPECT_THAT(count().HeldReports(), IsEmpty());
  Reinstate("s-1", 1);
  EXPECT_EQ(StateOf("s-1"), StationState::kHeld);
  EXPECT_THAT(count().HeldReports(), ElementsAre(3));
}

TEST_F(CountTest, AStationExpectedAgainIsMissingAndReportsAnew) {
  Report("s-1", 200);
  Annul("s-1", 1, /*expected_again=*/true);
  EXPECT_EQ(StateOf("s-1"), StationState::kMissing);
  EXPECT_EQ(ProgressOf("north").missing(), 2);
  EXPECT_TRUE(count().StandingOf(Key("s-1")).expected_again);
  Report("s-1", 180, 2);
  EXPECT_EQ(VotesOfA(), 180);
  EXPECT_EQ(StateOf("s-1"), StationState::kCounted);
}

TEST_F(CountTest, AClosedStationIsNotExpected) {
  Change({.id = "s-4", .closed_reason = "Never opened"});
  EXPECT_EQ(ProgressOf("country"),
            (Progress{.expected = 3, .closed = 1, .registered_expected = 1800}));
  EXPECT_EQ(ProgressOf("harbour"), (Progress{.closed = 1}));
  EXPECT_EQ(StateOf("s-4"), StationState::kClosed);
  EXPECT_EQ(StatusOf("harbour"), ResultStatus::kPreElection);
  EXPECT_EQ(ProgressOf("country", "poll"),
            (Progress{.expected = 1, .closed = 1, .registered_expected = 700}));
  Change({.id = "s-4", .closed_reason = ""});
  EXPECT_EQ(ProgressOf("country").expected, 4);
}

TEST_F(CountTest, AMergedStationStandsWhereTheOtherStands) {
  Change({.id = "s-4", .counted_at_station_id = "s-1"});
  EXPECT_EQ(ProgressOf("country").expected, 4);
  EXPECT_EQ(StateOf("s-4"), StationState::kMissing);
  ReportHeld("s-1", 200);
  EXPECT_EQ(StateOf("s-4"), StationState::kHeld);
  EXPECT_EQ(ProgressOf("harbour").held, 1);
  Release("s-1", 1);
  EXPECT_EQ(StateOf("s-4"), StationState::kCounted);
  EXPECT_EQ(
      ProgressOf("harbour"),
      (Progress{
          .expected = 1, .counted = 1, .registered_expected = 800, .registered_counted = 800}));
  EXPECT_EQ(ProgressOf("country").counted, 2);
  EXPECT_EQ(TallyOf("country").reports, 1);
  EXPECT_EQ(TallyOf("harbour"), Tally());
  EXPECT_EQ(count().StandingOf(Key("s-4")).newest_revision, 0);
}

// The poll asks at s-3 and s-4. Once s-4 is counted at s-1, nobody reports it to the poll.
TEST_F(CountTest, AMergedStationIsInTheSamplesOfTheOther) {
  Change({.id = "s-4", .counted_at_station_id = "s-1"});
  EXPECT_EQ(ProgressOf("country", "poll"), (Progress{.expected = 1, .registered_expected = 700}));
  EXPECT_FALSE(count().definition().IsExpected(0, Source("poll"), Key("s-4").station_no));
  ASSERT_EQ(ledger_.Submit(InterviewReportBuilder().WithStation("s-3").Build()).outcome,
            Severity::kUnspecified);
  EXPECT_TRUE(ProgressOf("country", "poll").complete());
  // With a station of the sample it is counted.
  Change({.id = "s-2", .counted_at_station_id = "s-3"});
  EXPECT_EQ(
      ProgressOf("north", "poll"),
      (Progress{
          .expected = 1, .counted = 1, .registered_expected = 600, .registered_counted = 600}));
  EXPECT_TRUE(count().definition().IsExpected(0, Source("poll"), Key("s-2").station_no));
}

// What was posted to it by mistake is annulled, and nobody waits for it any more.
TEST_F(CountTest, AStationWithAnAnnulledReportIsClosed) {
  Report("s-4", 200);
  const Station closed{.id = "s-4", .closed_reason = "Never opened"};
  EXPECT_FALSE(ledger_.Change({.stations = {closed}, .reason = "Flood"}).ok());
  Annul("s-4", 1, /*expected_again=*/true);
  Change(closed);
  EXPECT_EQ(StateOf("s-4"), StationState::kClosed);
  EXPECT_EQ(ProgressOf("harbour"), (Progress{.closed = 1}));
  EXPECT_EQ(DetailOf(ledger_.Reinstate(Decide("s-4", 1)).status()).reason, "STATION_CLOSED");
  Change({.id = "s-4", .closed_reason = ""});
  Reinstate("s-4", 1);
  EXPECT_EQ(VotesOfA(), 200);
}

TEST_F(CountTest, AStationWithAnAnnulledReportIsMerged) {
  Report("s-4", 200);
  ReportHeld("s-4", 200, 2);
  const Station merged{.id = "s-4", .counted_at_station_id = "s-1"};
  EXPECT_FALSE(ledger_.Change({.stations = {merged}, .reason = "Flood"}).ok());
  Annul("s-4", 2);
  Change(merged);
  // As s-1 stands.
  EXPECT_EQ(StateOf("s-4"), StationState::kMissing);
  EXPECT_EQ(ProgressOf("harbour"), (Progress{.expected = 1, .registered_expected = 800}));
  EXPECT_EQ(DetailOf(ledger_.Reinstate(Decide("s-4", 2)).status()).reason,
            "STATION_COUNTED_ELSEWHERE");
  Report("s-1", 300);
  EXPECT_EQ(StateOf("s-4"), StationState::kCounted);
  EXPECT_EQ(ProgressOf("harbour").counted, 1);
  EXPECT_EQ(VotesOfA(), 300);
}

TEST_F(CountTest, ADefinitionMayGrowUnderTheReports) {
  Report("s-1", 200);
  ReportHeld("s-3", 300);
  DefinitionChange change{.reason = "A new district"};
  change.areas.push_back({.id = "east", .parent_id = "country", .kind = "region"});
  change.areas.back().names = {{"en", "East"}};
  change.stations.push_back(MakeStation("s-5", "east", 900));
  const absl::Status changed = ledger_.Change(change);
  ASSERT_TRUE(changed.ok()) << changed;
  EXPECT_EQ(VotesOfA(), 200);
  EXPECT_EQ(ProgressOf("country"), (Progress{.expected = 5,
                                             .counted = 1,
                                             .held = 1,
                                             .registered_expected = 3500,
                                             .registered_counted = 500}));
  Report("s-5", 40);
  EXPECT_EQ(TallyOf("east").votes[0].total, 40);
  EXPECT_EQ(VotesOfA(), 240);
  EXPECT_EQ(count().LastChangeOf(0, Source("poll")), count().definition_sequence());
}

TEST_F(CountTest, TheBallotMayChangeWhileNothingWasReported) {
  DefinitionChange change{.reason = "Registered late"};
  change.contests.push_back({.id = "president"});
  for (const std::string id : {"a", "b", "c", "d"}) {
    change.contests.back().candidates.push_back({.id = id, .names = {{"en", "Candidate " + id}}});
  }
  const absl::Status changed = ledger_.Change(change);
  ASSERT_TRUE(changed.ok()) << changed;
  const auto checked = ledger_.Submit(ReportBuilder()
                                          .WithBalancedVotes({1, 2, 3, 4})
                                          .WithBlank(0)
                                          .WithInvalid(0)
                                          .WithCast(10)
                                          .WithIssued(10)
                                          .Build());
  ASSERT_EQ(checked.outcome, Severity::kUnspecified);
  EXPECT_THAT(TallyOf("country").votes, ElementsAre(Sum{1}, Sum{2}, Sum{3}, Sum{4}));
}

TEST_F(CountTest, TagsCutAcrossAreas) {
  Report("s-1", 200);
  Report("s-2", 300);
  ReportHeld("s-3", 400);
  const Tally tally = count().TallyOfTag(0, 0, Area("country"), "abroad");
  EXPECT_EQ(tally.reports, 1);
  EXPECT_EQ(tally.votes[0].total, 200);
  EXPECT_EQ(count().ProgressOfTag(0, 0, Area("country"), "abroad"),
            (Progress{.expected = 2,
                      .counted = 1,
                      .held = 1,
                      .registered_expected = 1200,
                      .registered_counted = 500}));
  EXPECT_EQ(count().ProgressOfTag(0, 0, Area("south"), "abroad").expected, 1);
  EXPECT_EQ(count().TallyOfTag(0, 0, Area("country"), "nowhere"), Tally());
}

TEST_F(CountTest, FlagsReportsWithAWarning) {
  ASSERT_EQ(
      ledger_.Submit(ReportBuilder().WithInvalid(90).WithBalancedVotes({1, 1, 1}).Build()).outcome,
      Severity::kWarn);
  EXPECT_EQ(TallyOf("north").flagged, 1);
  EXPECT_TRUE(count().StandingOf(Key("s-1")).flagged);
  Report("s-1", 10, 2);
  EXPECT_EQ(TallyOf("north").flagged, 0);
}

TEST_F(CountTest, CertificationStandsUntilReopened) {
  for (const std::string station : {"s-1", "s-2", "s-3", "s-4"}) Report(station, 200);
  EXPECT_EQ(StatusOf("country"), ResultStatus::kUnofficialComplete);
  EXPECT_EQ(count().FindCertified(0, 0), nullptr);
  CertificationRequest request{.expected_sequence = ledger_.sequence(),
                               .elected_candidate_ids = {"a"}};
  ASSERT_EQ(ledger_.Certify(request).value(), 7);
  EXPECT_TRUE(count().IsCertified(0, 0));
  EXPECT_EQ(StatusOf("harbour"), ResultStatus::kCertified);
  EXPECT_EQ(count().LastChangeOf(0, 0), 6);
  EXPECT_EQ(count().FindCertified(0, 0)->certification.tally.votes[0].total, 800);

  ASSERT_EQ(ledger_.Submit(ReportBuilder().WithRevision(2).Build()).outcome, Severity::kHold);
  EXPECT_EQ(VotesOfA(), 800);
  ASSERT_TRUE(ledger_.Reopen({.status = ReopeningStatus::kRecount, .reason = "Court"}).ok());
  EXPECT_EQ(StatusOf("country"), ResultStatus::kRecount);
  EXPECT_FALSE(count().IsCertified(0, 0));
  EXPECT_EQ(count().FindReopening(0, 0)->reopening.reason, "Court");
  EXPECT_EQ(count().FindCertified(0, 0)->sequence, 7);
  Release("s-1", 2);
  EXPECT_EQ(VotesOfA(), 660);
  request.expected_sequence = ledger_.sequence();
  ASSERT_TRUE(ledger_.Certify(request).ok());
  EXPECT_EQ(StatusOf("country"), ResultStatus::kCertified);
  EXPECT_EQ(count().FindCertified(0, 0)->certification.number, 2);
  EXPECT_EQ(count().FindReopening(0, 0), nullptr);
}

TEST_F(CountTest, KeepsEveryRevisionOfPollFigures) {
  const int poll = Source("poll");
  const int country = Area("country");
  EXPECT_EQ(count().FindPoll(0, poll, country), nullptr);
  PollFiguresRequest request{.source_id = "poll", .shares = {{"a", "93.9"}}};
  ASSERT_EQ(ledger_.Publish(request).value(), 3);
  request.shares.front().share_percent = "92.4";
  request.figures.revision = 2;
  request.figures.reason = "Misprint";
  ASSERT_EQ(ledger_.Publish(request).value(), 4);
  EXPECT_EQ(count().FindPoll(0, poll, country)->figures.shares.front().share_percent, "92.4");
  EXPECT_EQ(count().FindPollRevision(0, poll, country, 1)->sequence, 3);
  EXPECT_EQ(count().FindPollRevision(0, poll, country, 3), nullptr);
  EXPECT_EQ(count().FindPoll(0, poll, Area("north")), nullptr);
  EXPECT_EQ(count().LastChangeOf(0, poll), 4);
  EXPECT_EQ(count().LastChangeOf(0, 0), 2);
  EXPECT_TRUE(count().HasReportsOfContest(0));
  EXPECT_TRUE(count().HasReportsFromSource(poll));
}

// A contest of one region leaves the others alone, and reads the same from above.
TEST(RegionalCountTest, ReadsTheSameFromAbove) {
  DefinitionBuilder definition = TwoRegions();
  definition.WithContest("mayor", "south", {"a", "b"});
  CheckedLedger ledger(definition);
  const auto report =
      ReportBuilder().WithContest("mayor").WithStation("s-4").WithBalancedVotes({60, 36}).Build();
  ASSERT_EQ(ledger.Submit(report).outcome, Severity::kUnspecified);
  const Count& count = ledger.count();
  const int mayor = 1;
  const auto area = [&](const char* id) { return count.definition().FindArea(id).value(); };
  EXPECT_EQ(count.TallyOfArea(mayor, 0, area("country")).votes[0].total, 60);
  EXPECT_EQ(count.TallyOfArea(mayor, 0, area("south")).votes[0].total, 60);
  EXPECT_EQ(count.TallyOfArea(mayor, 0, area("north")), Tally());
  EXPECT_EQ(count.ProgressOfArea(mayor, 0, area("country")).expected, 2);
  EXPECT_EQ(count.ProgressOfArea(mayor, 0, area("north")), Progress());
  EXPECT_EQ(count.StatusOf(mayor, 0, area("country")), ResultStatus::kUnofficialPartial);
  EXPECT_EQ(count.StatusOf(mayor, 0, area("north")), ResultStatus::kPreElection);
  EXPECT_EQ(count.TallyOfTag(mayor, 0, area("country"), "sample").reports, 1);
  EXPECT_EQ(count.TallyOfTag(mayor, 0, area("north"), "sample"), Tally());
  EXPECT_EQ(count.ProgressOfTag(mayor, 0, area("country"), "abroad").expected, 1);
  EXPECT_FALSE(count.HasReportsOfContest(0));
}

TEST(SealedCountTest, ACopyWithoutReportsHasTheDefinitionAlone) {
  CheckedLedger ledger{TwoRegions()};
  ledger.Submit(ReportBuilder().WithStation("s-1").Build());
  const std::unique_ptr<Count> blank = ledger.count().WithoutReports();
  EXPECT_TRUE(blank->defined());
  EXPECT_EQ(blank->definition_sequence(), ledger.count().definition_sequence());
  EXPECT_EQ(blank->TallyOfArea(0, 0, 0), Tally());
  EXPECT_EQ(blank->ProgressOfArea(0, 0, 0).expected,
            ledger.count().ProgressOfArea(0, 0, 0).expected);
  for (const Entry& entry : ledger.entries()) {
    if (std::holds_alternative<ReportRecorded>(entry.event)) blank->Apply(entry);
  }
  EXPECT_EQ(blank->TallyOfArea(0, 0, 0), ledger.count().TallyOfArea(0, 0, 0));
}

}  // namespace
}  // namespace canvass::election
