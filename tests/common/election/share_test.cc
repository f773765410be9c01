#include "common/election/share.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::election {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// Candidates' votes and percentages as the Central Election Commission of Azerbaijan published them
// for 7 February 2024.
struct Published {
  std::int64_t votes;
  std::string_view percent;
};

void ExpectShares(const std::vector<Published>& candidates, std::int64_t valid_votes) {
  std::int64_t sum = 0;
  for (const Published& candidate : candidates) {
    EXPECT_EQ(SharePercent(candidate.votes, valid_votes), candidate.percent);
    sum += candidate.votes;
  }
  EXPECT_EQ(sum, valid_votes);
}

TEST(SharePercentTest, FirstAnnouncement) {
  ExpectShares({{4'281'625, "92.05"},
                {101'851, "2.19"},
                {92'980, "2.00"},
                {81'799, "1.76"},
                {37'386, "0.80"},
                {31'033, "0.67"},
                {24'799, "0.53"}},
               4'651'473);
}

TEST(SharePercentTest, AllBallotsProcessed) {
  ExpectShares({{4'577'693, "92.12"},
                {107'877, "2.17"},
                {98'623, "1.98"},
                {85'607, "1.72"},
                {39'727, "0.80"},
                {32'956, "0.66"},
                {26'561, "0.53"}},
               4'969'044);
}

TEST(SharePercentTest, FinalProtocol) {
  ExpectShares({{4'567'458, "92.12"},
                {107'632, "2.17"},
                {98'421, "1.99"},
                {85'411, "1.72"},
                {39'643, "0.80"},
                {32'885, "0.66"},
                {26'517, "0.53"}},
               4'957'967);
}

TEST(SharePercentTest, OfNothingIsUnknown) {
  EXPECT_EQ(SharePercent(0, 0), "");
  EXPECT_EQ(SharePercent(0, 1), "0.00");
}

TEST(ShareInHundredthsTest, RoundsHalfUp) {
  EXPECT_EQ(ShareInHundredths(4'577'693, 4'969'044), 9'212);
  EXPECT_EQ(ShareInHundredths(1, 20'000), 1);  // 0.005 %
  EXPECT_EQ(ShareInHundredths(1, 20'001), 0);
  EXPECT_EQ(ShareInHundredths(3, 20'000), 2);  // 0.015 %
  EXPECT_EQ(ShareInHundredths(1, 3), 3'333);
  EXPECT_EQ(ShareInHundredths(2, 3), 6'667);
  EXPECT_EQ(ShareInHundredths(3, 2), 15'000);
}

TEST(ShareInHundredthsTest, ExactAtTheEnds) {
  EXPECT_EQ(ShareInHundredths(kMax, kMax), 10'000);
  EXPECT_EQ(ShareInHundredths(kMax - 1, kMax), 10'000);
  EXPECT_EQ(ShareInHundredths(kMax / 2, kMax), 5'000);
  EXPECT_EQ(ShareInHundredths(0, kMax), 0);
  EXPECT_EQ(ShareInHundredths(1, kMax), 0);
  // Beyond 64 bits: the largest that there is.
  EXPECT_EQ(ShareInHundredths(kMax, 1), kMax);
}

TEST(ShareInHundredthsDeathTest, RequiresAPartOfAWhole) {
  EXPECT_DEBUG_DEATH(ShareInHundredths(-1, 1), "part >= 0");
}

TEST(ShareInHundredthsTest, IsTheNearestOfRandomNumbers) {
  for (const std::uint64_t seed : testing::SeedsToTry(10'000)) {
    std::mt19937_64 random(seed);
    const auto whole = static_cast<std::int64_t>(random() >> (1 + random() % 62)) + 1;
    const auto part = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(whole));
    const absl::int128 share = ShareInHundredths(part, whole);
    // share - 1/2 <= 10000 part / whole < share + 1/2, doubled and multiplied out.
    const absl::int128 exact = absl::int128(part) * 20'000;
    ASSERT_TRUE((2 * share - 1) * whole <= exact && exact < (2 * share + 1) * whole)
        << part << " of " << whole << ", " << testing::Replay(seed);
  }
}

TEST(FormatHundredthsTest, TwoDecimals) {
  const std::vector<std::pair<std::int64_t, std::string>> known{
      {9'212, "92.12"},
      {80, "0.80"},
      {-178, "-1.78"},
      {0, "0.00"},
      {5, "0.05"},
      {-5, "-0.05"},
      {10'000, "100.00"},
      {kMax, "92233720368547758.07"},
      {-kMax - 1, "-92233720368547758.08"},
  };
  for (const auto& [hundredths, text] : known) EXPECT_EQ(FormatHundredths(hundredths), text);
}

TEST(ProgressPercentTest, FullOnlyWhenComplete) {
  EXPECT_EQ(ProgressPercent(6'102, 6'537), "93.35");  // as published on 8 February 2024
  EXPECT_EQ(ProgressPercent(6'537, 6'537), "100.00");
  EXPECT_EQ(ProgressPercent(999'999, 1'000'000), "99.99");
  EXPECT_EQ(ProgressPercent(kMax - 1, kMax), "99.99");
  EXPECT_EQ(ProgressPercent(99'994, 100'000), "99.99");
  EXPECT_EQ(ProgressPercent(0, 5), "0.00");
  EXPECT_EQ(ProgressPercent(0, 0), "");
}

Decimal Parsed(std::string_view text) {
  const absl::StatusOr<Decimal> decimal = ParseDecimal(text);
  EXPECT_TRUE(decimal.ok()) << decimal.status();
  return decimal.value_or(Decimal());
}

TEST(ParseDecimalTest, AsPeoplePublish) {
  EXPECT_EQ(Parsed("93.9"), (Decimal{.units = 939, .decimals = 1}));
  EXPECT_EQ(Parsed("-1.78"), (Decimal{.units = -178, .decimals = 2}));
  EXPECT_EQ(Parsed("5"), (Decimal{.units = 5, .decimals = 0}));
  EXPECT_EQ(Parsed("0"), (Decimal{.units = 0, .decimals = 0}));
  EXPECT_EQ(Parsed("0.50"), (Decimal{.units = 50, .decimals = 2}));
  EXPECT_EQ(Parsed("100.000000"), (Decimal{.units = 100'000'000, .decimals = 6}));
  EXPECT_EQ(Parsed("999999999999999999").units, 999'999'999'999'999'999);
}

TEST(ParseDecimalTest, NothingElse) {
  for (const std::string_view text : {"",
                                      "-",
                                      ".",
                                      "1,2",
                                      "1e3",
                                      ".5",
                                      "5.",
                                      "-.5",
                                      "+5",
                                      " 5",
                                      "5 ",
                                      "5%",
                                      "1.2.3",
                                      "--1",
                                      "00",
                                      "01.5",
                                      "0x1",
                                      "nan",
                                      "inf",
                                      "1.1234567",
                                      "1000000000000000000",
                                      "9999999999999999.123",
                                      "\xd9\xa1"}) {
    const absl::StatusOr<Decimal> decimal = ParseDecimal(text);
    ASSERT_FALSE(decimal.ok()) << text;
    EXPECT_EQ(decimal.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(DetailOf(decimal.status()).reason, "DECIMAL_MALFORMED") << text;
  }
}

TEST(DifferenceInPointsTest, OfThePublishedPolls) {
  const Decimal official = Parsed("92.12");
  EXPECT_EQ(DifferenceInPoints(Parsed("93.9"), official), "1.78");
  EXPECT_EQ(DifferenceInPoints(Parsed("92.4"), official), "0.28");
  EXPECT_EQ(DifferenceInPoints(Parsed("92.6"), official), "0.48");
}

TEST(DifferenceInPointsTest, KeepsTheFinerDecimals) {
  EXPECT_EQ(DifferenceInPoints(Parsed("50"), Parsed("50")), "0.00");
  EXPECT_EQ(DifferenceInPoints(Parsed("1"), Parsed("2")), "-1.00");
  EXPECT_EQ(DifferenceInPoints(Parsed("50.1234"), Parsed("50.5")), "-0.3766");
  EXPECT_EQ(DifferenceInPoints(Parsed("0"), Parsed("0.000001")), "-0.000001");
  EXPECT_EQ(DifferenceInPoints(Parsed("999999999999999999"), Parsed("-999999999999.999999")),
            "1000000999999999998.999999");
}

TEST(IsWithinMarginTest, Exactly) {
  EXPECT_TRUE(IsWithinMargin(Parsed("93.9"), Parsed("92.12"), Parsed("1.78")));
  EXPECT_FALSE(IsWithinMargin(Parsed("93.9"), Parsed("92.12"), Parsed("1.77")));
  EXPECT_TRUE(IsWithinMargin(Parsed("92.12"), Parsed("93.9"), Parsed("2")));
  EXPECT_FALSE(IsWithinMargin(Parsed("0.000001"), Parsed("0"), Parsed("0")));
  EXPECT_TRUE(IsWithinMargin(Parsed("5"), Parsed("5"), Parsed("0")));
  EXPECT_FALSE(
      IsWithinMargin(Parsed("999999999999999999"), Parsed("-1"), Parsed("999999999999.999999")));
}

TEST(MarginOfErrorTest, KnownSamples) {
  // 1.96 sqrt(0.25 / 999) = 3.10058 %, the margin that polls of a thousand people print.
  EXPECT_EQ(MarginOfErrorPoints(500, 1'000, 1.0), "3.10");
  // 1.96 sqrt(0.1 * 0.9 / 99) = 5.90962 %
  EXPECT_EQ(MarginOfErrorPoints(10, 100, 1.0), "5.91");
  EXPECT_EQ(MarginOfErrorPoints(90, 100, 1.0), "5.91");
  // A design effect of 4 doubles it: 11.81924 %
  EXPECT_EQ(MarginOfErrorPoints(10, 100, 4.0), "11.82");
  // 1.96 sqrt(0.25 / 1) = 98 %
  EXPECT_EQ(MarginOfErrorPoints(1, 2, 1.0), "98.00");
}

TEST(MarginOfErrorTest, UnknownWhereTheFormulaSaysNothing) {
  EXPECT_EQ(MarginOfErrorPoints(0, 0, 1.0), "");
  EXPECT_EQ(MarginOfErrorPoints(1, 1, 1.0), "");
  EXPECT_EQ(MarginOfErrorPoints(0, 1'000, 1.0), "");
  EXPECT_EQ(MarginOfErrorPoints(1'000, 1'000, 1.0), "");
}

}  // namespace
}  // namespace canvass::election
