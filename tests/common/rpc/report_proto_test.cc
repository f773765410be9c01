#include "common/rpc/report_proto.h"

#include <google/protobuf/text_format.h>

#include <cstdint>
#include <limits>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

constexpr char kBallotReport[] = R"(
  election_id: "e" contest_id: "president" source_id: "cec" station_id: "s-1" revision: 2
  reason: "typing error"
  ballots {
    registered_voters: 700 ballots_issued: 511 ballots_cast: 510 blank_votes: 3 invalid_votes: 0
    votes { candidate_id: "b" count: 0 } votes { candidate_id: "a" count: 507 }
    votes { candidate_id: "a" }
  }
  counted_at { seconds: 1707321600 nanos: 123456000 }
  documents { sha256: "ab" uri: "https://example.org/1" }
)";

constexpr char kInterviewReport[] = R"(
  election_id: "e" station_id: "s-1" revision: 1
  interviews { asked: 100 refused: 20 undecided: 5 answers { candidate_id: "a" count: 75 } }
)";

TEST(ReportProtoTest, ReportsComeBackAsTheyWere) {
  for (const char* const text : {kBallotReport, kInterviewReport}) {
    const auto report = Parse<v1::StationReport>(text);
    EXPECT_EQ(ToProto(FromProto(report)).DebugString(), report.DebugString());
  }
}

TEST(ReportProtoTest, TheCoreHasWhatWasSaidAndInItsOrder) {
  const election::StationReport report = FromProto(Parse<v1::StationReport>(kBallotReport));
  EXPECT_EQ(report.station_id, "s-1");
  EXPECT_EQ(report.counted_at, absl::FromUnixMicros(1'707'321'600'123'456));
  const auto& ballots = std::get<election::BallotCount>(report.count);
  EXPECT_EQ(ballots.invalid_votes, 0);
  ASSERT_THAT(ballots.votes, SizeIs(3));
  EXPECT_EQ(ballots.votes[1], (election::CandidateCount{.candidate_id = "a", .count = 507}));
  EXPECT_FALSE(ballots.votes[2].count.has_value());
}

TEST(ReportProtoTest, WhatIsLeftOutIsUnknownAndTheRevisionIsOne) {
  const election::StationReport report = FromProto(Parse<v1::StationReport>("ballots {}"));
  EXPECT_EQ(report.revision, 1);
  EXPECT_EQ(std::get<election::BallotCount>(report.count), election::BallotCount{});
  EXPECT_FALSE(report.counted_at.has_value());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(FromProto(v1::StationReport()).count));
  EXPECT_EQ(FromProto(Parse<v1::StationReport>("revision: -3")).revision, -3);
}

TEST(ReportProtoTest, NumbersOfAnySizePass) {
  v1::StationReport report;
  report.mutable_ballots()->set_ballots_cast(std::numeric_limits<std::int64_t>::min());
  const auto core = FromProto(report);
  EXPECT_EQ(std::get<election::BallotCount>(core.count).ballots_cast,
            std::numeric_limits<std::int64_t>::min());
}

TEST(ReportProtoTest, KeysComeBack) {
  const auto key = Parse<v1::ReportKey>(
      R"(election_id: "e" contest_id: "c" source_id: "s" station_id: "t" revision: 3)");
  EXPECT_EQ(ToProto(FromProto(key)).DebugString(), key.DebugString());
  EXPECT_EQ(FromProto(v1::ReportKey()).revision, 0);
}

TEST(ReportProtoTest, TimesAreWholeMicrosecondsRoundedDown) {
  google::protobuf::Timestamp time;
  time.set_seconds(-1);
  time.set_nanos(999'999'999);
  EXPECT_EQ(FromProto(time), absl::FromUnixMicros(-1));
  EXPECT_EQ(ToProto(absl::FromUnixMicros(-1)).seconds(), -1);
  EXPECT_EQ(ToProto(absl::FromUnixMicros(-1)).nanos(), 999'999'000);
}

TEST(ReportProtoTest, TimesBeyondATimestampBecomeTheNearest) {
  google::protobuf::Timestamp time;
  time.set_seconds(std::numeric_limits<std::int64_t>::max());
  time.set_nanos(-5);
  // 9999-12-31T23:59:59Z
  EXPECT_EQ(FromProto(time), absl::FromUnixSeconds(253'402'300'799));
  EXPECT_EQ(ToProto(absl::InfiniteFuture()).seconds(), 253'402'300'799);
  // 0001-01-01T00:00:00Z
  EXPECT_EQ(ToProto(absl::InfinitePast()).seconds(), -62'135'596'800);
}

TEST(ReportProtoTest, FindingsCarryNumbersAndASentence) {
  const election::Finding finding = {
      .rule = election::Rule::kCastAboveRegistered,
      .severity = election::Severity::kHold,
      .field = "ballots.ballots_cast",
      .numbers = {{"ballots_cast", 500}, {"registered_voters", 480}}};
  const v1::Finding proto = ToProto(finding);
  EXPECT_EQ(proto.rule(), "CAST_ABOVE_REGISTERED");
  EXPECT_EQ(proto.severity(), v1::SEVERITY_HOLD);
  EXPECT_EQ(proto.numbers().at("ballots_cast"), 500);
  EXPECT_THAT(proto.message(), testing::HasSubstr("500"));
  EXPECT_THAT(proto.message(), testing::HasSubstr("480"));
  EXPECT_EQ(proto.field(), "ballots.ballots_cast");
  EXPECT_EQ(proto.numbers().at("registered_voters"), 480);
}

TEST(RefusalErrorTest, IsNamedAfterTheFirstRuleThatRejects) {
  const auto receipt = Parse<v1::Receipt>(R"(
    state: RECEIPT_STATE_REFUSED
    findings { rule: "NO_BALLOTS" severity: SEVERITY_WARN field: "ballots.ballots_cast" message: "W" }
    findings {
      rule: "VOTES_NOT_BALANCED" severity: SEVERITY_REJECT field: "ballots.ballots_cast"
      numbers { key: "sum" value: 505 } numbers { key: "ballots_cast" value: 510 }
      message: "505, but 510 ballots."
    }
    findings { rule: "REVISION_CONFLICT" severity: SEVERITY_REJECT field: "revision" message: "C" }
  )");
  const absl::Status status = RefusalError(receipt);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "505, but 510 ballots. (and 2 more)");
  const ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.reason, "VOTES_NOT_BALANCED");
  EXPECT_THAT(detail.metadata, ElementsAre(Pair("ballots_cast", "510"), Pair("sum", "505")));
  EXPECT_THAT(detail.violations,
              ElementsAre(FieldViolation{"report.ballots.ballots_cast", "NO_BALLOTS: W"},
                          FieldViolation{"report.ballots.ballots_cast",
                                         "VOTES_NOT_BALANCED: 505, but 510 ballots."},
                          FieldViolation{"report.revision", "REVISION_CONFLICT: C"}));
  EXPECT_EQ(detail.retry_after_ms, 0);
}

struct RefusalCode {
  std::string rule;
  absl::StatusCode code = absl::StatusCode::kOk;
};

class RefusalCodeTest : public testing::TestWithParam<RefusalCode> {};

// The codes that the comments of StationReporterService promise.
TEST_P(RefusalCodeTest, IsTheRules) {
  v1::Receipt receipt;
  v1::Finding& finding = *receipt.add_findings();
  finding.set_rule(GetParam().rule);
  finding.set_severity(v1::SEVERITY_REJECT);
  EXPECT_EQ(RefusalError(receipt).code(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusalCodeTest,
    testing::Values(RefusalCode{"STATION_UNKNOWN", absl::StatusCode::kNotFound},
                    RefusalCode{"ELECTION_UNKNOWN", absl::StatusCode::kNotFound},
                    RefusalCode{"COUNT_OUT_OF_RANGE", absl::StatusCode::kInvalidArgument},
                    RefusalCode{"REVISION_CONFLICT", absl::StatusCode::kAlreadyExists},
                    RefusalCode{"REVISION_GAP", absl::StatusCode::kFailedPrecondition},
                    RefusalCode{"POLLS_NOT_CLOSED", absl::StatusCode::kFailedPrecondition},
                    RefusalCode{"OF_A_NEWER_AGGREGATOR", absl::StatusCode::kInvalidArgument}));

// Two reporters may deliver revision 2 first.
TEST(RefusalErrorTest, AGapIsWorthAnotherTry) {
  v1::Receipt receipt;
  v1::Finding& finding = *receipt.add_findings();
  finding.set_rule("REVISION_GAP");
  finding.set_severity(v1::SEVERITY_REJECT);
  EXPECT_GT(DetailOf(RefusalError(receipt)).retry_after_ms, 0);
}

TEST(RefusalErrorTest, ARefusalWithoutFindingsIsAnErrorAllTheSame) {
  EXPECT_FALSE(RefusalError(v1::Receipt()).ok());
}

TEST(PollFiguresProtoTest, BecomeARequest) {
  const election::PollFiguresRequest request = FromProto(Parse<v1::PollFigures>(R"(
    election_id: "e" contest_id: "c" source_id: "poll" area_id: "az" reason: "corrected"
    retracted: true shares { candidate_id: "a" share_percent: "93.9" } sample_size: 50000
    margin_of_error_points: "1.5" published_at { seconds: 5 } documents { uri: "u" })"));
  EXPECT_EQ(request.contest_id, "c");
  EXPECT_EQ(request.source_id, "poll");
  EXPECT_EQ(request.area_id, "az");
  ASSERT_THAT(request.shares, SizeIs(1));
  EXPECT_EQ(request.shares[0].candidate_id, "a");
  EXPECT_EQ(request.shares[0].share_percent, "93.9");
  EXPECT_EQ(request.figures.revision, 1);
  EXPECT_TRUE(request.figures.retracted);
  EXPECT_EQ(request.figures.sample_size, 50'000);
  EXPECT_EQ(request.figures.margin_of_error_points, "1.5");
  EXPECT_EQ(request.figures.published_at, absl::FromUnixSeconds(5));
  EXPECT_THAT(request.figures.documents, SizeIs(1));
}

}  // namespace
}  // namespace canvass::rpc
