#include "common/rpc/result_proto.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/tally.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/rpc/test_ledger.h"

namespace canvass::rpc {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int32_t kUnknown = election::kUnknown;

// Votes of the final protocol of 2024 and their percentages, as published (and by exact division
// where the press printed what does not follow from the votes).
const std::vector<std::int32_t> kFinal = {4567458, 107632, 98421, 85411, 39643, 32885, 26517};
const std::vector<std::int32_t> kZeros(7, 0);

v1::Result Read(const TestLedger& ledger, int source, int area = TestLedger::kCountry,
                std::string_view tag = {}, int station_no = -1) {
  return ResultOf(
      ledger.get(),
      {.contest_no = 0, .source_no = source, .area_no = area, .station_no = station_no, .tag = tag},
      AsOfOf(ledger.get(), "ledger-1", absl::FromUnixSeconds(1)));
}

std::vector<std::string> SharesOf(const v1::Result& result) {
  std::vector<std::string> shares;
  for (const auto& line : result.candidates()) shares.push_back(line.share_percent());
  return shares;
}

std::vector<std::string> IdsOf(const v1::Result& result) {
  std::vector<std::string> ids;
  for (const auto& line : result.candidates()) ids.push_back(line.candidate_id());
  return ids;
}

std::vector<int> RanksOf(const v1::Result& result) {
  std::vector<int> ranks;
  for (const auto& line : result.candidates()) ranks.push_back(line.rank());
  return ranks;
}

struct Announcement {
  std::vector<std::int32_t> votes;
  std::int64_t valid_votes = 0;
  std::vector<std::string> shares;
};

class AnnouncementTest : public testing::TestWithParam<Announcement> {};

TEST_P(AnnouncementTest, SharesAreThoseThatWerePublished) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, GetParam().votes));
  const v1::Result result = Read(ledger, TestLedger::kCec);
  EXPECT_EQ(result.valid_votes(), GetParam().valid_votes);
  EXPECT_EQ(SharesOf(result), GetParam().shares);
  EXPECT_THAT(RanksOf(result), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(result.candidates(i).votes(), GetParam().votes[static_cast<std::size_t>(i)]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Azerbaijan2024, AnnouncementTest,
    testing::Values(
        Announcement{{4281625, 101851, 92980, 81799, 37386, 31033, 24799},
                     4651473,
                     {"92.05", "2.19", "2.00", "1.76", "0.80", "0.67", "0.53"}},
        Announcement{{4577693, 107877, 98623, 85607, 39727, 32956, 26561},
                     4969044,
                     {"92.12", "2.17", "1.98", "1.72", "0.80", "0.66", "0.53"}},
        Announcement{kFinal, 4957967, {"92.12", "2.17", "1.99", "1.72", "0.80", "0.66", "0.53"}}));

// Córdoba 2019: 12 lists there; here the first, and the other eleven as one. Its blank votes are
// valid.
TEST(ResultProtoTest, BlankVotesAreInTheDenominatorWhereTheyAreValid) {
  const std::vector<std::int32_t> votes = {1083435, 356851, 219673, 231326, 0, 0, 0};
  TestLedger ledger(/*blank_votes_valid=*/true);
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, votes, 116214, 69721));
  const v1::Result result = Read(ledger, TestLedger::kCec);
  EXPECT_EQ(result.valid_votes(), 2007499);
  EXPECT_EQ(result.ballots_cast(), 2077220);
  EXPECT_EQ(result.candidates(0).share_percent(), "53.97");
  EXPECT_EQ(result.candidates(1).share_percent(), "17.78");
  TestLedger elsewhere;
  elsewhere.Append(TestLedger::Ballots(TestLedger::kCec, 0, votes, 116214, 69721));
  EXPECT_EQ(Read(elsewhere, TestLedger::kCec).valid_votes(), 2007499 - 116214);
}

TEST(ResultProtoTest, SaysWhatItIsAbout) {
  TestLedger ledger;
  const v1::Result result = Read(ledger, TestLedger::kCec, TestLedger::kFirst, "school");
  EXPECT_EQ(result.election_id(), "az-2024-presidential");
  EXPECT_EQ(result.contest_id(), "president");
  EXPECT_EQ(result.source_id(), "cec");
  EXPECT_EQ(result.area_id(), "c-1");
  EXPECT_EQ(result.tag(), "school");
  EXPECT_TRUE(result.rehearsal());
  EXPECT_EQ(result.notices().at("en"), "Synthetic split by station");
  EXPECT_EQ(result.as_of().sequence(), 2);
  EXPECT_EQ(result.as_of().recorded_at().seconds(), TestLedger::kStartSeconds + 2);
  EXPECT_EQ(result.as_of().confirmed_at().seconds(), 1);
  EXPECT_EQ(result.as_of().ledger_id(), "ledger-1");
  EXPECT_THAT(result.as_of().root_hash(), testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST(ResultProtoTest, BeforeAnythingIsCountedNobodyIsFirst) {
  const v1::Result result = Read(TestLedger(), TestLedger::kCec);
  EXPECT_EQ(result.status(), v1::RESULT_STATUS_PRE_ELECTION);
  ASSERT_THAT(result.candidates(), SizeIs(7));
  EXPECT_EQ(result.candidates(0).candidate_id(), "ilham-aliyev");
  EXPECT_TRUE(result.candidates(0).has_votes());
  EXPECT_EQ(result.candidates(0).votes(), 0);
  EXPECT_THAT(SharesOf(result), Each(IsEmpty()));
  EXPECT_THAT(RanksOf(result), Each(0));
  EXPECT_EQ(result.valid_votes(), 0);
  EXPECT_EQ(result.turnout_percent(), "");
  EXPECT_EQ(result.progress().stations_expected(), 4);
  EXPECT_EQ(result.progress().stations_missing(), 4);
  EXPECT_EQ(result.progress().percent(), "0.00");
}

TEST(ResultProtoTest, EqualVotesShareARankInBallotOrder) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, {5, 9, 5, 9, 0, 1, 0}));
  const v1::Result result = Read(ledger, TestLedger::kCec);
  EXPECT_THAT(IdsOf(result),
              ElementsAre("zahid-oruj", "gudrat-hasanguliyev", "ilham-aliyev", "fazil-mustafa",
                          "elshad-musayev", "razi-nurullayev", "fuad-aliyev"));
  EXPECT_THAT(RanksOf(result), ElementsAre(1, 1, 3, 3, 5, 6, 6));
}

TEST(ResultProtoTest, TurnoutIsOfTheStationsThatAreIn) {
  TestLedger ledger;
  auto first = TestLedger::Ballots(TestLedger::kCec, 0, {400, 0, 0, 0, 0, 0, 0}, 10, 5);
  first.counts.registered_voters = 800;
  ledger.Append(first);
  auto second = TestLedger::Ballots(TestLedger::kCec, 2, {100, 0, 0, 0, 0, 0, 0});
  second.counts.registered_voters = 400;
  second.counts.ballots_issued = 101;
  ledger.Append(second);
  const v1::Result result = Read(ledger, TestLedger::kCec);
  EXPECT_EQ(result.registered_voters(), 1200);
  EXPECT_EQ(result.ballots_cast(), 515);
  EXPECT_EQ(result.turnout_percent(), "42.92");  // 515 of 1 200 is 42.916...
  EXPECT_EQ(result.blank_votes(), 10);
  EXPECT_EQ(result.invalid_votes(), 5);
  EXPECT_FALSE(result.has_ballots_issued());  // one station did not say
  EXPECT_EQ(Read(ledger, TestLedger::kCec, TestLedger::kSecond).ballots_issued(), 101);
}

TEST(ResultProtoTest, ATurnoutThatIsNotKnownIsNotShown) {
  TestLedger ledger;
  auto first = TestLedger::Ballots(TestLedger::kCec, 0, {400, 0, 0, 0, 0, 0, 0});
  first.counts.registered_voters = 800;
  ledger.Append(first);
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 1, {100, 0, 0, 0, 0, 0, 0}));
  const v1::Result result = Read(ledger, TestLedger::kCec);
  EXPECT_FALSE(result.has_registered_voters());
  EXPECT_EQ(result.turnout_percent(), "");
}

// A parallel count may know less than a commission.
TEST(ResultProtoTest, UnknownNumbersAreAbsentAndMakeSharesUnknown) {
  TestLedger ledger;
  auto report = TestLedger::Ballots(TestLedger::kObservers, 0, {400, 50, kUnknown, 0, 0, 0, 0});
  report.counts.ballots_cast = kUnknown;
  report.counts.invalid_votes = kUnknown;
  ledger.Append(report);
  const v1::Result result = Read(ledger, TestLedger::kObservers);
  EXPECT_FALSE(result.has_valid_votes());
  EXPECT_FALSE(result.has_ballots_cast());
  EXPECT_FALSE(result.has_invalid_votes());
  EXPECT_EQ(result.blank_votes(), 0);
  EXPECT_THAT(SharesOf(result), Each(IsEmpty()));
  EXPECT_THAT(RanksOf(result), ElementsAre(1, 2, 3, 3, 3, 3, 0));
  EXPECT_EQ(result.candidates(6).candidate_id(), "fazil-mustafa");
  EXPECT_FALSE(result.candidates(6).has_votes());
}

TEST(ResultProtoTest, UnknownBlankVotesMatterWhereTheyAreValid) {
  auto report = TestLedger::Ballots(TestLedger::kObservers, 0, {400, 100, 0, 0, 0, 0, 0});
  report.counts.blank_votes = kUnknown;
  TestLedger valid(/*blank_votes_valid=*/true);
  valid.Append(report);
  EXPECT_FALSE(Read(valid, TestLedger::kObservers).has_valid_votes());
  EXPECT_EQ(Read(valid, TestLedger::kObservers).candidates(0).share_percent(), "");
  TestLedger not_valid;
  not_valid.Append(report);
  EXPECT_EQ(Read(not_valid, TestLedger::kObservers).candidates(0).share_percent(), "80.00");
}

TEST(ResultProtoTest, ProgressAsTheCommissionGaveIt) {
  EXPECT_EQ(ToProto(election::Progress{.expected = 6537, .counted = 6102}).percent(), "93.35");
  const v1::Progress complete =
      ToProto(election::Progress{.expected = 6537, .counted = 6526, .annulled = 11});
  EXPECT_EQ(complete.percent(), "100.00");
  EXPECT_EQ(complete.stations_missing(), 0);
  EXPECT_EQ(ToProto(election::Progress{.expected = 1'000'000, .counted = 999'999}).percent(),
            "99.99");
  EXPECT_EQ(ToProto(election::Progress{}).percent(), "");
}

TEST(ResultProtoTest, AreasAndTagsAndStationsHaveTheirOwnProgressAndStatus) {
  TestLedger ledger;
  auto report = TestLedger::Ballots(TestLedger::kCec, 0, {1, 0, 0, 0, 0, 0, 0});
  ledger.Append(report);
  report.key.station_no = 1;
  report.held = true;
  ledger.Append(report);
  const v1::Result country = Read(ledger, TestLedger::kCec);
  EXPECT_EQ(country.status(), v1::RESULT_STATUS_UNOFFICIAL_PARTIAL);
  EXPECT_EQ(country.progress().stations_held(), 1);
  EXPECT_EQ(country.progress().stations_missing(), 2);
  EXPECT_EQ(country.progress().registered_voters_percent(), "25.00");
  EXPECT_EQ(Read(ledger, TestLedger::kCec, TestLedger::kSecond).status(),
            v1::RESULT_STATUS_PRE_ELECTION);
  const v1::Result schools = Read(ledger, TestLedger::kCec, TestLedger::kFirst, "school");
  EXPECT_EQ(schools.status(), v1::RESULT_STATUS_UNOFFICIAL_COMPLETE);
  EXPECT_EQ(schools.progress().stations_expected(), 1);
  const v1::Result counted = Read(ledger, TestLedger::kCec, TestLedger::kFirst, {}, 0);
  EXPECT_EQ(counted.area_id(), "s-0");
  EXPECT_EQ(counted.status(), v1::RESULT_STATUS_UNOFFICIAL_COMPLETE);
  EXPECT_EQ(counted.progress().registered_voters_counted(), 1000);
  EXPECT_EQ(counted.candidates(0).votes(), 1);
  const v1::Result held = Read(ledger, TestLedger::kCec, TestLedger::kFirst, {}, 1);
  EXPECT_EQ(held.status(), v1::RESULT_STATUS_UNOFFICIAL_PARTIAL);
  EXPECT_EQ(held.progress().stations_held(), 1);
  EXPECT_EQ(held.valid_votes(), 0);
  const v1::Result missing = Read(ledger, TestLedger::kCec, TestLedger::kFirst, {}, 2);
  EXPECT_EQ(missing.status(), v1::RESULT_STATUS_PRE_ELECTION);
  EXPECT_EQ(missing.progress().stations_missing(), 1);
}

TEST(ResultProtoTest, WarningsAreCounted) {
  TestLedger ledger;
  auto report = TestLedger::Ballots(TestLedger::kCec, 0, {1, 0, 0, 0, 0, 0, 0});
  report.findings = {{.rule = election::Rule::kInvalidShareHigh,
                      .severity = election::Severity::kWarn,
                      .field = "ballots.invalid_votes"}};
  ledger.Append(report);
  EXPECT_EQ(Read(ledger, TestLedger::kCec).stations_flagged(), 1);
}

// The Oracle Advisory Group published one share, and neither sample nor margin.
TEST(PollResultTest, PublishedSharesStandAsTheyWerePublished) {
  TestLedger ledger;
  ledger.Append(TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}}));
  const v1::Result result = Read(ledger, TestLedger::kOracle);
  EXPECT_EQ(result.status(), v1::RESULT_STATUS_UNOFFICIAL_COMPLETE);
  EXPECT_FALSE(result.has_progress());
  EXPECT_EQ(result.poll_figures().shares(0).share_percent(), "93.9");
  EXPECT_EQ(result.poll_figures().area_id(), "az");
  ASSERT_THAT(result.candidates(), SizeIs(7));
  EXPECT_EQ(result.candidates(0).share_percent(), "93.9");
  EXPECT_EQ(result.candidates(0).rank(), 1);
  EXPECT_FALSE(result.candidates(0).has_votes());
  EXPECT_EQ(result.candidates(1).share_percent(), "");
  EXPECT_EQ(result.candidates(1).rank(), 0);
  EXPECT_FALSE(result.has_sample_size());
  EXPECT_FALSE(result.has_valid_votes());
}

TEST(PollResultTest, PublishedSharesAreRankedExactlyWhateverTheirDecimals) {
  TestLedger ledger;
  auto poll = TestLedger::Poll({{.candidate_no = 1, .share_percent = "2"},
                                {.candidate_no = 3, .share_percent = "2.000001"},
                                {.candidate_no = 0, .share_percent = "90"},
                                {.candidate_no = 2, .share_percent = "2.00"}});
  poll.sample_size = 1200;
  poll.margin_of_error_points = "2.5";
  ledger.Append(poll);
  const v1::Result result = Read(ledger, TestLedger::kOracle);
  EXPECT_THAT(IdsOf(result),
              ElementsAre("ilham-aliyev", "gudrat-hasanguliyev", "zahid-oruj", "fazil-mustafa",
                          "razi-nurullayev", "elshad-musayev", "fuad-aliyev"));
  EXPECT_THAT(RanksOf(result), ElementsAre(1, 2, 3, 3, 0, 0, 0));
  EXPECT_EQ(result.sample_size(), 1200);
  EXPECT_EQ(result.candidates(0).margin_of_error_points(), "2.5");
  EXPECT_EQ(result.candidates(4).margin_of_error_points(), "");
}

TEST(PollResultTest, RetractedFiguresAreNotShownAsAResult) {
  TestLedger ledger;
  ledger.Append(TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}}));
  auto retraction = TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}});
  retraction.revision = 2;
  retraction.reason = "withdrawn";
  retraction.retracted = true;
  ledger.Append(retraction);
  const v1::Result result = Read(ledger, TestLedger::kOracle);
  EXPECT_EQ(result.status(), v1::RESULT_STATUS_PRE_ELECTION);
  EXPECT_TRUE(result.poll_figures().retracted());
  EXPECT_THAT(SharesOf(result), Each(IsEmpty()));
}

TEST(PollResultTest, PublishedFiguresOfTheCountrySayNothingOfAConstituency) {
  TestLedger ledger;
  ledger.Append(TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}}));
  const v1::Result result = Read(ledger, TestLedger::kOracle, TestLedger::kFirst);
  EXPECT_FALSE(result.has_poll_figures());
  EXPECT_THAT(SharesOf(result), Each(IsEmpty()));
}

// 1.96 * sqrt(1.6 * p * (1 - p) / 999) of 1 000 answers: p = 0.6 is 3.842..., p = 0.4 the same.
TEST(PollResultTest, InterviewsHaveSampleSizeAndMargins) {
  TestLedger ledger;
  ledger.Append(TestLedger::Interviews(0, {400, 100, kUnknown, kUnknown, 0, kUnknown, kUnknown}));
  ledger.Append(TestLedger::Interviews(3, {200, 300, kUnknown, kUnknown, 0, kUnknown, 0}));
  const v1::Result result = Read(ledger, TestLedger::kInterviews);
  EXPECT_EQ(result.sample_size(), 1000);
  EXPECT_FALSE(result.has_valid_votes());
  EXPECT_FALSE(result.has_ballots_cast());
  EXPECT_EQ(result.progress().stations_counted(), 2);
  EXPECT_EQ(result.status(), v1::RESULT_STATUS_UNOFFICIAL_PARTIAL);
  EXPECT_THAT(SharesOf(result), ElementsAre("60.00", "40.00", "0.00", "0.00", "", "", ""));
  EXPECT_THAT(RanksOf(result), ElementsAre(1, 2, 3, 3, 0, 0, 0));
  EXPECT_EQ(result.candidates(0).votes(), 600);
  EXPECT_EQ(result.candidates(0).margin_of_error_points(), "3.84");
  EXPECT_EQ(result.candidates(1).margin_of_error_points(), "3.84");
  EXPECT_EQ(result.candidates(2).margin_of_error_points(), "");  // p is 0
  EXPECT_FALSE(result.candidates(4).has_votes());
}

election::ResultCertification CertificationOf(const TestLedger& ledger) {
  return {
      .number = 1,
      .certified_sequence = ledger.get().sequence(),
      .tally = ledger.get().count().TallyOfArea(0, TestLedger::kCec, TestLedger::kCountry),
      .progress = ledger.get().count().ProgressOfArea(0, TestLedger::kCec, TestLedger::kCountry),
      .elected_candidate_nos = {0},
      .reason = "as read out",
      .accept_incomplete = true};
}

TEST(CertifiedResultTest, StaysAsItWasCertified) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, kFinal));
  const std::int64_t certified_at = ledger.Append(CertificationOf(ledger));
  EXPECT_EQ(Read(ledger, TestLedger::kCec).status(), v1::RESULT_STATUS_CERTIFIED);
  ledger.Append(election::ContestReopening{.status = election::ReopeningStatus::kRecount});
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 1, {0, 9, 0, 0, 0, 0, 0}));

  const v1::Result now = Read(ledger, TestLedger::kCec);
  EXPECT_EQ(now.status(), v1::RESULT_STATUS_RECOUNT);
  EXPECT_EQ(now.valid_votes(), 4957976);
  EXPECT_EQ(now.certification().sequence(), certified_at);
  EXPECT_EQ(Read(ledger, TestLedger::kCec, TestLedger::kFirst, "school").status(),
            v1::RESULT_STATUS_RECOUNT);

  const v1::Result certified =
      CertifiedResultOf(ledger.get(), 0, TestLedger::kCec, AsOfOf(ledger.get(), "l", absl::Now()));
  EXPECT_EQ(certified.status(), v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(certified.valid_votes(), 4957967);
  EXPECT_EQ(certified.progress().stations_counted(), 1);
  EXPECT_EQ(certified.as_of().sequence(), ledger.get().sequence());
  EXPECT_EQ(certified.area_id(), "az");
  EXPECT_THAT(certified.certification().elected_candidate_ids(), ElementsAre("ilham-aliyev"));
  EXPECT_EQ(certified.certification().reason(), "as read out");
  EXPECT_EQ(certified.certification().number(), 1);
}

// The published differences: 93.9, 92.4 and 92.6 beside 92.12.
TEST(ComparisonTest, PollsStandBesideTheOfficialShare) {
  for (const auto& [share, difference] : std::vector<std::pair<std::string, std::string>>{
           {"93.9", "1.78"}, {"92.4", "0.28"}, {"92.6", "0.48"}, {"90.34", "-1.78"}}) {
    TestLedger ledger;
    ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, kFinal));
    ledger.Append(TestLedger::Poll({{.candidate_no = 0, .share_percent = share}}));
    const v1::SourceComparison comparison =
        ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kOracle, TestLedger::kCountry);
    EXPECT_EQ(comparison.source_id(), "oracle");
    EXPECT_EQ(comparison.kind(), v1::SOURCE_KIND_EXIT_POLL);
    EXPECT_THAT(comparison.organisations(), ElementsAre("Oracle", "League"));
    ASSERT_THAT(comparison.candidates(), SizeIs(7));
    const v1::CandidateComparison& first = comparison.candidates(0);
    EXPECT_EQ(first.official_share_percent(), "92.12");
    EXPECT_EQ(first.share_percent(), share);
    EXPECT_EQ(first.difference_points(), difference);
    EXPECT_FALSE(first.has_official_within_margin());
    EXPECT_EQ(comparison.candidates(1).official_share_percent(), "2.17");
    EXPECT_EQ(comparison.candidates(1).difference_points(), "");
  }
}

TEST(ComparisonTest, AMarginSaysWhetherItCoversTheDifference) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, kFinal));
  auto poll = TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}});
  poll.margin_of_error_points = "1.78";
  poll.sample_size = 1000;
  ledger.Append(poll);
  auto comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kOracle, TestLedger::kCountry);
  EXPECT_EQ(comparison.sample_size(), 1000);
  EXPECT_TRUE(comparison.candidates(0).official_within_margin());
  poll.revision = 2;
  poll.reason = "smaller";
  poll.margin_of_error_points = "1.77";
  ledger.Append(poll);
  comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kOracle, TestLedger::kCountry);
  EXPECT_TRUE(comparison.candidates(0).has_official_within_margin());
  EXPECT_FALSE(comparison.candidates(0).official_within_margin());
}

TEST(ComparisonTest, RetractedFiguresAreComparedWithNothing) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, kFinal));
  auto poll = TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}});
  ledger.Append(poll);
  poll.revision = 2;
  poll.retracted = true;
  ledger.Append(poll);
  const v1::SourceComparison comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kOracle, TestLedger::kCountry);
  EXPECT_TRUE(comparison.retracted());
  EXPECT_THAT(comparison.candidates(), IsEmpty());
}

TEST(ComparisonTest, AParallelCountIsComparedOverTheStationsThatBothHave) {
  TestLedger ledger;
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 0, {60, 40, 0, 0, 0, 0, 0}));
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 1, {50, 50, 0, 0, 0, 0, 0}));
  ledger.Append(TestLedger::Ballots(TestLedger::kCec, 2, {0, 900, 0, 0, 0, 0, 0}));
  ledger.Append(TestLedger::Ballots(TestLedger::kObservers, 0, {60, 40, 0, 0, 0, 0, 0}));
  ledger.Append(TestLedger::Ballots(TestLedger::kObservers, 1, {40, 60, 0, 0, 0, 0, 0}));
  ledger.Append(TestLedger::Ballots(TestLedger::kObservers, 3, {700, 0, 0, 0, 0, 0, 0}));
  const v1::SourceComparison comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kObservers, TestLedger::kCountry);
  EXPECT_EQ(comparison.stations_compared(), 2);
  EXPECT_EQ(comparison.stations_different(), 1);
  ASSERT_THAT(comparison.candidates(), SizeIs(7));
  // In the order of the official result of the whole area.
  EXPECT_EQ(comparison.candidates(0).candidate_id(), "zahid-oruj");
  EXPECT_EQ(comparison.candidates(0).official_share_percent(), "45.00");
  EXPECT_EQ(comparison.candidates(0).share_percent(), "50.00");
  EXPECT_EQ(comparison.candidates(0).difference_points(), "5.00");
  EXPECT_FALSE(comparison.candidates(0).has_official_within_margin());
  EXPECT_EQ(comparison.candidates(1).difference_points(), "-5.00");
}

TEST(ComparisonTest, ANumberThatOnlyOneSourceGaveIsNoDifference) {
  TestLedger ledger;
  auto official = TestLedger::Ballots(TestLedger::kCec, 0, {60, 40, 0, 0, 0, 0, 0});
  official.counts.registered_voters = 1000;
  ledger.Append(official);
  ledger.Append(TestLedger::Ballots(TestLedger::kObservers, 0, {60, 40, 0, 0, 0, 0, 0}));
  const auto comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kObservers, TestLedger::kCountry);
  EXPECT_EQ(comparison.stations_compared(), 1);
  EXPECT_EQ(comparison.stations_different(), 0);
}

TEST(ComparisonTest, BeforeAnythingIsCountedNothingDiffers) {
  TestLedger ledger;
  ledger.Append(TestLedger::Poll({{.candidate_no = 0, .share_percent = "93.9"}}));
  const v1::SourceComparison comparison =
      ComparisonOf(ledger.get(), 0, TestLedger::kCec, TestLedger::kOracle, TestLedger::kCountry);
  ASSERT_THAT(comparison.candidates(), SizeIs(7));
  EXPECT_EQ(comparison.candidates(0).official_share_percent(), "");
  EXPECT_EQ(comparison.candidates(0).share_percent(), "93.9");
  EXPECT_EQ(comparison.candidates(0).difference_points(), "");
}

}  // namespace
}  // namespace canvass::rpc
