#include "services/station_reporter/outbox/outbox_shares.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace canvass::station_reporter {
namespace {

constexpr std::uint64_t kImport = 1;
constexpr std::uint64_t kClerk = 2;

// Of 32 reports or 3 200 bytes an election may have 24 or 2 400, unknown ones 2 or 200.
constexpr OutboxLimits kSmall = {.reports_max = 32, .bytes_max = 3'200};

QueuedReport Of(std::uint64_t caller, const std::string& election_id, std::size_t bytes = 1) {
  return {.key = {.election_id = election_id}, .bytes = bytes, .caller = caller};
}

class OutboxSharesTest : public ::testing::Test {
 protected:
  // How many of these reports find room. Adds them.
  int Fill(const QueuedReport& report) {
    int added = 0;
    while ((last_ = shares_.CheckRoom(report)).ok()) {
      shares_.Add(report);
      ++added;
    }
    EXPECT_EQ(DetailOf(last_).reason, "OUTBOX_FULL");
    return added;
  }

  // A number of the last error, or its limit.
  std::string Last(const std::string& name) const {
    for (const auto& [key, value] : DetailOf(last_).metadata) {
      if (key == name) return value;
    }
    return "";
  }
  std::string Limit() const { return Last("limit"); }

  OutboxShares shares_{kSmall};
  absl::Status last_;
};

TEST_F(OutboxSharesTest, ACallerMayHaveAsMuchAsItLeavesFree) {
  EXPECT_EQ(Fill(Of(kImport, "a")), 16);
  EXPECT_EQ(Limit(), "caller");
  EXPECT_EQ(Fill(Of(kClerk, "a")), 8);
  EXPECT_EQ(Fill(Of(3, "b")), 4) << "what an election leaves is for another one";
}

TEST_F(OutboxSharesTest, BytesAreSharedAsReportsAre) {
  EXPECT_EQ(Fill(Of(kImport, "a", 400)), 4);
  EXPECT_EQ(Limit(), "caller");
  EXPECT_EQ(Last("bytes_queued"), "1600");
  EXPECT_EQ(Last("bytes_max"), "1600");
}

TEST_F(OutboxSharesTest, ReportsFromBeforeTheStartAreNobodys) {
  EXPECT_EQ(Fill(Of(kNobody, "a")), 24);
  EXPECT_EQ(Limit(), "election");
  EXPECT_EQ(Fill(Of(kNobody, "b")), 8);
  EXPECT_EQ(Limit(), "outbox");
}

TEST_F(OutboxSharesTest, WhatLeavesMakesRoom) {
  const QueuedReport report = Of(kImport, "a");
  Fill(report);
  shares_.Remove(report);
  EXPECT_EQ(Fill(report), 1);
  for (int i = 0; i < 16; ++i) shares_.Remove(report);
  EXPECT_EQ(shares_.all().reports, 0U);
  EXPECT_EQ(shares_.all().bytes, 0U);
  EXPECT_EQ(Fill(report), 16);
}

TEST_F(OutboxSharesTest, UnknownElectionsShareASmallPart) {
  shares_.Add(Of(kNobody, "made up 1"));
  shares_.Know({"a"});
  EXPECT_EQ(Fill(Of(kImport, "made up 2")), 1);
  EXPECT_EQ(Limit(), "unknown_elections");
  EXPECT_EQ(Fill(Of(kImport, "a")), 15) << "with the one of the unknown election half of it";
  shares_.Know({"made up 1"});
  EXPECT_EQ(Fill(Of(kClerk, "made up 2")), 1) << "one is known now and leaves its room";
}

}  // namespace
}  // namespace canvass::station_reporter
