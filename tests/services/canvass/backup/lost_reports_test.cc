#include "services/canvass/backup/lost_reports.h"

#include <string>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kList[] =
    "station_id,area_id,name,state,revision,sequence,ballots_cast,note\n"
    "n-1,north,\"Hall, north\",counted,1,3,53,\n"
    "n-2,north,,counted,2,7,18,\n"
    "n-3,north,,missing,,,,\n"
    "s-1,south,,held,1,5,18,\n";

TEST(LostReportsTest, AreThoseAfterTheEndOfTheLedger) {
  const auto lost = FindLostReports(kList, 4);
  ASSERT_TRUE(lost.ok()) << lost.status();
  EXPECT_THAT(*lost, ElementsAre(LostReport{"n-2", 2, 7}, LostReport{"s-1", 1, 5}));
  EXPECT_EQ(FindLostReports(kList, 7)->size(), 0);
}

TEST(LostReportsTest, AnotherFileIsNoListOfStations) {
  const auto other = FindLostReports("station,votes\nn-1,3\n", 4);
  EXPECT_EQ(DetailOf(other.status()).reason, "COLUMN_UNKNOWN");
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("no column \"station_id\""));
  EXPECT_EQ(DetailOf(FindLostReports("", 4).status()).reason, "CSV_EMPTY");
  const auto no_count = FindLostReports("station_id,revision,sequence\nn-1,one,3\n", 4);
  EXPECT_EQ(DetailOf(no_count.status()).reason, "NUMBER_MALFORMED");
  EXPECT_THAT(std::string(no_count.status().message()), HasSubstr("Line 2"));
  EXPECT_EQ(DetailOf(FindLostReports("station_id,revision,sequence\nn-1,1\n", 4).status()).reason,
            "CSV_FIELD_COUNT");
}

}  // namespace
}  // namespace canvass::cli
