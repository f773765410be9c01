#include "services/aggregator/writer/backlog.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/index.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/write_request.h"
#include "tests/services/aggregator/writer/writer_stage.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kGroupMax = 200;

// A backlog over the committed definition of an election with many stations.
class BacklogTest : public ::testing::Test {
 protected:
  BacklogTest() {
    stage_.Start();
    EXPECT_TRUE(stage_.Define(ElectionOf(1'000).Request()).get().ok());
  }

  // One message of reports on stations `first` to `last`.
  void Add(std::uint64_t stream, int first, int last, int revision = 1) {
    AddFrom({.number = stream}, first, last, revision);
  }

  void AddFrom(const WriteStream& stream, int first, int last, int revision = 1) {
    PendingReports pending{.reports = {}, .done = [](const auto& /*receipts*/) {}};
    for (int station = first; station <= last; ++station) {
      pending.reports.push_back({.report = ReportOf(station).WithRevision(revision).Build()});
    }
    backlog_.Add(
        std::make_unique<WriteRequest>(WriteRequest{.what = std::move(pending), .stream = stream}));
  }

  std::unique_ptr<GatheredGroup> Gather(const GatheredGroup* before = nullptr) {
    auto gathered = std::make_unique<GatheredGroup>(before, options_.new_nonce);
    gathered->group.SetTime(stage_.clock.Now());
    stage_.committed.Reading([&](const CommittedLedgers::Contents& committed) {
      backlog_.Gather(committed, limits_, *gathered);
    });
    return gathered;
  }

  // How many reports of each stream are in the group.
  static std::map<std::uint64_t, int> Shares(const GatheredGroup& gathered) {
    std::map<std::uint64_t, int> shares;
    for (const ReportPlace& place : gathered.places) ++shares[place.request->stream.number];
    return shares;
  }

  WriterStage stage_;
  const WriterOptions options_{};
  GroupLimits limits_{.reports_max = kGroupMax, .bytes_max = options_.group_bytes_max};
  Backlog backlog_;
};

TEST_F(BacklogTest, StreamsShareAGroup) {
  Add(1, 1, 900);
  Add(2, 901, 905);
  Add(3, 906, 1'000);
  const auto group = Gather();
  EXPECT_EQ(group->places.size(), kGroupMax);
  std::map<std::uint64_t, int> shares = Shares(*group);
  EXPECT_EQ(shares[2], 5);
  EXPECT_GE(shares[3], 64);
  EXPECT_GE(shares[1], 64);
}

// Whoever opens more streams gets no more of a group.
TEST_F(BacklogTest, CallersShareAGroup) {
  for (int stream = 1; stream <= 9; ++stream) {
    AddFrom({.caller = "many", .number = Index(stream)}, 90 * stream - 89, 90 * stream);
  }
  AddFrom({.caller = "one", .number = 10}, 811, 950);
  std::map<std::uint64_t, int> shares = Shares(*Gather());
  EXPECT_GE(shares[10], 64);
  EXPECT_EQ(shares.size(), 3);  // two streams of the other caller
}

// A group may be full before each stream had its turn, and the next one begins with the others.
TEST_F(BacklogTest, TurnsGoOnWhereTheLastGroupEnded) {
  for (int stream = 1; stream <= 10; ++stream) Add(stream, 100 * stream - 99, 100 * stream);
  std::map<std::uint64_t, int> shares;
  std::vector<std::unique_ptr<GatheredGroup>> groups;
  const auto gather = [&] {
    groups.push_back(Gather(groups.empty() ? nullptr : groups.back().get()));
    for (const auto& [stream, share] : Shares(*groups.back())) shares[stream] += share;
  };
  // Each group has room for three turns, and a rest.
  for (int i = 0; i < 3; ++i) gather();
  EXPECT_EQ(shares.size(), 10);
  for (const auto& [stream, share] : shares) EXPECT_GE(share, 8) << stream;
  for (int i = 0; i < 2; ++i) gather();
  for (const auto& [stream, share] : shares) EXPECT_EQ(share, 100) << stream;
}

TEST_F(BacklogTest, AGroupIsFullWhenItHoldsEnoughMemory) {
  Add(1, 1, 100);
  Add(2, 101, 200);
  limits_.bytes_max = 1;
  EXPECT_EQ(Gather()->places.size(), 1);
  limits_.bytes_max = 35'000;
  const auto group = Gather();
  EXPECT_GE(group->group.bytes(), limits_.bytes_max);
  EXPECT_LT(group->group.bytes(), limits_.bytes_max + 2'000);
  EXPECT_THAT(Shares(*group), UnorderedElementsAre(Pair(1, 64), Pair(2, Gt(30))));
}

TEST_F(BacklogTest, AReportOnATouchedStationWaitsAlone) {
  Add(1, 1, 3);
  Add(1, 1, 4, /*revision=*/2);
  Add(2, 2, 5);
  const auto first = Gather();
  // Revision 2 of station 4 has no revision 1, so it is refused, and touches nothing.
  EXPECT_THAT(Shares(*first), UnorderedElementsAre(Pair(1, 4), Pair(2, 2)));
  const auto second = Gather(first.get());
  EXPECT_TRUE(second->places.empty());
}

// Those that wait for one that is recorded wait; what is refused keeps nobody waiting.
TEST_F(BacklogTest, OfThoseThatWaitAllJoinUpToOneThatIsRecorded) {
  Add(1, 1, 1);
  for (int i = 0; i < 5; ++i) Add(1, 1, 1, /*revision=*/7);
  Add(1, 1, 1, /*revision=*/2);
  Add(1, 1, 1, /*revision=*/3);
  const auto first = Gather();
  ASSERT_EQ(first->places.size(), 1);
  stage_.committed.Fold(std::move(first->group.transaction()));
  const auto second = Gather();
  ASSERT_EQ(second->places.size(), 6);
  EXPECT_EQ(second->group.receipts()[4].state, ReceiptState::kRefused);
  EXPECT_EQ(second->group.receipts()[5].state, ReceiptState::kRecorded);
}

TEST_F(BacklogTest, RewindingOffersEverythingThatIsNotAnswered) {
  Add(1, 1, 2);
  Add(1, 1, 1, /*revision=*/2);
  const auto first = Gather();
  ASSERT_EQ(first->places.size(), 2);
  auto& pending = std::get<PendingReports>(first->places[0].request->what);
  pending.AddReceipt(0, first->group.receipts()[0]);
  backlog_.Rewind();
  const auto again = Gather();
  ASSERT_EQ(again->places.size(), 2);
  EXPECT_EQ(again->places[0].index, 1);
  EXPECT_NE(again->places[1].request, again->places[0].request);
}

TEST_F(BacklogTest, ADecisionWaitsForItsStreamAlone) {
  Add(1, 1, 1);
  backlog_.Add(std::make_unique<WriteRequest>(
      WriteRequest{.what = PendingDecision{}, .stream = {.number = 1}}));
  Add(1, 2, 2);
  Add(2, 3, 3);
  EXPECT_EQ(backlog_.NextDecision(), nullptr);
  const auto group = Gather();
  EXPECT_THAT(Shares(*group), UnorderedElementsAre(Pair(1, 1), Pair(2, 1)));
  backlog_.Remove(*group->places[0].request);
  WriteRequest* const decision = backlog_.NextDecision();
  ASSERT_NE(decision, nullptr);
  backlog_.Remove(*decision);
  EXPECT_THAT(Shares(*Gather()), ElementsAre(Pair(1, 1)));
}

TEST_F(BacklogTest, CallersTakeTurnsWithDecisions) {
  const auto add = [this](const char* caller) {
    backlog_.Add(std::make_unique<WriteRequest>(
        WriteRequest{.what = PendingDecision{}, .stream = {.caller = caller}}));
  };
  for (int i = 0; i < 3; ++i) add("many");
  add("one");
  std::vector<std::string> callers;
  while (WriteRequest* const next = backlog_.NextDecision()) {
    callers.push_back(backlog_.Remove(*next)->stream.caller);
  }
  EXPECT_THAT(callers, ElementsAre("many", "one", "many", "many"));
}

}  // namespace
}  // namespace canvass::aggregator
