#include "common/election/rule.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::election {
namespace {

using absl::StatusCode;
using ::testing::EndsWith;
using ::testing::Eq;
using ::testing::MatchesRegex;
using ::testing::Optional;

struct Row {
  Rule rule;
  int number;  // stored in the ledger
  std::string_view name;
  Severity severity;
  StatusCode code;
};

// The number, name, severity and code that each rule must have.
const std::vector<Row>& Rows() {
  static const auto& rows = *new std::vector<Row>{
      {Rule::kElectionUnknown, 1, "ELECTION_UNKNOWN", Severity::kReject, StatusCode::kNotFound},
      {Rule::kContestUnknown, 2, "CONTEST_UNKNOWN", Severity::kReject, StatusCode::kNotFound},
      {Rule::kSourceUnknown, 3, "SOURCE_UNKNOWN", Severity::kReject, StatusCode::kNotFound},
      {Rule::kStationUnknown, 4, "STATION_UNKNOWN", Severity::kReject, StatusCode::kNotFound},
      {Rule::kStationNotInContest, 5, "STATION_NOT_IN_CONTEST", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kStationCountedElsewhere, 6, "STATION_COUNTED_ELSEWHERE", Severity::kReject,
       StatusCode::kFailedPrecondition},
      {Rule::kStationClosed, 7, "STATION_CLOSED", Severity::kReject,
       StatusCode::kFailedPrecondition},
      {Rule::kActorNotEntitled, 8, "ACTOR_NOT_ENTITLED", Severity::kReject,
       StatusCode::kPermissionDenied},
      {Rule::kCountKindMismatch, 10, "COUNT_KIND_MISMATCH", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kRevisionInvalid, 11, "REVISION_INVALID", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kTextInvalid, 12, "TEXT_INVALID", Severity::kReject, StatusCode::kInvalidArgument},
      {Rule::kFieldUnknown, 13, "FIELD_UNKNOWN", Severity::kReject, StatusCode::kInvalidArgument},
      {Rule::kTimeOutOfRange, 14, "TIME_OUT_OF_RANGE", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCountOutOfRange, 20, "COUNT_OUT_OF_RANGE", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCandidateUnknown, 21, "CANDIDATE_UNKNOWN", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCandidateRepeated, 22, "CANDIDATE_REPEATED", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCandidateMissing, 23, "CANDIDATE_MISSING", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCountMissing, 24, "COUNT_MISSING", Severity::kReject, StatusCode::kInvalidArgument},
      {Rule::kVotesNotBalanced, 25, "VOTES_NOT_BALANCED", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kInterviewsNotBalanced, 26, "INTERVIEWS_NOT_BALANCED", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kPollsNotClosed, 30, "POLLS_NOT_CLOSED", Severity::kReject,
       StatusCode::kFailedPrecondition},
      {Rule::kContestCertified, 31, "CONTEST_CERTIFIED", Severity::kHold,
       StatusCode::kFailedPrecondition},
      {Rule::kReportAnnulled, 32, "REPORT_ANNULLED", Severity::kHold,
       StatusCode::kFailedPrecondition},
      {Rule::kRevisionConflict, 33, "REVISION_CONFLICT", Severity::kReject,
       StatusCode::kAlreadyExists},
      {Rule::kRevisionGap, 34, "REVISION_GAP", Severity::kReject, StatusCode::kFailedPrecondition},
      {Rule::kCorrectionReasonMissing, 35, "CORRECTION_REASON_MISSING", Severity::kReject,
       StatusCode::kInvalidArgument},
      {Rule::kCastAboveRegistered, 40, "CAST_ABOVE_REGISTERED", Severity::kHold,
       StatusCode::kInvalidArgument},
      {Rule::kIssuedAboveRegistered, 41, "ISSUED_ABOVE_REGISTERED", Severity::kHold,
       StatusCode::kInvalidArgument},
      {Rule::kCastAboveIssued, 42, "CAST_ABOVE_ISSUED", Severity::kHold,
       StatusCode::kInvalidArgument},
      {Rule::kInvalidShareHigh, 43, "INVALID_SHARE_HIGH", Severity::kWarn,
       StatusCode::kInvalidArgument},
      {Rule::kBlankShareHigh, 44, "BLANK_SHARE_HIGH", Severity::kWarn,
       StatusCode::kInvalidArgument},
      {Rule::kNoBallots, 45, "NO_BALLOTS", Severity::kWarn, StatusCode::kInvalidArgument},
      {Rule::kNoRegisteredVoters, 46, "NO_REGISTERED_VOTERS", Severity::kWarn,
       StatusCode::kInvalidArgument},
      {Rule::kAskedAboveRegistered, 47, "ASKED_ABOVE_REGISTERED", Severity::kHold,
       StatusCode::kInvalidArgument},
  };
  return rows;
}

TEST(RuleTest, AllInOrder) {
  std::vector<Rule> expected;
  for (const Row& row : Rows()) expected.push_back(row.rule);
  EXPECT_EQ(AllRules(), expected);
  EXPECT_TRUE(std::is_sorted(AllRules().begin(), AllRules().end()));
}

TEST(RuleTest, FactsOfEachRule) {
  for (const Row& row : Rows()) {
    EXPECT_EQ(static_cast<int>(row.rule), row.number) << row.name;
    EXPECT_EQ(RuleName(row.rule), row.name);
    EXPECT_EQ(::testing::PrintToString(row.rule), row.name);
    EXPECT_THAT(FindRule(row.name), Optional(row.rule));
    EXPECT_EQ(DefaultSeverity(row.rule), row.severity) << row.name;
    EXPECT_EQ(CodeOf(row.rule), row.code) << row.name;
  }
}

TEST(FindRuleTest, NoOtherNames) {
  for (const std::string_view name : {"", "votes_not_balanced", "VOTES_NOT_BALANCED ", "NO"}) {
    EXPECT_EQ(FindRule(name), std::nullopt) << name;
  }
}

TEST(MaySetSeverityTest, WhatTheFoldDependsOnIsFixed) {
  for (const Row& row : Rows()) {
    const bool fixed =
        row.number < 30 || row.rule == Rule::kRevisionConflict || row.rule == Rule::kRevisionGap;
    EXPECT_EQ(MaySetSeverity(row.rule), !fixed) << row.name;
    EXPECT_TRUE(MaySetSeverity(row.rule, Severity::kReject)) << row.name;
    EXPECT_EQ(MaySetSeverity(row.rule, Severity::kHold), !fixed) << row.name;
    EXPECT_FALSE(MaySetSeverity(row.rule, Severity::kUnspecified)) << row.name;
  }
}

TEST(MaySetSeverityTest, NothingIsCountedPastACertificationOrAnnulment) {
  for (const Rule rule : {Rule::kContestCertified, Rule::kReportAnnulled}) {
    EXPECT_TRUE(MaySetSeverity(rule, Severity::kHold));
    EXPECT_FALSE(MaySetSeverity(rule, Severity::kWarn));
    EXPECT_FALSE(MaySetSeverity(rule, Severity::kOff));
  }
  EXPECT_TRUE(MaySetSeverity(Rule::kCastAboveRegistered, Severity::kWarn));
  EXPECT_TRUE(MaySetSeverity(Rule::kCastAboveRegistered, Severity::kOff));
}

TEST(HighestSeverityTest, OfTheFindings) {
  EXPECT_EQ(HighestSeverity({}), Severity::kUnspecified);
  EXPECT_EQ(HighestSeverity({{.severity = Severity::kWarn},
                             {.severity = Severity::kHold},
                             {.severity = Severity::kWarn}}),
            Severity::kHold);
}

struct Message {
  Finding finding;
  std::string text;
};

std::vector<Message> Messages() {
  return {
      {{.rule = Rule::kElectionUnknown, .subject = "az"}, "There is no election \"az\"."},
      {{.rule = Rule::kElectionUnknown}, "The report names no election."},
      {{.rule = Rule::kContestUnknown, .subject = "mayor"},
       "The election has no contest \"mayor\"."},
      {{.rule = Rule::kSourceUnknown, .subject = "cec"}, "The election has no source \"cec\"."},
      {{.rule = Rule::kStationUnknown, .subject = "s-1"}, "The election has no station \"s-1\"."},
      {{.rule = Rule::kStationNotInContest, .subject = "s-1"},
       "No report is expected from station \"s-1\": it lies outside the contest's area or the "
       "source's sample."},
      {{.rule = Rule::kStationCountedElsewhere, .subject = "s-2"},
       "The ballots of this station are counted at station \"s-2\". Report them there."},
      {{.rule = Rule::kStationClosed, .subject = "s-1"},
       "No report is expected from station \"s-1\": it is closed."},
      {{.rule = Rule::kActorNotEntitled, .field = "station_id", .subject = "station/s-2"},
       "\"station/s-2\" may not report for this station."},
      {{.rule = Rule::kActorNotEntitled, .field = "source_id", .subject = "poll/x"},
       "\"poll/x\" may not report as this source."},
      {{.rule = Rule::kActorNotEntitled}, "The caller may not report for this station."},
      {{.rule = Rule::kCountKindMismatch},
       "The report does not have the kind of count that its source requires: official sources and "
       "parallel counts report ballots, exit polls report interviews."},
      {{.rule = Rule::kRevisionInvalid, .numbers = {{"revision", -3}}},
       "The revision is -3, but revisions start at 1."},
      {{.rule = Rule::kTextInvalid, .field = "reason"}, "The field reason is not UTF-8 text."},
      {{.rule = Rule::kTextInvalid,
        .field = "reason",
        .numbers = {{"bytes", 2'003}, {"bytes_max", 2'000}}},
       "The field reason has 2003 bytes; at most 2000 are allowed."},
      {{.rule = Rule::kTextInvalid,
        .field = "documents",
        .numbers = {{"documents", 21}, {"documents_max", 20}}},
       "The field documents has 21 documents; at most 20 are allowed."},
      {{.rule = Rule::kTextInvalid, .field = "documents[3].sha256"},
       "The field documents[3].sha256 is not 64 lower-case hex digits."},
      {{.rule = Rule::kTextInvalid, .field = "documents[3]"},
       "The field documents[3] has neither a sha256 nor a uri."},
      {{.rule = Rule::kCountOutOfRange,
        .field = "ballots.ballots_cast",
        .numbers = {{"count", 1'000'000'000}}},
       "The field ballots.ballots_cast has the value 1000000000, but counts must be between 0 and "
       "999999999."},
      {{.rule = Rule::kCandidateUnknown, .subject = "nobody"},
       "The contest has no candidate \"nobody\"."},
      {{.rule = Rule::kCandidateRepeated, .numbers = {{"times", 2}}, .subject = "ann"},
       "The report lists candidate \"ann\" 2 times, but each candidate may be listed only once."},
      {{.rule = Rule::kCandidateMissing, .subject = "ann"},
       "The report has no number for candidate \"ann\"; if the number is 0, report 0."},
      {{.rule = Rule::kCountMissing, .field = "ballots.blank_votes"},
       "The field ballots.blank_votes has no number, but this source must report one; if it is 0, "
       "report 0."},
      {{.rule = Rule::kVotesNotBalanced,
        .numbers = {{"ballots_cast", 510},
                    {"votes", 500},
                    {"blank_votes", 3},
                    {"invalid_votes", 2},
                    {"sum", 505}}},
       "The votes (500), blank votes (3) and invalid votes (2) add up to 505, but 510 ballots were "
       "cast."},
      {{.rule = Rule::kVotesNotBalanced, .numbers = {{"ballots_cast", 1}, {"votes", 2}}},
       "The votes (2) add up to 2, but 1 ballot was cast."},
      {{.rule = Rule::kInterviewsNotBalanced,
        .numbers = {{"asked", 100}, {"answers", 70}, {"refused", 20}, {"undecided", 5}}},
       "The answers (70), refusals (20) and undecided answers (5) add up to 95, but 100 people "
       "were "
       "asked."},
      {{.rule = Rule::kPollsNotClosed, .numbers = {{"polls_close_at", 1'707'318'000}}},
       "Official reports are accepted only after the polls have closed, at 2024-02-07T15:00:00Z."},
      {{.rule = Rule::kContestCertified, .severity = Severity::kHold},
       "The result of this contest is certified. This report is held and can be released after the "
       "contest is reopened."},
      {{.rule = Rule::kContestCertified, .severity = Severity::kReject},
       "The result of this contest is certified. Further reports are refused unless the contest is "
       "reopened."},
      {{.rule = Rule::kReportAnnulled, .numbers = {{"revision", 3}, {"annulled_revision", 2}}},
       "The report of this station was annulled at revision 2; revision 3 needs an operator's "
       "decision."},
      {{.rule = Rule::kRevisionConflict, .numbers = {{"revision", 1}}},
       "Revision 1 of this report is already recorded with different content. Submit a correction "
       "as the next revision, with a reason."},
      {{.rule = Rule::kRevisionGap, .numbers = {{"revision", 4}, {"newest_revision", 1}}},
       "Revision 4 does not directly follow the newest revision (1). The next revision must be 2."},
      {{.rule = Rule::kCorrectionReasonMissing, .numbers = {{"revision", 2}}},
       "Revision 2 corrects a report but gives no reason."},
      {{.rule = Rule::kCastAboveRegistered,
        .numbers = {{"ballots_cast", 500}, {"registered_voters", 480}}},
       "500 ballots were cast, but only 480 voters are registered."},
      {{.rule = Rule::kIssuedAboveRegistered,
        .numbers = {{"ballots_issued", 500}, {"registered_voters", 1}}},
       "500 ballots were issued, but only 1 voter is registered."},
      {{.rule = Rule::kCastAboveIssued,
        .numbers = {{"ballots_cast", 500}, {"ballots_issued", 499}}},
       "500 ballots were cast, but only 499 ballots were issued."},
      {{.rule = Rule::kInvalidShareHigh,
        .numbers = {{"invalid_votes", 61}, {"ballots_cast", 1'000}, {"limit_hundredths", 300}}},
       "The invalid votes (61) are 6.10 % of the 1000 ballots cast; the warning limit is 3.00 %."},
      {{.rule = Rule::kBlankShareHigh,
        .numbers = {{"blank_votes", 1}, {"ballots_cast", 1}, {"limit_hundredths", 300}}},
       "The blank votes (1) are 100.00 % of the 1 ballot cast; the warning limit is 3.00 %."},
      {{.rule = Rule::kNoBallots, .numbers = {{"ballots_cast", 0}}},
       "The report says that 0 ballots were cast."},
      {{.rule = Rule::kNoRegisteredVoters, .numbers = {{"registered_voters", 0}}},
       "The report says that 0 voters are registered."},
      {{.rule = Rule::kAskedAboveRegistered,
        .numbers = {{"asked", 501}, {"registered_voters", 500}}},
       "501 people were asked, but only 500 voters are registered."},
      {{.rule = Rule::kCastAboveRegistered,
        .numbers = {{"ballots_at_least", 501}, {"registered_voters", 500}}},
       "By the votes, at least 501 ballots were cast, but only 500 voters are registered."},
      {{.rule = Rule::kFieldUnknown,
        .field = "ballots",
        .numbers = {{"field_number", 99}},
        .subject = "canvass.v1.BallotCount"},
       "The message canvass.v1.BallotCount has a field with number 99, which this version of "
       "Canvass does not know."},
      {{.rule = Rule::kTimeOutOfRange,
        .field = "counted_at",
        .numbers = {{"seconds", 253'402'300'800}, {"nanos", -1}}},
       "The field counted_at has 253402300800 seconds and -1 nanoseconds, but a time must be in "
       "the "
       "years 1 to 9999, with 0 to 999999999 nanoseconds."},
      {{.rule = Rule::kTextInvalid,
        .field = "reason",
        .numbers = {{"code_point", 0x202E}, {"character", 5}}},
       "The field reason has U+202E RIGHT-TO-LEFT OVERRIDE as character 5, which is invisible here "
       "or changes how the text around it is shown."},
  };
}

// A finding that was read from a ledger may hold any numbers.
TEST(MessageOfTest, NumbersThatMakeNoShareAreShownAsTheyAre) {
  EXPECT_EQ(MessageOf({.rule = Rule::kInvalidShareHigh,
                       .numbers = {{"invalid_votes", -4}, {"ballots_cast", 0}}}),
            "The invalid votes (-4) are ? % of the 0 ballots cast; the warning limit is 0.00 %.");
}

TEST(MessageOfTest, SaysWhatIsWrongWithTheNumbers) {
  for (const auto& [finding, text] : Messages()) EXPECT_EQ(MessageOf(finding), text);
}

TEST(MessageOfTest, CoversEveryRule) {
  std::set<Rule> covered;
  for (const Message& message : Messages()) covered.insert(message.finding.rule);
  EXPECT_EQ(covered.size(), AllRules().size());
}

TEST(MessageOfTest, IsASentenceWithoutNumbersToo) {
  for (const Rule rule : AllRules()) {
    EXPECT_THAT(MessageOf({.rule = rule}), MatchesRegex("[A-Z].*[.]|an unknown number .*[.]"));
  }
}

TEST(RuleTest, ARuleOfANewerProgramIsCalledByItsNumber) {
  constexpr auto kNewer = static_cast<Rule>(48);
  EXPECT_EQ(RuleName(kNewer), "RULE_48");
  EXPECT_EQ(RuleName(static_cast<Rule>(255)), "RULE_255");
  EXPECT_EQ(FindRule("RULE_48"), std::nullopt);
  EXPECT_EQ(DefaultSeverity(kNewer), Severity::kOff);
  EXPECT_TRUE(MaySetSeverity(kNewer, Severity::kWarn));
  EXPECT_EQ(CodeOf(kNewer), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(MessageOf({.rule = kNewer}),
            "The report breaks rule 48, which this program is too old to know.");
  EXPECT_EQ(MessageOf({.rule = kNewer,
                       .severity = Severity::kHold,
                       .field = "ballots.ballots_cast",
                       .numbers = {{"ballots_cast", 7}, {"limit", 5}},
                       .subject = "s-1"}),
            "The report breaks rule 48, which this program is too old to know, in "
            "ballots.ballots_cast, about s-1 (ballots_cast 7, limit 5).");
}

}  // namespace
}  // namespace canvass::election
