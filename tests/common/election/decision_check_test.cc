#include "common/election/decision_check.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/share.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::election {
namespace {

using ::canvass::testing::CheckedLedger;
using ::canvass::testing::DefinitionBuilder;
using ::canvass::testing::MakeStation;
using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

DefinitionBuilder DecidedElection() {
  DefinitionBuilder definition;
  definition.WithArea("north")
      .WithStation(MakeStation("s-1", "north"))
      .WithStation(MakeStation("s-2", "north"))
      .WithSource({.id = "poll", .kind = SourceKind::kExitPoll})
      .WithSource({.id = "observers", .kind = SourceKind::kParallelCount});
  return definition;
}

ReportDecisionRequest Decide(std::int32_t revision, const std::string& station_id = "s-1") {
  return {.key = {.election_id = "e-1",
                  .contest_id = "president",
                  .source_id = "cec",
                  .station_id = station_id,
                  .revision = revision},
          .reason = "Board's decision"};
}

template <typename T>
void ExpectError(const absl::StatusOr<T>& result, absl::StatusCode code,
                 const std::string& reason) {
  EXPECT_EQ(result.status().code(), code) << result.status();
  EXPECT_EQ(DetailOf(result.status()).reason, reason);
}

// The path of the first field that the error names.
template <typename T>
std::string FieldOf(const absl::StatusOr<T>& result) {
  const ErrorDetail detail = DetailOf(result.status());
  return detail.violations.empty() ? "" : detail.violations.front().field;
}

class DecisionTest : public ::testing::Test {
 protected:
  void Report(const std::string& station_id, std::int32_t revision = 1) {
    const auto report = ReportBuilder().WithStation(station_id).WithRevision(revision).Build();
    ASSERT_EQ(ledger_.Submit(report).outcome, Severity::kUnspecified);
  }
  void ReportHeld(const std::string& station_id, std::int32_t revision = 1) {
    const auto report =
        ReportBuilder().WithStation(station_id).WithRevision(revision).WithRegistered(1).Build();
    ASSERT_EQ(ledger_.Submit(report).outcome, Severity::kHold);
  }
  void Certify() {
    ASSERT_TRUE(ledger_
                    .Certify({.expected_sequence = ledger_.sequence(),
                              .reason = "All that will come",
                              .accept_incomplete = true})
                    .ok());
  }
  // Nothing was appended for a decision that stands.
  void ExpectStanding(const absl::StatusOr<std::int64_t>& decided, std::int64_t sequence,
                      std::int64_t last) {
    ASSERT_TRUE(decided.ok()) << decided.status();
    EXPECT_EQ(*decided, sequence);
    EXPECT_EQ(ledger_.sequence(), last);
  }

  CheckedLedger ledger_{DecidedElection()};  // entries 1 and 2
};

using DecisionIdsTest = DecisionTest;

TEST_F(DecisionIdsTest, NamesWhatIsUnknown) {
  struct Case {
    std::string ReportKey::*id;
    std::string reason;
    std::string field;
  };
  for (const Case& unknown : {Case{&ReportKey::election_id, "ELECTION_UNKNOWN", "key.election_id"},
                              Case{&ReportKey::contest_id, "CONTEST_UNKNOWN", "key.contest_id"},
                              Case{&ReportKey::source_id, "SOURCE_UNKNOWN", "key.source_id"},
                              Case{&ReportKey::station_id, "STATION_UNKNOWN", "key.station_id"}}) {
    ReportDecisionRequest request = Decide(1);
    request.key.*unknown.id = "nobody";
    const auto decision = ledger_.Annul(request);
    ExpectError(decision, absl::StatusCode::kNotFound, unknown.reason);
    EXPECT_EQ(FieldOf(decision), unknown.field);
    EXPECT_THAT(std::string(decision.status().message()), HasSubstr("\"nobody\""));
  }
}

TEST_F(DecisionIdsTest, IdsMayBeLeftOutWhereThereIsOneOnly) {
  Report("s-1");
  ReportDecisionRequest request = Decide(1);
  request.key.contest_id.clear();
  request.key.source_id.clear();
  EXPECT_TRUE(ledger_.Annul(request).ok());
  DefinitionBuilder two = DecidedElection();
  two.WithContest("mayor", "north", {"d"})
      .WithSource({.id = "court", .kind = SourceKind::kOfficial});
  const Definition definition = two.BuildDefinition();
  ExpectError(ResolveContest(definition, ""), absl::StatusCode::kInvalidArgument,
              "CONTEST_MISSING");
  ExpectError(ResolveOfficialOrNamedSource(definition, ""), absl::StatusCode::kInvalidArgument,
              "SOURCE_MISSING");
  EXPECT_EQ(ResolveContest(definition, "mayor").value(), 1);
  EXPECT_EQ(ResolveOfficialOrNamedSource(definition, "poll").value(), 1);
  ExpectError(ResolveOfficialOrNamedSource(definition, "x"), absl::StatusCode::kNotFound,
              "SOURCE_UNKNOWN");
}

TEST_F(DecisionIdsTest, EveryDecisionSaysWhatItSawAndWhy) {
  Report("s-1");
  ExpectError(ledger_.Annul(Decide(0)), absl::StatusCode::kInvalidArgument, "REVISION_MISSING");
  ReportDecisionRequest request = Decide(1);
  request.reason = "  ";
  const auto blank = ledger_.Annul(request);
  ExpectError(blank, absl::StatusCode::kInvalidArgument, "REASON_MISSING");
  EXPECT_EQ(FieldOf(blank), "reason");
  request.reason = "\xFF";
  ExpectError(ledger_.Annul(request), absl::StatusCode::kInvalidArgument, "TEXT_INVALID");
  request = Decide(1);
  request.documents = {{.uri = "https://example.org"}, {.sha256 = "abc"}};
  const auto document = ledger_.Annul(request);
  ExpectError(document, absl::StatusCode::kInvalidArgument, "TEXT_INVALID");
  EXPECT_EQ(FieldOf(document), "documents[1].sha256");
}

using ReleaseTest = DecisionTest;

TEST_F(ReleaseTest, CountsAHeldReport) {
  ReportHeld("s-1");
  EXPECT_EQ(ledger_.Release(Decide(1)).value(), 4);
  ExpectStanding(ledger_.Release(Decide(1)), 4, 4);
  Report("s-1", 2);
  ExpectStanding(ledger_.Release(Decide(1)), 4, 5);  // a late resend
}

TEST_F(ReleaseTest, NeedsAHeldReport) {
  ExpectError(ledger_.Release(Decide(1)), absl::StatusCode::kNotFound, "REPORT_UNKNOWN");
  Report("s-1");
  ExpectError(ledger_.Release(Decide(1)), absl::StatusCode::kFailedPrecondition, "REPORT_NOT_HELD");
}

TEST_F(ReleaseTest, NeedsTheNewestRevision) {
  ReportHeld("s-1");
  ReportHeld("s-1", 2);
  const auto moved = ledger_.Release(Decide(1));
  ExpectError(moved, absl::StatusCode::kAborted, "REVISION_MOVED");
  EXPECT_THAT(DetailOf(moved.status()).metadata,
              ElementsAre(Pair("revision", "1"), Pair("newest_revision", "2")));
  ExpectError(ledger_.Release(Decide(3)), absl::StatusCode::kAborted, "REVISION_MOVED");
  EXPECT_TRUE(ledger_.Release(Decide(2)).ok());
}

TEST_F(ReleaseTest, DoesNotOvercomeAnAnnulment) {
  ReportHeld("s-1");
  ASSERT_TRUE(ledger_.Release(Decide(1)).ok());
  ASSERT_TRUE(ledger_.Annul(Decide(1)).ok());
  ExpectError(ledger_.Release(Decide(1)), absl::StatusCode::kFailedPrecondition, "REPORT_NOT_HELD");
  ReportHeld("s-2");
  ASSERT_TRUE(ledger_.Annul(Decide(1, "s-2")).ok());
  ExpectError(ledger_.Release(Decide(1, "s-2")), absl::StatusCode::kFailedPrecondition,
              "REPORT_NOT_HELD");
}

using AnnulmentTest = DecisionTest;

TEST_F(AnnulmentTest, TakesOutTheNewestRevision) {
  ExpectError(ledger_.Annul(Decide(1)), absl::StatusCode::kNotFound, "REPORT_UNKNOWN");
  Report("s-1");
  Report("s-1", 2);
  ExpectError(ledger_.Annul(Decide(1)), absl::StatusCode::kAborted, "REVISION_MOVED");
  EXPECT_EQ(ledger_.Annul(Decide(2)).value(), 5);
  ExpectStanding(ledger_.Annul(Decide(2)), 5, 5);
  ReportHeld("s-1", 3);
  ExpectStanding(ledger_.Annul(Decide(2)), 5, 6);  // a late resend
}

TEST_F(AnnulmentTest, AnotherContentIsAnotherDecision) {
  Report("s-1");
  ASSERT_EQ(ledger_.Annul(Decide(1)).value(), 4);
  ReportDecisionRequest again = Decide(1);
  again.station_expected_again = true;
  EXPECT_EQ(ledger_.Annul(again).value(), 5);
  again.reason = "Wrong station";
  EXPECT_EQ(ledger_.Annul(again).value(), 6);
  again.documents = {{.uri = "https://example.org/decision"}};
  EXPECT_EQ(ledger_.Annul(again).value(), 7);
  ExpectStanding(ledger_.Annul(again), 7, 7);
}

TEST_F(AnnulmentTest, AnswersForAnEarlierRevisionWhileItIsInForce) {
  Report("s-1");
  ASSERT_EQ(ledger_.Annul(Decide(1)).value(), 4);
  ReportHeld("s-1", 2);
  ASSERT_EQ(ledger_.Annul(Decide(2)).value(), 6);
  ExpectStanding(ledger_.Annul(Decide(1)), 4, 6);  // a late resend
}

// A request that arrives late must not annul again; somebody who means it anew must not be told
// that it was done.
TEST_F(AnnulmentTest, OnceTakenBackItTakesNewWords) {
  Report("s-1");
  ASSERT_EQ(ledger_.Annul(Decide(1)).value(), 4);
  ASSERT_EQ(ledger_.Reinstate(Decide(1)).value(), 5);
  const auto late = ledger_.Annul(Decide(1));
  ExpectError(late, absl::StatusCode::kFailedPrecondition, "DECISION_SUPERSEDED");
  EXPECT_THAT(DetailOf(late.status()).metadata,
              ElementsAre(Pair("decision_sequence", "4"), Pair("superseded_sequence", "5")));
  EXPECT_EQ(ledger_.sequence(), 5);
  ReportDecisionRequest anew = Decide(1);
  anew.reason = "Appeal court, 3 March";
  EXPECT_EQ(ledger_.Annul(anew).value(), 6);
  ExpectStanding(ledger_.Annul(anew), 6, 6);
}

TEST_F(AnnulmentTest, AnotherOneOfTheRevisionSupersedesIt) {
  Report("s-1");
  ReportDecisionRequest again = Decide(1);
  again.station_expected_again = true;
  ASSERT_EQ(ledger_.Annul(Decide(1)).value(), 4);
  ASSERT_EQ(ledger_.Annul(again).value(), 5);
  ExpectError(ledger_.Annul(Decide(1)), absl::StatusCode::kFailedPrecondition,
              "DECISION_SUPERSEDED");
}

using ReinstatementTest = DecisionTest;

TEST_F(ReinstatementTest, TakesBackTheAnnulmentThatItNames) {
  Report("s-1");
  ExpectError(ledger_.Reinstate(Decide(1)), absl::StatusCode::kFailedPrecondition,
              "REPORT_NOT_ANNULLED");
  ASSERT_TRUE(ledger_.Annul(Decide(1)).ok());
  ASSERT_EQ(ledger_.Submit(ReportBuilder().WithRevision(2).Build()).outcome, Severity::kHold);
  const auto moved = ledger_.Reinstate(Decide(2));
  ExpectError(moved, absl::StatusCode::kAborted, "REVISION_MOVED");
  EXPECT_THAT(DetailOf(moved.status()).metadata,
              ElementsAre(Pair("revision", "2"), Pair("annulled_revision", "1")));
  EXPECT_EQ(ledger_.Reinstate(Decide(1)).value(), 6);
  ExpectStanding(ledger_.Reinstate(Decide(1)), 6, 6);
  ASSERT_TRUE(ledger_.Annul(Decide(2)).ok());
  EXPECT_EQ(ledger_.Reinstate(Decide(2)).value(), 8);
}

TEST_F(ReinstatementTest, TakesBackTheNewestAnnulmentFirst) {
  Report("s-1");
  ASSERT_TRUE(ledger_.Annul(Decide(1)).ok());
  ReportHeld("s-1", 2);
  ASSERT_TRUE(ledger_.Annul(Decide(2)).ok());
  ExpectError(ledger_.Reinstate(Decide(1)), absl::StatusCode::kAborted, "REVISION_MOVED");
  EXPECT_EQ(ledger_.Reinstate(Decide(2)).value(), 7);
  ExpectStanding(ledger_.Reinstate(Decide(2)), 7, 7);
  EXPECT_EQ(ledger_.Reinstate(Decide(1)).value(), 8);
}

TEST_F(ReinstatementTest, OnceAnnulledAgainItTakesNewWords) {
  Report("s-1");
  ReportDecisionRequest again = Decide(1);
  again.reason = "Appeal court";
  ASSERT_TRUE(ledger_.Annul(Decide(1)).ok());
  ASSERT_EQ(ledger_.Reinstate(Decide(1)).value(), 5);
  ASSERT_EQ(ledger_.Annul(again).value(), 6);
  ExpectError(ledger_.Reinstate(Decide(1)), absl::StatusCode::kFailedPrecondition,
              "DECISION_SUPERSEDED");
  again.reason = "Supreme court";
  EXPECT_EQ(ledger_.Reinstate(again).value(), 7);
}

TEST_F(DecisionTest, NothingIsDecidedAboutReportsOfACertifiedContest) {
  Report("s-1");
  ReportHeld("s-2");
  ASSERT_TRUE(ledger_.Annul(Decide(1, "s-2")).ok());
  ASSERT_TRUE(ledger_.Reinstate(Decide(1, "s-2")).ok());
  Certify();
  const auto release = ledger_.Release(Decide(1, "s-2"));
  ExpectError(release, absl::StatusCode::kFailedPrecondition, "CONTEST_CERTIFIED");
  EXPECT_THAT(DetailOf(release.status()).metadata,
              ElementsAre(Pair("certification_sequence", "7")));
  ExpectError(ledger_.Annul(Decide(1)), absl::StatusCode::kFailedPrecondition, "CONTEST_CERTIFIED");
  ExpectError(ledger_.Reinstate(Decide(1)), absl::StatusCode::kFailedPrecondition,
              "CONTEST_CERTIFIED");
  // What was decided before still stands.
  ExpectStanding(ledger_.Reinstate(Decide(1, "s-2")), 6, 7);
  ASSERT_TRUE(ledger_.Reopen({.reason = "Court"}).ok());
  EXPECT_TRUE(ledger_.Release(Decide(1, "s-2")).ok());
}

class PollFiguresTest : public DecisionTest {
 protected:
  // As a poll of 2024-02-07 published them for one candidate.
  static PollFiguresRequest Figures(std::int32_t revision = 1) {
    PollFiguresRequest request{
        .contest_id = "president", .source_id = "poll", .shares = {{"a", "93.9"}}};
    request.figures.revision = revision;
    if (revision > 1) request.figures.reason = "Misprint";
    return request;
  }
  void ExpectInvalid(const PollFiguresRequest& request, const std::string& reason,
                     const std::string& field) {
    const auto published = ledger_.Publish(request);
    ExpectError(published, absl::StatusCode::kInvalidArgument, reason);
    EXPECT_EQ(FieldOf(published), field);
  }
};

TEST_F(PollFiguresTest, KeepsExactlyWhatWasPublished) {
  PollFiguresRequest request = Figures();
  request.contest_id.clear();
  request.shares = {{"b", "4.0"}, {"a", "93.9"}};
  request.figures.sample_size = 63'433;
  request.figures.margin_of_error_points = "2.5";
  request.figures.published_at = absl::FromUnixNanos(1'707'318'000'000'000'999);
  ASSERT_EQ(ledger_.Publish(request).value(), 3);
  const auto& figures = std::get<PollFigures>(ledger_.entries().back().event);
  EXPECT_EQ(figures.area_no, 0);
  EXPECT_EQ(figures.source_no, 1);
  EXPECT_THAT(figures.shares, ElementsAre(PollShare{.candidate_no = 0, .share_percent = "93.9"},
                                          PollShare{.candidate_no = 1, .share_percent = "4.0"}));
  EXPECT_EQ(figures.sample_size, 63'433);
  EXPECT_EQ(figures.published_at, absl::FromUnixSeconds(1'707'318'000));
}

TEST_F(PollFiguresTest, SharesAddUpToNoMoreThanRoundingMakesOf100) {
  PollFiguresRequest request = Figures();
  request.shares = {{"a", "33.4"}, {"b", "33.4"}, {"c", "33.3"}};  // rounded up twice
  EXPECT_TRUE(ledger_.Publish(request).ok());
  PollFiguresRequest correction = Figures(2);
  correction.shares = {{"a", "60"}, {"b", "40.6"}};
  ExpectInvalid(correction, "SHARE_OUT_OF_RANGE", "figures.shares");
  correction.shares = {{"a", "93.9"}, {"b", "93.9"}};
  ExpectInvalid(correction, "SHARE_OUT_OF_RANGE", "figures.shares");
}

TEST_F(PollFiguresTest, TheSameAgainChangesNothing) {
  PollFiguresRequest request = Figures();
  request.shares = {{"a", "93.9"}, {"b", "4.0"}};
  ASSERT_EQ(ledger_.Publish(request).value(), 3);
  std::swap(request.shares[0], request.shares[1]);
  ExpectStanding(ledger_.Publish(request), 3, 3);
  ASSERT_EQ(ledger_.Publish(Figures(2)).value(), 4);
  ExpectStanding(ledger_.Publish(request), 3, 4);  // a late resend
  request.shares.front().share_percent = "4.1";
  ExpectError(ledger_.Publish(request), absl::StatusCode::kAlreadyExists, "REVISION_CONFLICT");
  ExpectError(ledger_.Publish(Figures(4)), absl::StatusCode::kFailedPrecondition, "REVISION_GAP");
}

TEST_F(PollFiguresTest, EachAreaHasFiguresOfItsOwn) {
  PollFiguresRequest north = Figures();
  north.area_id = "north";
  ASSERT_EQ(ledger_.Publish(Figures()).value(), 3);
  EXPECT_EQ(ledger_.Publish(north).value(), 4);
}

TEST_F(PollFiguresTest, ARetractionNeedsNoShares) {
  ASSERT_TRUE(ledger_.Publish(Figures()).ok());
  PollFiguresRequest retraction = Figures(2);
  retraction.shares.clear();
  ExpectInvalid(retraction, "SHARES_MISSING", "figures.shares");
  retraction.figures.retracted = true;
  EXPECT_TRUE(ledger_.Publish(retraction).ok());
}

TEST_F(PollFiguresTest, RefusesWhatNoPollPublishes) {
  PollFiguresRequest request = Figures();
  request.source_id = "cec";
  ExpectInvalid(request, "SOURCE_KIND_MISMATCH", "figures.source_id");
  request.source_id = "";
  ExpectInvalid(request, "SOURCE_MISSING", "figures.source_id");
  for (const char* share : {"", "93,9", "9e1", "much"}) {
    request = Figures();
    request.shares.front().share_percent = share;
    ExpectInvalid(request, "DECIMAL_MALFORMED", "figures.shares[0].share_percent");
  }
  for (const char* share : {"-0.1", "100.1", "101"}) {
    request.shares.front().share_percent = share;
    ExpectInvalid(request, "SHARE_OUT_OF_RANGE", "figures.shares[0].share_percent");
  }
  request = Figures();
  request.figures.margin_of_error_points = "-1";
  ExpectInvalid(request, "SHARE_OUT_OF_RANGE", "figures.margin_of_error_points");
  request = Figures();
  request.shares.push_back({"a", "1"});
  ExpectInvalid(request, "CANDIDATE_REPEATED", "figures.shares");
  for (const std::int64_t size : {std::int64_t{-1}, std::int64_t{1'000'000'000}}) {
    request = Figures();
    request.figures.sample_size = size;
    ExpectInvalid(request, "COUNT_OUT_OF_RANGE", "figures.sample_size");
  }
  ExpectInvalid(Figures(0), "REVISION_INVALID", "figures.revision");
  request = Figures(2);
  request.figures.reason.clear();
  ExpectInvalid(request, "CORRECTION_REASON_MISSING", "figures.reason");
  request.figures.reason = std::string(2001, 'x');
  ExpectInvalid(request, "TEXT_INVALID", "figures.reason");
}

TEST_F(PollFiguresTest, NamesWhatIsUnknown) {
  PollFiguresRequest request = Figures();
  request.shares.push_back({"x", "1"});
  const auto candidate = ledger_.Publish(request);
  ExpectError(candidate, absl::StatusCode::kNotFound, "CANDIDATE_UNKNOWN");
  EXPECT_EQ(FieldOf(candidate), "figures.shares[1].candidate_id");
  request = Figures();
  request.area_id = "x";
  ExpectError(ledger_.Publish(request), absl::StatusCode::kNotFound, "AREA_UNKNOWN");
  DefinitionBuilder regional = DecidedElection();
  regional.WithContest("mayor", "north", {"a"});
  CheckedLedger ledger(regional);
  request = Figures();
  request.contest_id = "mayor";
  request.area_id = "country";
  ExpectError(ledger.Publish(request), absl::StatusCode::kInvalidArgument, "AREA_NOT_IN_CONTEST");
}

class CertificationTest : public DecisionTest {
 protected:
  CertificationRequest Request() const {
    return {.expected_sequence = ledger_.sequence(), .elected_candidate_ids = {"a"}};
  }
  void ReportVotes(const std::string& station_id, const std::vector<std::int64_t>& votes) {
    const auto report = ReportBuilder()
                            .WithStation(station_id)
                            .WithRegistered(1000)
                            .WithBalancedVotes(votes)
                            .Build();
    ASSERT_EQ(ledger_.Submit(report).outcome, Severity::kUnspecified);
  }
};

TEST_F(CertificationTest, SaysWhatWasCertified) {
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {100, 90, 80});
  CertificationRequest request = Request();
  request.documents = {{.uri = "https://example.org/protocol"}};
  ASSERT_EQ(ledger_.Certify(request).value(), 5);
  const auto& certification = std::get<ResultCertification>(ledger_.entries().back().event);
  EXPECT_EQ(certification.number, 1);
  EXPECT_EQ(certification.certified_sequence, 4);
  EXPECT_EQ(certification.tally.votes[0].total, 160);
  EXPECT_EQ(certification.tally.ballots_cast.total, 374);
  EXPECT_EQ(certification.progress.counted, 2);
  EXPECT_THAT(certification.elected_candidate_nos, ElementsAre(0));
  ExpectStanding(ledger_.Certify(request), 5, 5);
  request.elected_candidate_ids = {};
  ExpectError(ledger_.Certify(request), absl::StatusCode::kFailedPrecondition, "ALREADY_CERTIFIED");
}

TEST_F(CertificationTest, NeedsTheSequenceThatWasRead) {
  ReportVotes("s-1", {60, 30, 6});
  CertificationRequest request = Request();
  ReportVotes("s-2", {60, 30, 6});
  const auto moved = ledger_.Certify(request);
  ExpectError(moved, absl::StatusCode::kAborted, "RESULT_MOVED");
  EXPECT_THAT(DetailOf(moved.status()).metadata,
              ElementsAre(Pair("expected_sequence", "3"), Pair("last_change_sequence", "4"),
                          Pair("sequence", "4")));
  for (const std::int64_t sequence : {0, -1, 5}) {
    request.expected_sequence = sequence;
    ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument,
                "SEQUENCE_OUT_OF_RANGE");
  }
  // What happens elsewhere does not move the contest.
  request = Request();
  ASSERT_EQ(ledger_.Submit(ReportBuilder().WithSource("observers").Build()).outcome,
            Severity::kUnspecified);
  EXPECT_TRUE(ledger_.Certify(request).ok());
}

TEST_F(CertificationTest, WaitsForStationsUnlessThatIsAccepted) {
  ExpectError(ledger_.Certify(Request()), absl::StatusCode::kFailedPrecondition, "NOTHING_COUNTED");
  ReportHeld("s-2");
  ReportVotes("s-1", {60, 30, 6});
  CertificationRequest request = Request();
  const auto incomplete = ledger_.Certify(request);
  ExpectError(incomplete, absl::StatusCode::kFailedPrecondition, "RESULT_INCOMPLETE");
  EXPECT_THAT(DetailOf(incomplete.status()).metadata,
              ElementsAre(Pair("missing", "0"), Pair("held", "1"), Pair("expected", "2"),
                          Pair("held_corrections", "0")));
  request.accept_incomplete = true;
  ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument, "REASON_MISSING");
  request.reason = "s-2 cannot change the outcome";
  EXPECT_TRUE(ledger_.Certify(request).ok());
}

// After the certification it could not be released any more.
TEST_F(CertificationTest, WaitsForHeldCorrections) {
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {60, 30, 6});
  ReportHeld("s-2", 2);
  const auto incomplete = ledger_.Certify(Request());
  ExpectError(incomplete, absl::StatusCode::kFailedPrecondition, "RESULT_INCOMPLETE");
  EXPECT_THAT(DetailOf(incomplete.status()).metadata,
              ElementsAre(Pair("missing", "0"), Pair("held", "0"), Pair("expected", "2"),
                          Pair("held_corrections", "1")));
  ASSERT_TRUE(ledger_.Release(Decide(2, "s-2")).ok());
  EXPECT_TRUE(ledger_.Certify(Request()).ok());
}

TEST_F(CertificationTest, CompleteWithAnAnnulledStation) {
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {60, 30, 6});
  ASSERT_TRUE(ledger_.Annul(Decide(1, "s-2")).ok());
  EXPECT_TRUE(ledger_.Certify(Request()).ok());
}

TEST_F(CertificationTest, WhereVotesDoNotDecideItSaysWhoDid) {
  ReportVotes("s-1", {60, 60, 6});
  ReportVotes("s-2", {40, 40, 10});
  for (const std::vector<std::string>& elected :
       std::vector<std::vector<std::string>>{{"a"}, {"c"}, {"a", "c"}}) {
    CertificationRequest request = Request();
    request.elected_candidate_ids = elected;
    ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument, "REASON_MISSING");
  }
  CertificationRequest request = Request();
  request.elected_candidate_ids = {"b", "a"};  // both seats: no tie between in and out
  EXPECT_TRUE(ledger_.Certify(request).ok());
}

TEST_F(CertificationTest, ATieIsDecidedWithAReason) {
  ReportVotes("s-1", {60, 60, 6});
  ReportVotes("s-2", {40, 40, 10});
  CertificationRequest request = Request();
  request.reason = "Lot drawn";
  EXPECT_TRUE(ledger_.Certify(request).ok());
}

TEST_F(CertificationTest, NobodyNeedBeElected) {
  ReportVotes("s-1", {60, 60, 6});
  ReportVotes("s-2", {40, 40, 10});
  CertificationRequest request = Request();
  request.elected_candidate_ids = {};
  EXPECT_TRUE(ledger_.Certify(request).ok());
}

TEST_F(CertificationTest, AWithdrawnCandidateIsElectedOnlyWithAReason) {
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {60, 30, 6});
  DefinitionChange change{.reason = "Withdrew"};
  change.contests.push_back({.id = "president"});
  for (const std::string id : {"a", "b", "c"}) {
    change.contests.back().candidates.push_back({.id = id, .names = {{"en", "Candidate " + id}}});
  }
  change.contests.back().candidates.front().withdrawn = true;
  const absl::Status changed = ledger_.Change(change);
  ASSERT_TRUE(changed.ok()) << changed;
  ExpectError(ledger_.Certify(Request()), absl::StatusCode::kInvalidArgument, "REASON_MISSING");
}

TEST_F(CertificationTest, IsOfAnOfficialSourceAndKnownCandidates) {
  ReportVotes("s-1", {60, 30, 6});
  CertificationRequest request = Request();
  request.source_id = "observers";
  ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument, "SOURCE_KIND_MISMATCH");
  request = Request();
  request.elected_candidate_ids = {"a", "x"};
  const auto unknown = ledger_.Certify(request);
  ExpectError(unknown, absl::StatusCode::kNotFound, "CANDIDATE_UNKNOWN");
  EXPECT_EQ(FieldOf(unknown), "elected_candidate_ids[1]");
  request.elected_candidate_ids = {"a", "a"};
  ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument, "CANDIDATE_REPEATED");
  request = Request();
  request.contest_id = "x";
  ExpectError(ledger_.Certify(request), absl::StatusCode::kNotFound, "CONTEST_UNKNOWN");
  request = Request();
  request.reason = "\xFF";
  ExpectError(ledger_.Certify(request), absl::StatusCode::kInvalidArgument, "TEXT_INVALID");
}

TEST_F(CertificationTest, IsReopenedOnce) {
  const ReopeningRequest reopening{.status = ReopeningStatus::kRecount, .reason = "Court"};
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {60, 30, 6});
  ExpectError(ledger_.Reopen(reopening), absl::StatusCode::kFailedPrecondition,
              "RESULT_NOT_CERTIFIED");
  ASSERT_EQ(ledger_.Certify(Request()).value(), 5);
  ExpectError(ledger_.Reopen({.status = ReopeningStatus::kRecount}),
              absl::StatusCode::kInvalidArgument, "REASON_MISSING");
  ASSERT_EQ(ledger_.Reopen(reopening).value(), 6);
  ExpectStanding(ledger_.Reopen(reopening), 6, 6);
  ExpectError(ledger_.Reopen({.status = ReopeningStatus::kCorrection, .reason = "Court"}),
              absl::StatusCode::kFailedPrecondition, "RESULT_NOT_CERTIFIED");
  ASSERT_EQ(ledger_.Certify(Request()).value(), 7);
  EXPECT_EQ(std::get<ResultCertification>(ledger_.entries().back().event).number, 2);
  const auto late = ledger_.Reopen(reopening);
  ExpectError(late, absl::StatusCode::kFailedPrecondition, "DECISION_SUPERSEDED");
  EXPECT_THAT(DetailOf(late.status()).metadata,
              ElementsAre(Pair("decision_sequence", "6"), Pair("superseded_sequence", "7")));
  EXPECT_EQ(
      ledger_.Reopen({.status = ReopeningStatus::kRecount, .reason = "Supreme court"}).value(), 8);
}

// A late resend of the certification would close the contest again that was reopened meanwhile.
TEST_F(CertificationTest, AReopeningMovesTheResult) {
  ReportVotes("s-1", {60, 30, 6});
  ReportVotes("s-2", {60, 30, 6});
  const CertificationRequest request = Request();
  ASSERT_EQ(ledger_.Certify(request).value(), 5);
  ASSERT_EQ(ledger_.Reopen({.reason = "Court"}).value(), 6);
  const auto late = ledger_.Certify(request);
  ExpectError(late, absl::StatusCode::kAborted, "RESULT_MOVED");
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("reopened at sequence 6"));
  EXPECT_THAT(DetailOf(late.status()).metadata,
              ElementsAre(Pair("expected_sequence", "4"), Pair("last_change_sequence", "6"),
                          Pair("sequence", "6")));
  EXPECT_EQ(ledger_.sequence(), 6);
  EXPECT_EQ(ledger_.Certify(Request()).value(), 7);
}

}  // namespace
}  // namespace canvass::election
