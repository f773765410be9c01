#include "services/aggregator/writer/refused_reports.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::ReportBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Refusal RefusalOf(const std::string& station_id, election::Rule rule, std::string actor = "clerk") {
  Refusal refusal{.report = ReportBuilder().WithStation(station_id).Build(),
                  .actor = std::move(actor)};
  refusal.findings.push_back({.rule = rule, .severity = election::Severity::kReject});
  return refusal;
}

std::vector<std::string> StationsOf(const std::vector<RefusedReports::Numbered>& listed) {
  std::vector<std::string> stations;
  for (const auto& each : listed) stations.push_back(each.refusal->report.station_id);
  return stations;
}

TEST(RefusedReportsTest, ListsTheNewestFirstPageByPage) {
  RefusedReports refused;
  for (const char* station : {"s-1", "s-2", "s-3"}) {
    refused.Add(RefusalOf(station, election::Rule::kVotesNotBalanced));
  }
  const auto first = refused.List("e-1", {}, 0, 2);
  EXPECT_THAT(StationsOf(first), ElementsAre("s-3", "s-2"));
  EXPECT_THAT(StationsOf(refused.List("e-1", {}, first.back().number, 2)), ElementsAre("s-1"));
  EXPECT_THAT(refused.List("e-2", {}, 0, 2), IsEmpty());
}

TEST(RefusedReportsTest, Filters) {
  RefusedReports refused;
  refused.Add(RefusalOf("s-1", election::Rule::kVotesNotBalanced));
  refused.Add(RefusalOf("s-2", election::Rule::kRevisionConflict));
  EXPECT_THAT(StationsOf(refused.List("e-1", {.rule = "REVISION_CONFLICT"}, 0, 9)),
              ElementsAre("s-2"));
  EXPECT_THAT(StationsOf(refused.List("e-1", {.station_id = "s-1"}, 0, 9)), ElementsAre("s-1"));
  EXPECT_THAT(refused.List("e-1", {.source_id = "observers"}, 0, 9), IsEmpty());
}

TEST(RefusedReportsTest, KeepsTheNewestOfEachActor) {
  RefusedReports refused;
  refused.Add(RefusalOf("s-of-another", election::Rule::kVotesNotBalanced, "another clerk"));
  for (std::size_t i = 0; i <= RefusedReports::kKeptPerActorMax; ++i) {
    refused.Add(RefusalOf("s-" + std::to_string(i), election::Rule::kVotesNotBalanced));
  }
  const auto listed = refused.List("e-1", {}, 0, 9'999);
  ASSERT_THAT(listed, SizeIs(RefusedReports::kKeptPerActorMax + 1));
  EXPECT_EQ(listed[RefusedReports::kKeptPerActorMax - 1].refusal->report.station_id, "s-1");
  EXPECT_EQ(listed.back().refusal->report.station_id, "s-of-another");
}

TEST(RefusedReportsTest, KeepsSoManyOfAnElectionWhateverActorsCallThemselves) {
  RefusedReports refused;
  for (std::size_t i = 0; i <= RefusedReports::kKeptPerElectionMax; ++i) {
    refused.Add({.report = {.election_id = "e-1"}, .actor = std::to_string(i)});
  }
  const auto listed = refused.List("e-1", {}, 0, RefusedReports::kKeptPerElectionMax + 9);
  ASSERT_THAT(listed, SizeIs(RefusedReports::kKeptPerElectionMax));
  EXPECT_EQ(listed.back().refusal->actor, "1");
}

// With 1 MB of candidates' names.
Refusal LargeRefusal(const std::string& station_id) {
  Refusal refusal = RefusalOf(station_id, election::Rule::kCandidateUnknown);
  election::BallotCount ballots;
  for (int i = 0; i < 1'000; ++i) {
    ballots.votes.push_back({.candidate_id = std::string(1'000, 'x'), .count = 1});
  }
  refusal.report.count = std::move(ballots);
  return refusal;
}

TEST(RefusedReportsTest, KeepsSoManyBytesOfAnActorAndAlwaysTheNewest) {
  const std::size_t bytes = BytesOf(LargeRefusal("s-1"));
  EXPECT_GT(bytes, 1'000'000U);
  RefusedReports refused;
  refused.Add(RefusalOf("s-of-another", election::Rule::kVotesNotBalanced, "another clerk"));
  for (int i = 1; i <= 20; ++i) refused.Add(LargeRefusal("s-" + std::to_string(i)));
  const auto listed = refused.List("e-1", {}, 0, 99);
  ASSERT_THAT(listed, SizeIs(RefusedReports::kBytesPerActorMax / bytes + 1));
  EXPECT_EQ(listed.front().refusal->report.station_id, "s-20");
  EXPECT_EQ(listed.back().refusal->report.station_id, "s-of-another");
}

TEST(RefusedReportsTest, KeepsSoManyBytesOfAnElection) {
  const std::size_t bytes = BytesOf(LargeRefusal("s-1")) + 2;
  RefusedReports refused;
  for (int i = 100; i < 300; ++i) {
    Refusal refusal = LargeRefusal("s-1");
    refusal.actor = std::to_string(i) + "-clerk";
    refused.Add(std::move(refusal));
  }
  const std::size_t kept = refused.List("e-1", {}, 0, 999).size();
  EXPECT_LE(kept, RefusedReports::kBytesPerElectionMax / (bytes - 9));
  EXPECT_GE(kept, RefusedReports::kBytesPerElectionMax / (bytes + 9));
}

TEST(RefusedReportsTest, UnknownElectionsAreOne) {
  RefusedReports refused;
  for (std::size_t i = 0; i <= RefusedReports::kKeptPerActorMax; ++i) {
    Refusal refusal = RefusalOf("s-1", election::Rule::kElectionUnknown);
    refusal.report.election_id = "typing-error-" + std::to_string(i);
    refused.Add(std::move(refusal));
  }
  EXPECT_THAT(refused.List("", {}, 0, 9'999), SizeIs(RefusedReports::kKeptPerActorMax));
  EXPECT_THAT(refused.List("typing-error-7", {}, 0, 9), IsEmpty());
}

TEST(DropOldTest, LeavesOfEachElectionAndActorWhatIsKept) {
  std::vector<Refusal> refusals = {RefusalOf("s-other", election::Rule::kNoBallots, "other")};
  for (std::size_t i = 1; i <= RefusedReports::kKeptPerActorMax + 5; ++i) {
    refusals.push_back(RefusalOf("s-" + std::to_string(i), election::Rule::kVotesNotBalanced));
  }
  EXPECT_GT(DropOld(refusals), 0U);
  ASSERT_THAT(refusals, SizeIs(RefusedReports::kKeptPerActorMax + 1));
  EXPECT_EQ(refusals[0].report.station_id, "s-other");
  EXPECT_EQ(refusals[1].report.station_id, "s-6");
  EXPECT_EQ(refusals.back().report.station_id, "s-1005");

  refusals.assign(20, LargeRefusal("s-1"));
  EXPECT_LE(DropOld(refusals), RefusedReports::kBytesPerActorMax);
  EXPECT_THAT(refusals, SizeIs(RefusedReports::kBytesPerActorMax / BytesOf(refusals[0])));
}

TEST(RefusedReportsTest, CutsWhatIsKeptAtTheEndOfACharacter) {
  Refusal refusal = RefusalOf("s-1", election::Rule::kTextInvalid);
  // 999 bytes, then a letter of two.
  refusal.report.reason = std::string(999, 'x') + "ə and more";
  refusal.report.contest_id = std::string("a\0b", 3);
  refusal.report.documents.resize(RefusedReports::kListItemsMax + 1);
  refusal.findings[0].subject = std::string(5'000, 'y');
  const Refusal kept = WithinLimits(refusal);
  EXPECT_EQ(kept.report.reason, std::string(999, 'x'));
  EXPECT_EQ(kept.report.contest_id, "a b");
  EXPECT_THAT(kept.report.documents, SizeIs(RefusedReports::kListItemsMax));
  EXPECT_EQ(kept.findings[0].subject, std::string(1'000, 'y'));
}

}  // namespace
}  // namespace canvass::aggregator
