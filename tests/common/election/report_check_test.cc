#include "common/election/report_check.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/finding_list.h"
#include "common/election/rule.h"
#include "common/election/tally.h"
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
using ::testing::SizeIs;

using Numbers = std::vector<std::pair<std::string, std::int64_t>>;

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

DefinitionBuilder ReportedElection() {
  DefinitionBuilder definition;
  definition.WithArea("north")
      .WithArea("south")
      .WithStation(MakeStation("s-1", "north", 500, {"sample"}))
      .WithStation(MakeStation("s-2", "south"))
      .WithSource({.id = "poll", .kind = SourceKind::kExitPoll, .sample_tag = "sample"})
      .WithSource({.id = "observers", .kind = SourceKind::kParallelCount});
  return definition;
}

CheckedReport Check(const StationReport& report,
                    const DefinitionBuilder& definition = ReportedElection()) {
  return CheckReport(definition.BuildDefinition(), report, absl::UnixEpoch());
}

std::vector<Rule> RulesOf(const CheckedReport& checked) {
  std::vector<Rule> rules;
  for (const Finding& finding : checked.findings) rules.push_back(finding.rule);
  return rules;
}

// The only finding; fails the test if there is another number of them.
Finding OnlyFinding(const CheckedReport& checked) {
  EXPECT_THAT(checked.findings, SizeIs(1));
  return checked.findings.empty() ? Finding() : checked.findings.front();
}

TEST(CheckReportTest, ACleanReportIsReadyToRecord) {
  StationReport report = ReportBuilder().WithDocument({.uri = "https://example.org/1"}).Build();
  report.counted_at = absl::FromUnixNanos(1'707'321'600'123'456'789);
  const CheckedReport checked = Check(report);
  EXPECT_THAT(checked.findings, IsEmpty());
  EXPECT_EQ(checked.outcome, Severity::kUnspecified);
  EXPECT_TRUE(checked.identified);
  EXPECT_FALSE(checked.recorded.held);
  EXPECT_EQ(checked.recorded.key, (StationKey{0, 0, 0}));
  EXPECT_EQ(checked.recorded.revision, 1);
  EXPECT_EQ(checked.recorded.counted_at, absl::FromUnixMicros(1'707'321'600'123'456));
  EXPECT_THAT(checked.recorded.documents, SizeIs(1));
  EXPECT_EQ(checked.recorded.counts, (Counts{.registered_voters = 200,
                                             .ballots_issued = 100,
                                             .ballots_cast = 100,
                                             .blank_votes = 2,
                                             .invalid_votes = 2,
                                             .votes = {60, 30, 6}}));
}

TEST(CheckReportTest, CandidatesMayComeInAnyOrder) {
  const auto checked = Check(ReportBuilder().WithVotes({{"c", 6}, {"a", 60}, {"b", 30}}).Build());
  EXPECT_THAT(checked.findings, IsEmpty());
  EXPECT_THAT(checked.recorded.counts.votes, ElementsAre(60, 30, 6));
}

TEST(CheckReportTest, IdsMayBeLeftOutWhereThereIsOneOnly) {
  const auto checked = Check(ReportBuilder().WithContest("").WithSource("").Build());
  EXPECT_THAT(checked.findings, IsEmpty());
  EXPECT_EQ(checked.recorded.key, (StationKey{0, 0, 0}));
  DefinitionBuilder two = ReportedElection();
  two.WithContest("mayor", "south", {"d"})
      .WithSource({.id = "court", .kind = SourceKind::kOfficial});
  EXPECT_THAT(RulesOf(Check(ReportBuilder().WithContest("").WithSource("").Build(), two)),
              ElementsAre(Rule::kContestUnknown, Rule::kSourceUnknown));
}

TEST(CheckReportTest, NamesEveryIdThatIsUnknown) {
  const auto checked =
      Check(ReportBuilder().WithContest("x").WithSource("y").WithStation("z").Build());
  EXPECT_FALSE(checked.identified);
  EXPECT_EQ(checked.outcome, Severity::kReject);
  EXPECT_THAT(RulesOf(checked),
              ElementsAre(Rule::kContestUnknown, Rule::kSourceUnknown, Rule::kStationUnknown));
  EXPECT_EQ(checked.findings[2].field, "station_id");
  EXPECT_EQ(checked.findings[2].subject, "z");
  const Finding election = OnlyFinding(Check(ReportBuilder().WithElection("e-2").Build()));
  EXPECT_EQ(election.rule, Rule::kElectionUnknown);
  EXPECT_EQ(election.subject, "e-2");
}

TEST(CheckReportTest, RefusesStationsOutsideTheContestOrTheSample) {
  DefinitionBuilder regional = ReportedElection();
  regional.WithContest("mayor", "south", {"a", "b", "c"});
  const Finding area = OnlyFinding(Check(ReportBuilder().WithContest("mayor").Build(), regional));
  EXPECT_EQ(area.rule, Rule::kStationNotInContest);
  EXPECT_EQ(area.subject, "s-1");
  EXPECT_THAT(
      Check(ReportBuilder().WithContest("mayor").WithStation("s-2").Build(), regional).findings,
      IsEmpty());
  EXPECT_EQ(OnlyFinding(Check(InterviewReportBuilder().WithStation("s-2").Build())).rule,
            Rule::kStationNotInContest);
}

TEST(CheckReportTest, RefusesMergedAndClosedStations) {
  DefinitionBuilder definition = ReportedElection();
  definition.WithStation({.id = "merged", .area_id = "south", .counted_at_station_id = "s-2"})
      .WithStation({.id = "closed", .area_id = "south", .closed_reason = "Flooded"});
  const Finding merged =
      OnlyFinding(Check(ReportBuilder().WithStation("merged").Build(), definition));
  EXPECT_EQ(merged.rule, Rule::kStationCountedElsewhere);
  EXPECT_EQ(merged.subject, "s-2");
  const Finding closed =
      OnlyFinding(Check(ReportBuilder().WithStation("closed").Build(), definition));
  EXPECT_EQ(closed.rule, Rule::kStationClosed);
  EXPECT_EQ(closed.severity, Severity::kReject);
}

TEST(CheckReportTest, EverySourceGivesItsOwnKindOfCount) {
  StationReport nothing = ReportBuilder().Build();
  nothing.count = {};
  EXPECT_EQ(OnlyFinding(Check(nothing)).rule, Rule::kCountKindMismatch);
  const Finding ballots = OnlyFinding(Check(ReportBuilder().WithSource("poll").Build()));
  EXPECT_EQ(ballots.rule, Rule::kCountKindMismatch);
  EXPECT_EQ(ballots.field, "interviews");
  for (const char* source : {"cec", "observers"}) {
    const Finding interviews =
        OnlyFinding(Check(InterviewReportBuilder().WithSource(source).Build()));
    EXPECT_EQ(interviews.rule, Rule::kCountKindMismatch);
    EXPECT_EQ(interviews.field, "ballots");
  }
}

TEST(CheckReportTest, RevisionsBeginWithOneAndCorrectionsGiveTheirReason) {
  const Finding zero = OnlyFinding(Check(ReportBuilder().WithRevision(0).Build()));
  EXPECT_EQ(zero.rule, Rule::kRevisionInvalid);
  EXPECT_EQ(zero.field, "revision");
  EXPECT_EQ(zero.numbers, (Numbers{{"revision", 0}}));
  EXPECT_THAT(Check(ReportBuilder().WithRevision(2).Build()).findings, IsEmpty());
  for (const char* reason : {"", " \t\n"}) {
    const Finding blank =
        OnlyFinding(Check(ReportBuilder().WithRevision(2).WithReason(reason).Build()));
    EXPECT_EQ(blank.rule, Rule::kCorrectionReasonMissing);
    EXPECT_EQ(blank.field, "reason");
    EXPECT_EQ(blank.numbers, (Numbers{{"revision", 2}}));
  }
}

TEST(CheckReportTest, LimitsTexts) {
  const std::string sha(64, 'a');
  EXPECT_THAT(Check(ReportBuilder()
                        .WithReason(std::string(2000, 'x'))
                        .WithDocument({.sha256 = sha})
                        .WithDocument({.uri = std::string(2000, 'x')})
                        .Build())
                  .findings,
              IsEmpty());
  const auto faults = Check(ReportBuilder()
                                .WithReason(std::string(2001, 'x'))
                                .WithDocument({.sha256 = sha + "a"})
                                .WithDocument({.sha256 = std::string(64, 'A')})
                                .WithDocument({.uri = "\xC3("})
                                .WithDocument({})
                                .WithDocument({.uri = std::string("a\0b", 3)})
                                .Build());
  std::vector<std::string> fields;
  for (const Finding& finding : faults.findings) {
    EXPECT_EQ(finding.rule, Rule::kTextInvalid);
    fields.push_back(finding.field);
  }
  EXPECT_THAT(fields, ElementsAre("reason", "documents[0].sha256", "documents[1].sha256",
                                  "documents[2].uri", "documents[3]", "documents[4].uri"));
  EXPECT_EQ(faults.findings.front().numbers, (Numbers{{"bytes", 2001}, {"bytes_max", 2000}}));
  ReportBuilder many;
  for (int i = 0; i < 21; ++i) many.WithDocument({.sha256 = sha});
  const Finding documents = OnlyFinding(Check(many.Build()));
  EXPECT_EQ(documents.field, "documents");
  EXPECT_EQ(documents.numbers, (Numbers{{"documents", 21}, {"documents_max", 20}}));
}

TEST(CheckReportTest, CountsLieWithinTheirRange) {
  EXPECT_THAT(Check(ReportBuilder()
                        .WithRegistered(999'999'999)
                        .WithIssued(999'999'999)
                        .WithBlank(0)
                        .WithInvalid(0)
                        .WithBalancedVotes({999'999'999, 0, 0})
                        .Build())
                  .findings,
              IsEmpty());
  const Finding negative = OnlyFinding(Check(ReportBuilder().WithRegistered(-1).Build()));
  EXPECT_EQ(negative.rule, Rule::kCountOutOfRange);
  EXPECT_EQ(negative.field, "ballots.registered_voters");
  EXPECT_EQ(negative.numbers, (Numbers{{"count", -1}}));
  const Finding large = OnlyFinding(
      Check(ReportBuilder().WithVotes({{"a", 60}, {"b", 1'000'000'000}, {"c", 6}}).Build()));
  EXPECT_EQ(large.rule, Rule::kCountOutOfRange);
  EXPECT_EQ(large.field, "ballots.votes[1].count");
}

TEST(CheckReportTest, NumbersBeyondReasonDoNotOverflow) {
  const auto checked = Check(ReportBuilder()
                                 .WithRegistered(kInt64Min)
                                 .WithIssued(kInt64Max)
                                 .WithCast(kInt64Max)
                                 .WithBlank(kInt64Max)
                                 .WithInvalid(kInt64Min)
                                 .WithVotes({{"a", kInt64Max}, {"b", kInt64Max}, {"c", kInt64Min}})
                                 .Build());
  EXPECT_EQ(RulesOf(checked), std::vector<Rule>(8, Rule::kCountOutOfRange));
  const auto interviews = Check(InterviewReportBuilder()
                                    .WithAsked(kInt64Min)
                                    .WithRefused(kInt64Max)
                                    .WithUndecided(-1)
                                    .WithAnswers({{"a", kInt64Max}})
                                    .Build());
  EXPECT_EQ(RulesOf(interviews), std::vector<Rule>(4, Rule::kCountOutOfRange));
}

TEST(CheckReportTest, EachCandidateComesOnce) {
  const auto checked =
      Check(ReportBuilder().WithVotes({{"a", 60}, {"x", 30}, {"a", 6}, {"", 1}, {"a", 1}}).Build());
  EXPECT_THAT(RulesOf(checked), ElementsAre(Rule::kCandidateUnknown, Rule::kCandidateUnknown,
                                            Rule::kCandidateRepeated, Rule::kCandidateMissing,
                                            Rule::kCandidateMissing));
  EXPECT_EQ(checked.findings[0].field, "ballots.votes[1].candidate_id");
  EXPECT_EQ(checked.findings[0].subject, "x");
  EXPECT_EQ(checked.findings[1].subject, "");
  EXPECT_EQ(checked.findings[2].field, "ballots.votes[2].candidate_id");
  EXPECT_EQ(checked.findings[2].subject, "a");
  EXPECT_EQ(checked.findings[2].numbers, (Numbers{{"times", 3}}));
  EXPECT_EQ(checked.findings[3].field, "ballots.votes");
  EXPECT_EQ(checked.findings[3].subject, "b");
  EXPECT_EQ(checked.findings[4].subject, "c");
}

TEST(CheckReportTest, AnOfficialReportGivesEveryNumber) {
  const auto checked = Check(ReportBuilder()
                                 .WithRegistered(std::nullopt)
                                 .WithIssued(std::nullopt)
                                 .WithCast(std::nullopt)
                                 .WithBlank(std::nullopt)
                                 .WithInvalid(std::nullopt)
                                 .WithVotes({{"a", std::nullopt}, {"b", 30}, {"c", 6}})
                                 .Build());
  std::vector<std::string> fields;
  for (const Finding& finding : checked.findings) {
    EXPECT_EQ(finding.rule, Rule::kCountMissing);
    fields.push_back(finding.field);
  }
  EXPECT_THAT(fields, ElementsAre("ballots.ballots_cast", "ballots.blank_votes",
                                  "ballots.invalid_votes", "ballots.votes[0].count"));
}

TEST(CheckReportTest, AParallelCountGivesTheCandidatesVotes) {
  ReportBuilder report;
  report.WithSource("observers")
      .WithRegistered(std::nullopt)
      .WithIssued(std::nullopt)
      .WithCast(std::nullopt)
      .WithBlank(std::nullopt)
      .WithInvalid(std::nullopt);
  const auto checked = Check(report.Build());
  EXPECT_THAT(checked.findings, IsEmpty());
  EXPECT_EQ(checked.recorded.counts, (Counts{.votes = {60, 30, 6}}));
  report.WithVotes({{"a", 60}, {"b", std::nullopt}});
  EXPECT_THAT(RulesOf(Check(report.Build())),
              ElementsAre(Rule::kCandidateMissing, Rule::kCountMissing));
}

TEST(CheckReportTest, BallotsBalance) {
  const Finding finding = OnlyFinding(Check(ReportBuilder()
                                                .WithRegistered(600)
                                                .WithIssued(600)
                                                .WithVotes({{"a", 300}, {"b", 150}, {"c", 50}})
                                                .WithBlank(3)
                                                .WithInvalid(2)
                                                .WithCast(510)
                                                .Build()));
  EXPECT_EQ(finding.rule, Rule::kVotesNotBalanced);
  EXPECT_EQ(finding.severity, Severity::kReject);
  EXPECT_EQ(finding.field, "ballots.ballots_cast");
  EXPECT_EQ(finding.numbers, (Numbers{{"ballots_cast", 510},
                                      {"votes", 500},
                                      {"blank_votes", 3},
                                      {"invalid_votes", 2},
                                      {"sum", 505}}));
  EXPECT_EQ(MessageOf(finding),
            "The votes (500), blank votes (3) and invalid votes (2) add up to 505, but 510 ballots "
            "were cast.");
}

TEST(CheckReportTest, OnlyWhatWasGivenMustBalance) {
  EXPECT_THAT(
      Check(ReportBuilder().WithSource("observers").WithBlank(std::nullopt).Build()).findings,
      IsEmpty());
  EXPECT_THAT(
      Check(ReportBuilder().WithSource("observers").WithCast(std::nullopt).Build()).findings,
      IsEmpty());
}

TEST(CheckReportTest, AnExitPollAnswersForWhomItAskedAbout) {
  const auto checked = Check(InterviewReportBuilder()
                                 .WithAsked(70)
                                 .WithUndecided(std::nullopt)
                                 .WithAnswers({{"b", 50}})
                                 .Build());
  EXPECT_THAT(checked.findings, IsEmpty());
  EXPECT_EQ(checked.recorded.counts, (Counts{.interviews = true,
                                             .asked = 70,
                                             .refused = 20,
                                             .undecided = 0,
                                             .votes = {kUnknown, 50, kUnknown}}));
}

TEST(CheckReportTest, AnExitPollSaysWhomItAsked) {
  const auto checked = Check(InterviewReportBuilder()
                                 .WithAsked(std::nullopt)
                                 .WithRefused(std::nullopt)
                                 .WithAnswers({})
                                 .Build());
  std::vector<std::string> fields;
  for (const Finding& finding : checked.findings) {
    EXPECT_EQ(finding.rule, Rule::kCountMissing);
    fields.push_back(finding.field);
  }
  EXPECT_THAT(fields, ElementsAre("interviews.asked", "interviews.refused", "interviews.answers"));
  EXPECT_THAT(RulesOf(Check(InterviewReportBuilder()
                                .WithAnswers({{"a", 50}, {"a", 25}, {"x", 1}, {"b", std::nullopt}})
                                .Build())),
              ElementsAre(Rule::kCandidateUnknown, Rule::kCandidateRepeated, Rule::kCountMissing));
}

TEST(CheckReportTest, InterviewsBalance) {
  const Finding finding = OnlyFinding(Check(InterviewReportBuilder().WithAsked(101).Build()));
  EXPECT_EQ(finding.rule, Rule::kInterviewsNotBalanced);
  EXPECT_EQ(finding.field, "interviews.asked");
  EXPECT_EQ(
      finding.numbers,
      (Numbers{{"asked", 101}, {"answers", 75}, {"refused", 20}, {"undecided", 5}, {"sum", 100}}));
}

TEST(CheckReportTest, OfficialReportsWaitForThePollsToClose) {
  const absl::Time closing = absl::FromUnixSeconds(1'707'318'000);
  DefinitionBuilder builder = ReportedElection();
  builder.WithPolicy({.polls_close_at = closing});
  const Definition definition = builder.BuildDefinition();
  const Finding early = OnlyFinding(
      CheckReport(definition, ReportBuilder().Build(), closing - absl::Microseconds(1)));
  EXPECT_EQ(early.rule, Rule::kPollsNotClosed);
  EXPECT_EQ(early.numbers, (Numbers{{"polls_close_at", 1'707'318'000}}));
  EXPECT_THAT(CheckReport(definition, ReportBuilder().Build(), closing).findings, IsEmpty());
  EXPECT_THAT(CheckReport(definition, InterviewReportBuilder().Build(), absl::UnixEpoch()).findings,
              IsEmpty());
}

TEST(CheckReportTest, HoldsWhatCannotBe) {
  const auto cast = Check(ReportBuilder().WithRegistered(99).WithIssued(std::nullopt).Build());
  EXPECT_EQ(cast.outcome, Severity::kHold);
  EXPECT_TRUE(cast.recorded.held);
  EXPECT_EQ(cast.recorded.findings, cast.findings);
  EXPECT_EQ(OnlyFinding(cast).rule, Rule::kCastAboveRegistered);
  EXPECT_EQ(OnlyFinding(cast).numbers, (Numbers{{"ballots_cast", 100}, {"registered_voters", 99}}));
  const auto issued = Check(ReportBuilder().WithIssued(201).Build());
  EXPECT_EQ(OnlyFinding(issued).rule, Rule::kIssuedAboveRegistered);
  EXPECT_EQ(OnlyFinding(issued).field, "ballots.ballots_issued");
  EXPECT_EQ(OnlyFinding(Check(ReportBuilder().WithIssued(99).Build())).rule,
            Rule::kCastAboveIssued);
  EXPECT_THAT(RulesOf(Check(ReportBuilder().WithRegistered(0).WithIssued(99).Build())),
              ElementsAre(Rule::kCastAboveRegistered, Rule::kIssuedAboveRegistered,
                          Rule::kCastAboveIssued, Rule::kNoRegisteredVoters));
}

TEST(CheckReportTest, VotesNeedBallotsThatTheReportLeftOut) {
  // A parallel count at a station of 500 voters.
  const auto observed = [] {
    return ReportBuilder()
        .WithSource("observers")
        .WithIssued(std::nullopt)
        .WithCast(std::nullopt)
        .WithBlank(std::nullopt);
  };
  const auto many = observed().WithVotes({{"a", 499}, {"b", 0}, {"c", 0}});
  const Finding above_given = OnlyFinding(Check(ReportBuilder(many).WithRegistered(500).Build()));
  EXPECT_EQ(above_given.rule, Rule::kCastAboveRegistered);
  EXPECT_EQ(above_given.severity, Severity::kHold);
  EXPECT_EQ(above_given.field, "ballots.votes");
  EXPECT_EQ(above_given.numbers, (Numbers{{"ballots_at_least", 501}, {"registered_voters", 500}}));
  const Finding above_register =
      OnlyFinding(Check(ReportBuilder(many).WithRegistered(std::nullopt).Build()));
  EXPECT_EQ(above_register.rule, Rule::kCastAboveRegistered);
  EXPECT_EQ(above_register.numbers, above_given.numbers);
  EXPECT_EQ(
      OnlyFinding(Check(ReportBuilder(many).WithRegistered(501).WithIssued(500).Build())).rule,
      Rule::kCastAboveIssued);
  EXPECT_THAT(Check(ReportBuilder(many).WithRegistered(501).Build()).findings, IsEmpty());
  EXPECT_THAT(Check(observed().WithRegistered(std::nullopt).Build()).findings, IsEmpty());
}

TEST(CheckReportTest, TheRegisterOfAStationHoldsForOfficialReportsToo) {
  const auto checked = Check(ReportBuilder()
                                 .WithRegistered(std::nullopt)
                                 .WithBalancedVotes({497, 0, 0})
                                 .WithIssued(std::nullopt)
                                 .Build());
  EXPECT_EQ(OnlyFinding(checked).rule, Rule::kCastAboveRegistered);
  EXPECT_EQ(OnlyFinding(checked).numbers,
            (Numbers{{"ballots_cast", 501}, {"registered_voters", 500}}));
}

TEST(CheckReportTest, TheRegisterIncludesTheStationsThatAreCountedThere) {
  DefinitionBuilder definition = ReportedElection();
  definition.WithStation(
      {.id = "s-3", .area_id = "north", .registered_voters = 100, .counted_at_station_id = "s-1"});
  const auto report = [](std::int64_t votes) {
    return ReportBuilder()
        .WithRegistered(std::nullopt)
        .WithBalancedVotes({votes, 0, 0})
        .WithIssued(std::nullopt)
        .Build();
  };
  EXPECT_THAT(Check(report(596), definition).findings, IsEmpty());
  EXPECT_EQ(OnlyFinding(Check(report(597), definition)).rule, Rule::kCastAboveRegistered);
  definition.WithStation({.id = "s-4", .area_id = "north", .counted_at_station_id = "s-1"});
  EXPECT_THAT(Check(report(597), definition).findings, IsEmpty());  // how many is unknown
}

TEST(CheckReportTest, KnownKindsOfBallotsAreNotMoreThanTheBallots) {
  const auto checked =
      Check(ReportBuilder().WithSource("observers").WithBlank(std::nullopt).WithInvalid(5).Build());
  EXPECT_EQ(checked.outcome, Severity::kReject);
  EXPECT_EQ(checked.findings.front().rule, Rule::kVotesNotBalanced);
  EXPECT_EQ(checked.findings.front().numbers,
            (Numbers{{"ballots_cast", 100}, {"votes", 96}, {"invalid_votes", 5}, {"sum", 101}}));
  EXPECT_THAT(
      Check(ReportBuilder().WithSource("observers").WithBlank(std::nullopt).Build()).findings,
      IsEmpty());
}

TEST(CheckReportTest, SharesAndZerosAreSeenWithoutBallotsCast) {
  const auto observed = ReportBuilder().WithSource("observers").WithIssued(std::nullopt);
  EXPECT_EQ(
      OnlyFinding(Check(ReportBuilder(observed).WithCast(std::nullopt).WithInvalid(9).Build()))
          .numbers,
      (Numbers{{"invalid_votes", 9}, {"ballots_cast", 107}, {"limit_hundredths", 300}}));
  EXPECT_EQ(OnlyFinding(Check(ReportBuilder(observed)
                                  .WithVotes({{"a", 0}, {"b", 0}, {"c", 0}})
                                  .WithBlank(0)
                                  .WithInvalid(0)
                                  .WithCast(std::nullopt)
                                  .Build()))
                .rule,
            Rule::kNoBallots);
}

TEST(CheckReportTest, AnExitPollAsksNoMorePeopleThanVote) {
  const auto asked = [](std::int64_t number) {
    return Check(InterviewReportBuilder().WithAsked(number).WithRefused(number - 80).Build());
  };
  EXPECT_THAT(asked(500).findings, IsEmpty());
  EXPECT_EQ(OnlyFinding(asked(501)).rule, Rule::kAskedAboveRegistered);
  EXPECT_EQ(OnlyFinding(asked(501)).numbers, (Numbers{{"asked", 501}, {"registered_voters", 500}}));
  EXPECT_EQ(asked(501).outcome, Severity::kHold);
}

TEST(CheckReportTest, WhatAMessageCannotSayIsRefused) {
  StationReport report = ReportBuilder().Build();
  report.message_faults = {{.rule = Rule::kFieldUnknown,
                            .field = "ballots",
                            .numbers = {{"field_number", 99}},
                            .subject = "canvass.v1.BallotCount"}};
  const auto checked = Check(report);
  EXPECT_EQ(checked.outcome, Severity::kReject);
  EXPECT_EQ(OnlyFinding(checked).rule, Rule::kFieldUnknown);
  EXPECT_EQ(OnlyFinding(checked).severity, Severity::kReject);
}

TEST(CheckReportTest, AReasonHasNoHiddenCharacters) {
  const auto checked = Check(ReportBuilder().WithReason("ab\u202Ecd").Build());
  EXPECT_EQ(OnlyFinding(checked).rule, Rule::kTextInvalid);
  EXPECT_EQ(OnlyFinding(checked).numbers, (Numbers{{"code_point", 0x202E}, {"character", 3}}));
  EXPECT_THAT(Check(ReportBuilder().WithReason("two\nlines, می\u200Cخواهم").Build()).findings,
              IsEmpty());
}

TEST(CheckReportTest, WarnsOfHighSharesFromTheLimitOn) {
  const auto at =
      Check(ReportBuilder().WithVotes({{"a", 60}, {"b", 30}, {"c", 5}}).WithInvalid(3).Build());
  EXPECT_EQ(at.outcome, Severity::kWarn);
  EXPECT_FALSE(at.recorded.held);
  EXPECT_EQ(OnlyFinding(at).rule, Rule::kInvalidShareHigh);
  EXPECT_EQ(OnlyFinding(at).field, "ballots.invalid_votes");
  EXPECT_EQ(OnlyFinding(at).numbers,
            (Numbers{{"invalid_votes", 3}, {"ballots_cast", 100}, {"limit_hundredths", 300}}));
  // 2 999 of 100 000 lie just below.
  EXPECT_THAT(Check(ReportBuilder()
                        .WithRegistered(200'000)
                        .WithInvalid(2'999)
                        .WithBlank(0)
                        .WithBalancedVotes({97'001, 0, 0})
                        .Build())
                  .findings,
              IsEmpty());
  EXPECT_EQ(
      OnlyFinding(
          Check(ReportBuilder().WithBlank(4).WithVotes({{"a", 60}, {"b", 30}, {"c", 4}}).Build()))
          .rule,
      Rule::kBlankShareHigh);
}

TEST(CheckReportTest, ThePolicySetsTheLimitsOfShares) {
  DefinitionBuilder definition = ReportedElection();
  definition.WithPolicy(
      {.invalid_share_high_hundredths = 150, .blank_share_high_hundredths = 1000});
  const auto checked = Check(
      ReportBuilder().WithBlank(9).WithVotes({{"a", 60}, {"b", 29}, {"c", 0}}).Build(), definition);
  EXPECT_EQ(OnlyFinding(checked).rule, Rule::kInvalidShareHigh);
  EXPECT_EQ(OnlyFinding(checked).numbers.back(),
            (std::pair<std::string, std::int64_t>("limit_hundredths", 150)));
}

TEST(CheckReportTest, WarnsOfZeros) {
  const auto checked = Check(ReportBuilder()
                                 .WithRegistered(0)
                                 .WithBlank(0)
                                 .WithInvalid(0)
                                 .WithBalancedVotes({0, 0, 0})
                                 .Build());
  EXPECT_THAT(RulesOf(checked), ElementsAre(Rule::kNoBallots, Rule::kNoRegisteredVoters));
  EXPECT_EQ(checked.outcome, Severity::kWarn);
}

TEST(CheckReportTest, ThePolicySetsSeverities) {
  DefinitionBuilder definition = ReportedElection();
  definition.WithSeverity(Rule::kCastAboveRegistered, Severity::kWarn)
      .WithSeverity(Rule::kCastAboveIssued, Severity::kOff)
      .WithSeverity(Rule::kInvalidShareHigh, Severity::kReject);
  const auto warned = Check(ReportBuilder().WithRegistered(99).WithIssued(98).Build(), definition);
  EXPECT_EQ(warned.outcome, Severity::kWarn);
  EXPECT_EQ(OnlyFinding(warned).rule, Rule::kCastAboveRegistered);
  const auto refused =
      Check(ReportBuilder().WithVotes({{"a", 60}, {"b", 30}, {"c", 5}}).WithInvalid(3).Build(),
            definition);
  EXPECT_EQ(refused.outcome, Severity::kReject);
}

TEST(CheckReportTest, APolicyCannotLowerArithmetic) {
  Policy policy{.severities = {{Rule::kVotesNotBalanced, Severity::kOff}}};
  EXPECT_EQ(SeverityOf(policy, Rule::kVotesNotBalanced), Severity::kReject);
  policy.severities = {{Rule::kContestCertified, Severity::kWarn}};
  EXPECT_EQ(SeverityOf(policy, Rule::kContestCertified), Severity::kHold);
  policy.severities = {{Rule::kContestCertified, Severity::kReject}};
  EXPECT_EQ(SeverityOf(policy, Rule::kContestCertified), Severity::kReject);
}

TEST(CheckReportTest, ReportsEveryRuleInOrder) {
  EXPECT_THAT(
      RulesOf(Check(ReportBuilder()
                        .WithRevision(2)
                        .WithReason("")
                        .WithRegistered(-1)
                        .WithIssued(99)
                        .WithInvalid(50)
                        .WithDocument({})
                        .Build())),
      ElementsAre(Rule::kTextInvalid, Rule::kCountOutOfRange, Rule::kVotesNotBalanced,
                  Rule::kCorrectionReasonMissing, Rule::kCastAboveIssued, Rule::kInvalidShareHigh));
}

TEST(CheckReportTest, AGarbageReportHasAHundredFindings) {
  std::vector<CandidateCount> votes;
  votes.reserve(10'000);
  for (int i = 0; i < 10'000; ++i) votes.push_back({"x" + std::to_string(i), -1});
  const auto checked = Check(ReportBuilder().WithVotes(votes).Build());
  EXPECT_THAT(checked.findings, SizeIs(100));
  EXPECT_EQ(checked.outcome, Severity::kReject);
}

class CheckAgainstCountTest : public ::testing::Test {
 protected:
  static ReportDecisionRequest Decide(std::int32_t revision) {
    return {.key = {.election_id = "e-1", .station_id = "s-1", .revision = revision},
            .reason = "Board's decision"};
  }
  CheckedLedger ledger_{ReportedElection()};
};

TEST_F(CheckAgainstCountTest, TheFirstRevisionComesFirst) {
  const auto gap = ledger_.Submit(ReportBuilder().WithRevision(2).Build());
  EXPECT_EQ(gap.outcome, Severity::kReject);
  EXPECT_EQ(OnlyFinding(gap).rule, Rule::kRevisionGap);
  EXPECT_EQ(OnlyFinding(gap).field, "revision");
  EXPECT_EQ(OnlyFinding(gap).numbers, (Numbers{{"revision", 2}, {"newest_revision", 0}}));
  EXPECT_THAT(ledger_.Submit(ReportBuilder().Build()).findings, IsEmpty());
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithRevision(2).Build()).findings, IsEmpty());
  EXPECT_EQ(OnlyFinding(ledger_.Submit(ReportBuilder().WithRevision(4).Build())).rule,
            Rule::kRevisionGap);
  const auto largest = ledger_.Submit(
      ReportBuilder().WithRevision(std::numeric_limits<std::int32_t>::max()).Build());
  EXPECT_EQ(OnlyFinding(largest).rule, Rule::kRevisionGap);
}

TEST_F(CheckAgainstCountTest, ARevisionIsTakenOnce) {
  ledger_.Submit(ReportBuilder().Build());
  ledger_.Submit(ReportBuilder().WithRevision(2).Build());
  for (const std::int32_t revision : {1, 2}) {
    const Finding finding =
        OnlyFinding(ledger_.Submit(ReportBuilder().WithRevision(revision).Build()));
    EXPECT_EQ(finding.rule, Rule::kRevisionConflict);
    EXPECT_EQ(finding.numbers, (Numbers{{"revision", revision}, {"newest_revision", 2}}));
  }
  // Of another source it is another report.
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithSource("observers").Build()).findings, IsEmpty());
  // What is no revision at all conflicts with none.
  EXPECT_EQ(OnlyFinding(ledger_.Submit(ReportBuilder().WithRevision(-1).Build())).rule,
            Rule::kRevisionInvalid);
}

TEST_F(CheckAgainstCountTest, ARefusedReportDoesNotUseUpItsRevision) {
  EXPECT_EQ(ledger_.Submit(ReportBuilder().WithCast(7).Build()).outcome, Severity::kReject);
  EXPECT_THAT(ledger_.Submit(ReportBuilder().Build()).findings, IsEmpty());
}

TEST_F(CheckAgainstCountTest, FurtherRevisionsOfAnAnnulledReportAreHeld) {
  ledger_.Submit(ReportBuilder().Build());
  ASSERT_TRUE(ledger_.Annul(Decide(1)).ok());
  const auto held = ledger_.Submit(ReportBuilder().WithRevision(2).Build());
  EXPECT_EQ(held.outcome, Severity::kHold);
  EXPECT_TRUE(held.recorded.held);
  EXPECT_EQ(OnlyFinding(held).rule, Rule::kReportAnnulled);
  EXPECT_EQ(OnlyFinding(held).numbers, (Numbers{{"revision", 2}, {"annulled_revision", 1}}));
  EXPECT_EQ(ledger_.Submit(ReportBuilder().WithRevision(3).Build()).outcome, Severity::kHold);
  // The annulled revision itself, with other content, is no further one.
  EXPECT_EQ(OnlyFinding(ledger_.Submit(ReportBuilder().Build())).rule, Rule::kRevisionConflict);
  ASSERT_TRUE(ledger_.Release(Decide(3)).ok());
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithRevision(4).Build()).findings, IsEmpty());
}

TEST_F(CheckAgainstCountTest, AStationExpectedAgainIsNotHeld) {
  ledger_.Submit(ReportBuilder().Build());
  ReportDecisionRequest annulment = Decide(1);
  annulment.station_expected_again = true;
  ASSERT_TRUE(ledger_.Annul(annulment).ok());
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithRevision(2).Build()).findings, IsEmpty());
}

TEST_F(CheckAgainstCountTest, ReportsAfterCertificationAreHeldUntilReopened) {
  ledger_.Submit(ReportBuilder().Build());
  ASSERT_TRUE(ledger_
                  .Certify({.expected_sequence = ledger_.sequence(),
                            .reason = "s-2 burnt down",
                            .accept_incomplete = true})
                  .ok());
  const auto held = ledger_.Submit(ReportBuilder().WithStation("s-2").WithRegistered(0).Build());
  EXPECT_EQ(held.outcome, Severity::kHold);
  EXPECT_THAT(RulesOf(held), ElementsAre(Rule::kContestCertified, Rule::kCastAboveRegistered,
                                         Rule::kIssuedAboveRegistered, Rule::kNoRegisteredVoters));
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithSource("observers").Build()).findings, IsEmpty());
  ASSERT_TRUE(ledger_.Reopen({.reason = "Court"}).ok());
  EXPECT_THAT(ledger_.Submit(ReportBuilder().WithStation("s-2").WithRevision(2).Build()).findings,
              IsEmpty());
}

TEST_F(CheckAgainstCountTest, ThePolicyMayRefuseReportsAfterCertification) {
  DefinitionBuilder definition = ReportedElection();
  definition.WithSeverity(Rule::kContestCertified, Severity::kReject);
  CheckedLedger ledger(definition);
  ledger.Submit(ReportBuilder().Build());
  ASSERT_TRUE(ledger
                  .Certify({.expected_sequence = ledger.sequence(),
                            .reason = "s-2 burnt down",
                            .accept_incomplete = true})
                  .ok());
  EXPECT_EQ(ledger.Submit(ReportBuilder().WithRevision(2).Build()).outcome, Severity::kReject);
}

}  // namespace
}  // namespace canvass::election
