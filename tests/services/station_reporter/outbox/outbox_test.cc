#include "services/station_reporter/outbox/outbox.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "tests/support/memory_outbox_store.h"
#include "tests/support/seed.h"

namespace canvass::station_reporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kElection[] = "az-2024-presidential";
const absl::Time kNow = absl::FromUnixSeconds(1'707'328'800);
constexpr absl::Duration kSteady = absl::Seconds(100);  // of the clock that waits go by

v1::StationReport Report(const std::string& station_id, int revision = 1, int cast = 510) {
  v1::StationReport report;
  report.set_election_id(kElection);
  report.set_station_id(station_id);
  report.set_revision(revision);
  report.mutable_ballots()->set_ballots_cast(cast);
  return report;
}

v1::Receipt Recorded() {
  v1::Receipt receipt;
  receipt.set_state(v1::RECEIPT_STATE_RECORDED);
  return receipt;
}

v1::Receipt Refused(const std::string& rule) {
  v1::Receipt receipt;
  receipt.set_state(v1::RECEIPT_STATE_REFUSED);
  v1::Finding& finding = *receipt.add_findings();
  finding.set_rule(rule);
  finding.set_severity(v1::SEVERITY_REJECT);
  return receipt;
}

election::ReportKey Key(const std::string& station_id, int revision = 1) {
  return {.election_id = kElection, .station_id = station_id, .revision = revision};
}

class OutboxTest : public ::testing::Test {
 protected:
  explicit OutboxTest(const OutboxLimits& limits = {}) : limits_(limits) { Open(); }

  // As after a crash: only what the store has is left.
  void Open() {
    outbox_.reset();
    auto outbox = Outbox::Open(store_, limits_);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    outbox_ = *std::move(outbox);
    next_number_ = outbox_->last_number() + 1;
  }

  std::vector<absl::StatusOr<v1::Receipt>> Queue(const std::vector<v1::StationReport>& reports) {
    std::vector<NewReport> added;
    for (const v1::StationReport& report : reports) {
      added.push_back(ForOutbox(report, next_number_++, now_));
    }
    return outbox_->Queue(std::move(added), now_);
  }

  // "STATION/REVISION" of each report whose turn it is, and their numbers into `sent_`.
  std::vector<std::string> Take() {
    auto outgoing = outbox_->TakeReady(steady_);
    EXPECT_TRUE(outgoing.ok()) << outgoing.status();
    std::vector<std::string> texts;
    sent_.clear();
    for (const OutgoingReport& each : *outgoing) {
      aggregator::v1::SubmittedReport submitted;
      EXPECT_TRUE(submitted.ParseFromString(each.submitted));
      texts.push_back(
          absl::StrCat(submitted.report().station_id(), "/", submitted.report().revision()));
      sent_.push_back(each.number);
    }
    return texts;
  }

  absl::Status SettleAll(const v1::Receipt& receipt) {
    std::vector<Outcome> outcomes;
    for (const std::int64_t number : sent_) outcomes.push_back({number, receipt});
    return outbox_->Settle(std::move(outcomes), now_, steady_);
  }

  OutboxLimits limits_;
  canvass::testing::MemoryOutboxStore store_;
  std::unique_ptr<Outbox> outbox_;
  std::int64_t next_number_ = 1;
  absl::Time now_ = kNow;
  absl::Duration steady_ = kSteady;
  std::vector<std::int64_t> sent_;
};

TEST_F(OutboxTest, WhatIsQueuedIsDurableBeforeItsReceipt) {
  const auto answers = Queue({Report("s-1"), Report("s-2")});
  ASSERT_THAT(answers, SizeIs(2));
  ASSERT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_EQ(answers[0]->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(answers[0]->key().election_id(), kElection);
  EXPECT_EQ(answers[0]->key().station_id(), "s-1");
  EXPECT_EQ(answers[0]->key().revision(), 1);
  EXPECT_EQ(answers[0]->sequence(), 0);
  EXPECT_EQ(store_.applied(), 1) << "one transaction for both";
  Open();
  EXPECT_TRUE(outbox_->Holds(kElection, "s-1"));
  EXPECT_FALSE(outbox_->Holds(kElection, "s-3"));
  EXPECT_FALSE(outbox_->Holds("other", "s-1"));
  EXPECT_THAT(Take(), ElementsAre("s-1/1", "s-2/1"));
}

TEST_F(OutboxTest, KeepsActorAndTimeOfWhatItSends) {
  Queue({Report("s-1")});
  const auto outgoing = outbox_->TakeReady(steady_ + absl::Hours(1));
  ASSERT_TRUE(outgoing.ok());
  aggregator::v1::SubmittedReport submitted;
  ASSERT_TRUE(submitted.ParseFromString(outgoing->front().submitted));
  EXPECT_EQ(submitted.actor(), "local");
  EXPECT_EQ(submitted.received_at().seconds(), 1'707'328'800);
  EXPECT_EQ(submitted.report().DebugString(), Report("s-1").DebugString());
}

TEST_F(OutboxTest, NothingIsAcknowledgedThatCouldNotBeKept) {
  store_.FailWith(MakeError(reason::kOutboxDiskFull, "the disk is full"));
  const auto answers = Queue({Report("s-1")});
  EXPECT_EQ(DetailOf(answers[0].status()).reason, "OUTBOX_DISK_FULL");
  EXPECT_FALSE(outbox_->Holds(kElection, "s-1"));
  store_.FailWith(absl::OkStatus());
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_TRUE(Queue({Report("s-1")})[0].ok());
}

TEST_F(OutboxTest, TheSameReportIsKeptOnce) {
  Queue({Report("s-1")});
  EXPECT_TRUE(Queue({Report("s-1")})[0].ok());
  const auto twice = Queue({Report("s-2"), Report("s-2")});
  EXPECT_TRUE(twice[0].ok() && twice[1].ok());
  EXPECT_EQ(outbox_->Summary().queued, 2U);
  // Another content under the same key is for the aggregator to judge.
  EXPECT_TRUE(Queue({Report("s-1", 1, 511)})[0].ok());
  EXPECT_EQ(outbox_->Summary().queued, 3U);
}

TEST_F(OutboxTest, TheSameReportTwiceInACallThatFailsIsNotAcknowledged) {
  store_.FailWith(absl::UnavailableError("broken"));
  const auto answers = Queue({Report("s-1"), Report("s-1")});
  EXPECT_FALSE(answers[0].ok());
  EXPECT_FALSE(answers[1].ok());
}

TEST_F(OutboxTest, AStationsReportsGoOneAfterAnother) {
  Queue({Report("s-1", 1), Report("s-1", 2), Report("s-2", 1)});
  Queue({Report("s-1", 3)});
  EXPECT_THAT(Take(), ElementsAre("s-1/1", "s-2/1"));
  EXPECT_THAT(*outbox_->TakeReady(steady_), IsEmpty()) << "they are on their way";
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  EXPECT_TRUE(outbox_->Holds(kElection, "s-1"));
  EXPECT_FALSE(outbox_->Holds(kElection, "s-2"));
  EXPECT_THAT(Take(), ElementsAre("s-1/2"));
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  EXPECT_THAT(Take(), ElementsAre("s-1/3"));
}

TEST_F(OutboxTest, AReportThatCameEarlierGoesEarlierThoughItIsKeptLater) {
  std::vector<NewReport> later;
  later.push_back(ForOutbox(Report("s-1", 2), 8, now_));
  outbox_->Queue(std::move(later), now_);
  std::vector<NewReport> earlier;
  earlier.push_back(ForOutbox(Report("s-1", 1), 7, now_));
  outbox_->Queue(std::move(earlier), now_);
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
  Open();
  EXPECT_EQ(outbox_->last_number(), 8);
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
}

TEST_F(OutboxTest, WhatWasGivenBackIsSentAgain) {
  Queue({Report("s-1", 1), Report("s-1", 2)});
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
  outbox_->GiveBack(sent_);
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
  outbox_->GiveBack({77});  // that there is not
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(OutboxTest, AnAnswerThatSaysNothingIsNone) {
  Queue({Report("s-1")});
  Take();
  ASSERT_TRUE(SettleAll({}).ok());
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
}

TEST_F(OutboxTest, WhatIsRecordedOrHeldLeavesForGood) {
  Queue({Report("s-1"), Report("s-2")});
  Take();
  v1::Receipt held;
  held.set_state(v1::RECEIPT_STATE_HELD);
  ASSERT_TRUE(outbox_->Settle({{sent_[0], Recorded()}, {sent_[1], held}}, now_, steady_).ok());
  EXPECT_EQ(outbox_->Summary().queued, 0U);
  EXPECT_EQ(outbox_->Summary().queued_bytes, 0U);
  EXPECT_EQ(outbox_->Summary().refused, 0U);
  EXPECT_THAT(store_.numbers(), IsEmpty());
  EXPECT_FALSE(outbox_->FindQueued(Key("s-1")));
}

TEST_F(OutboxTest, ARefusalIsShownWithItsFindingsAlsoAfterACrash) {
  Queue({Report("s-1")});
  Take();
  now_ += absl::Minutes(3);
  ASSERT_TRUE(SettleAll(Refused("VOTES_NOT_BALANCED")).ok());
  Open();
  EXPECT_FALSE(outbox_->Holds(kElection, "s-1"));
  const auto refused = outbox_->FindRefused(Key("s-1"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->findings(0).rule(), "VOTES_NOT_BALANCED");
  const auto items = outbox_->List({}, 0, 10);
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].queued_at, kNow);
  EXPECT_EQ(items[0].refused_at, kNow + absl::Minutes(3));
  EXPECT_EQ(outbox_->last_number(), 1) << "numbers are used once";
}

TEST_F(OutboxTest, AnOutcomeThatCannotBeWrittenIsWrittenLater) {
  Queue({Report("s-1"), Report("s-2")});
  Take();
  store_.FailWith(absl::UnavailableError("broken"));
  EXPECT_FALSE(SettleAll(Recorded()).ok());
  EXPECT_TRUE(outbox_->HasUnsaved());
  EXPECT_FALSE(outbox_->Holds(kElection, "s-1")) << "the aggregator has it: nothing waits for it";
  store_.FailWith(absl::OkStatus());
  EXPECT_THAT(store_.numbers(), ElementsAre(1, 2));
  EXPECT_TRUE(outbox_->Settle({}, now_, steady_).ok());
  EXPECT_FALSE(outbox_->HasUnsaved());
  EXPECT_THAT(store_.numbers(), IsEmpty());
}

TEST_F(OutboxTest, ReportsThatCannotBeReadAreTriedAgain) {
  Queue({Report("s-1")});
  store_.FailWith(absl::UnavailableError("broken"));
  EXPECT_FALSE(outbox_->TakeReady(steady_).ok());
  store_.FailWith(absl::OkStatus());
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
}

TEST_F(OutboxTest, ARevisionThatIsEarlyWaitsForItsPredecessor) {
  Queue({Report("s-1", 2)});
  EXPECT_THAT(Take(), ElementsAre("s-1/2"));
  ASSERT_TRUE(SettleAll(Refused("REVISION_GAP")).ok());
  EXPECT_TRUE(outbox_->Holds(kElection, "s-1"));
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_EQ(outbox_->NextTurnAt(), kSteady + absl::Seconds(1));
  steady_ += absl::Seconds(1);
  EXPECT_THAT(Take(), ElementsAre("s-1/2"));
  ASSERT_TRUE(SettleAll(Refused("REVISION_GAP")).ok());
  EXPECT_EQ(outbox_->NextTurnAt(), steady_ + absl::Seconds(2)) << "the wait doubles";
  // Its predecessor comes, and is not held up by it.
  Queue({Report("s-1", 1)});
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  steady_ += absl::Seconds(2);
  EXPECT_THAT(Take(), ElementsAre("s-1/2"));
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  EXPECT_EQ(outbox_->Summary().queued, 0U);
}

TEST_F(OutboxTest, ARevisionThatStaysWithoutAPredecessorIsRefused) {
  Queue({Report("s-1", 2)});
  int sent = 0;
  for (; outbox_->Holds(kElection, "s-1"); ++sent) {
    ASSERT_THAT(Take(), SizeIs(1));
    ASSERT_TRUE(SettleAll(Refused("REVISION_GAP")).ok());
    if (const auto next = outbox_->NextTurnAt()) steady_ = *next;
  }
  // After 0, 1, 3, 7, 15, 31, 63 and 120 seconds.
  EXPECT_EQ(sent, 8);
  EXPECT_EQ(steady_, kSteady + absl::Minutes(2));
  EXPECT_EQ(outbox_->FindRefused(Key("s-1", 2))->findings(0).rule(), "REVISION_GAP");
}

TEST_F(OutboxTest, AReportThatBrokeAnotherRuleAsWellIsNotEarly) {
  Queue({Report("s-1", 2)});
  Take();
  v1::Receipt receipt = Refused("REVISION_GAP");
  *receipt.add_findings() = Refused("VOTES_NOT_BALANCED").findings(0);
  ASSERT_TRUE(SettleAll(receipt).ok());
  EXPECT_FALSE(outbox_->Holds(kElection, "s-1"));
}

TEST_F(OutboxTest, AClockThatIsSetChangesNoWait) {
  Queue({Report("s-1", 2)});
  Take();
  ASSERT_TRUE(SettleAll(Refused("REVISION_GAP")).ok());
  for (const absl::Duration jump : {-absl::Hours(5), absl::Hours(10)}) {
    now_ += jump;
    EXPECT_THAT(Take(), IsEmpty());
    steady_ = *outbox_->NextTurnAt();
    EXPECT_THAT(Take(), ElementsAre("s-1/2"));
    ASSERT_TRUE(SettleAll(Refused("REVISION_GAP")).ok());
    EXPECT_TRUE(outbox_->Holds(kElection, "s-1")) << "its patience has not ended";
  }
}

TEST_F(OutboxTest, FindsTheNewestWhateverTheQuestionLeavesOut) {
  v1::StationReport mayor = Report("s-1", 1);
  mayor.set_contest_id("mayor");
  mayor.set_source_id("office");
  Queue({mayor, Report("s-1", 2)});
  EXPECT_EQ(outbox_->FindQueued(Key("s-1", 0))->key().revision(), 2);
  EXPECT_EQ(outbox_->FindQueued(Key("s-1", 1))->key().contest_id(), "mayor");
  election::ReportKey council = Key("s-1", 1);
  council.contest_id = "council";
  EXPECT_FALSE(outbox_->FindQueued(council));
  council.revision = 2;  // its contest is not known yet
  EXPECT_TRUE(outbox_->FindQueued(council));
  EXPECT_FALSE(outbox_->FindQueued(Key("s-2", 0)));
}

TEST_F(OutboxTest, ListsWhatItKeepsByNumberPageByPage) {
  Queue({Report("s-1"), Report("s-2"), Report("s-3")});
  Take();
  ASSERT_TRUE(outbox_->Settle({{sent_[1], Refused("STATION_UNKNOWN")}}, now_, steady_).ok());
  Queue({Report("s-4")});
  const auto texts = [this](const OutboxFilter& filter, std::int64_t after, std::size_t count) {
    std::vector<std::string> found;
    for (const OutboxItem& item : outbox_->List(filter, after, count)) {
      found.push_back(absl::StrCat(item.number, " ", item.receipt.key().station_id(), " ",
                                   v1::ReceiptState_Name(item.receipt.state()).substr(14)));
    }
    return found;
  };
  EXPECT_THAT(texts({}, 0, 10),
              ElementsAre("1 s-1 QUEUED", "2 s-2 REFUSED", "3 s-3 QUEUED", "4 s-4 QUEUED"));
  EXPECT_THAT(texts({}, 1, 2), ElementsAre("2 s-2 REFUSED", "3 s-3 QUEUED"));
  EXPECT_THAT(texts({.state = v1::RECEIPT_STATE_REFUSED}, 0, 10), ElementsAre("2 s-2 REFUSED"));
  EXPECT_THAT(texts({.state = v1::RECEIPT_STATE_QUEUED}, 3, 10), ElementsAre("4 s-4 QUEUED"));
  EXPECT_THAT(texts({.station_id = "s-3"}, 0, 10), ElementsAre("3 s-3 QUEUED"));
  EXPECT_THAT(texts({.election_id = "other"}, 0, 10), IsEmpty());
  const OutboxSummary summary = outbox_->Summary();
  EXPECT_EQ(summary.queued, 3U);
  EXPECT_EQ(summary.refused, 1U);
  EXPECT_EQ(summary.oldest_queued_at, kNow);
}

TEST_F(OutboxTest, ADamagedReportIsShownAndNeitherSentNorForgotten) {
  Queue({Report("s-1"), Report("s-1", 2), Report("s-2")});
  store_.Damage(1);
  EXPECT_THAT(Take(), ElementsAre("s-2/1")) << "the first one of s-1 has only now been read";
  EXPECT_THAT(Take(), ElementsAre("s-1/2"));
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    EXPECT_EQ(outbox_->Summary().damaged, 1U);
    EXPECT_EQ(outbox_->last_number(), reopened ? 3 : 0) << "numbers are used once";
    const auto receipt = outbox_->FindRefused(Key("s-1"));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->findings(0).rule(), "REPORT_DAMAGED");
    EXPECT_THAT(receipt->findings(0).message(), HasSubstr("report 1 of the outbox"));
    const auto items = outbox_->List({.state = v1::RECEIPT_STATE_REFUSED}, 0, 10);
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(items[0].queued_at, kNow);
    EXPECT_FALSE(items[0].refused_at.has_value());
  }
  // The station sends it again.
  EXPECT_TRUE(Queue({Report("s-1")})[0].ok());
  EXPECT_TRUE(outbox_->Holds(kElection, "s-1"));
  EXPECT_EQ(store_.numbers().front(), 1) << "what was found stays as it was found";
}

class SmallOutboxTest : public OutboxTest {
 protected:
  SmallOutboxTest()
      : OutboxTest({.reports_max = 5,  // 4 of one election
                    .station_reports_max = 2,
                    .refusals_max = 2,
                    .sending_reports_max = 2}) {}
};

TEST_F(SmallOutboxTest, TurnsAwayWhatHasNoRoomAndKeepsTheRest) {
  const auto answers = Queue(
      {Report("s-1"), Report("s-2"), Report("s-3"), Report("s-4"), Report("s-5"), Report("s-1")});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(answers[static_cast<std::size_t>(i)].ok());
  EXPECT_EQ(answers[4].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(answers[4].status()).reason, "OUTBOX_FULL");
  EXPECT_GT(DetailOf(answers[4].status()).retry_after_ms, 0);
  EXPECT_TRUE(answers[5].ok()) << "it is kept already";
  Take();
  ASSERT_TRUE(SettleAll(Recorded()).ok());
  EXPECT_TRUE(Queue({Report("s-5")})[0].ok());
}

TEST_F(SmallOutboxTest, BehindAReportThatWasTurnedAwayComesNone) {
  const auto answers = Queue({Report("s-1", 1), Report("s-1", 2), Report("s-1", 3), Report("s-2")});
  EXPECT_TRUE(answers[1].ok());
  EXPECT_EQ(DetailOf(answers[2].status()).reason, "OUTBOX_FULL");
  EXPECT_FALSE(answers[3].ok());
}

TEST_F(SmallOutboxTest, SendsAFewAtATime) {
  Queue({Report("s-1"), Report("s-2"), Report("s-3")});
  EXPECT_THAT(Take(), ElementsAre("s-1/1", "s-2/1"));
  ASSERT_TRUE(outbox_->Settle({{sent_[0], Recorded()}}, now_, steady_).ok());
  EXPECT_THAT(Take(), ElementsAre("s-3/1"));
}

TEST_F(SmallOutboxTest, KeepsTheNewestRefusals) {
  for (int i = 1; i <= 4; ++i) {
    Queue({Report(absl::StrCat("s-", i))});
    Take();
    ASSERT_TRUE(SettleAll(Refused("STATION_UNKNOWN")).ok());
  }
  EXPECT_FALSE(outbox_->FindRefused(Key("s-2")));
  EXPECT_TRUE(outbox_->FindRefused(Key("s-3")));
  Open();
  EXPECT_EQ(outbox_->Summary().refused, 2U);
  EXPECT_TRUE(outbox_->FindRefused(Key("s-4")));
}

class NarrowOutboxTest : public OutboxTest {
 protected:
  NarrowOutboxTest() : OutboxTest({.bytes_max = 266, .sending_bytes_max = 1}) {}
};

TEST_F(NarrowOutboxTest, CountsBytesAndSendsOneReportHoweverLarge) {
  const auto answers = Queue({Report("s-1"), Report("s-2"), Report("s-3"), Report("s-4")});
  EXPECT_TRUE(answers[0].ok());
  EXPECT_EQ(DetailOf(answers[3].status()).reason, "OUTBOX_FULL");
  EXPECT_THAT(Take(), ElementsAre("s-1/1"));
}

// Reports of a few stations against an aggregator that records, loses answers and calls early what
// is early, with crashes in between: each revision is recorded once, in order.
class OutboxScheduleTest : public OutboxTest,
                           public ::testing::WithParamInterface<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, OutboxScheduleTest,
                         ::testing::ValuesIn(canvass::testing::SeedsToTry(20)));

TEST_P(OutboxScheduleTest, EachStationsRevisionsAreRecordedInOrder) {
  std::mt19937_64 random(GetParam());
  constexpr int kStations = 4;
  constexpr int kRevisions = 6;
  std::vector<int> next(kStations, 1);
  std::vector<int> recorded(kStations, 0);
  const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
  int steps = 0;
  const auto finished = [&] {
    return recorded == std::vector<int>(kStations, kRevisions) && outbox_->Summary().queued == 0;
  };
  for (; !finished() && steps < 10'000; ++steps) {
    steady_ += absl::Milliseconds(static_cast<std::int64_t>(random() % 500));
    const auto station = static_cast<std::size_t>(random() % kStations);
    if (next[station] <= kRevisions && chance(50)) {
      store_.FailWith(chance(20) ? absl::UnavailableError("broken") : absl::OkStatus());
      const auto answers = Queue({Report(absl::StrCat(station), next[station])});
      if (answers[0].ok()) ++next[station];
      store_.FailWith(absl::OkStatus());
    }
    Take();
    for (const std::int64_t number : sent_) {
      const OutboxItem item = outbox_->List({}, number - 1, 1).front();
      const auto of = static_cast<std::size_t>(std::stoi(item.receipt.key().station_id()));
      const int revision = item.receipt.key().revision();
      ASSERT_LE(revision, recorded[of] + 1) << "came before its predecessor";
      if (chance(20)) {
        outbox_->GiveBack({number});
        continue;
      }
      recorded[of] = std::max(recorded[of], revision);
      if (chance(20)) {  // the answer is lost
        outbox_->GiveBack({number});
      } else {
        store_.FailWith(chance(20) ? absl::UnavailableError("broken") : absl::OkStatus());
        outbox_->Settle({{number, Recorded()}}, now_, steady_).IgnoreError();
        store_.FailWith(absl::OkStatus());
      }
    }
    if (chance(5)) Open();
  }
  EXPECT_TRUE(finished()) << "after " << steps << " steps";
}

}  // namespace
}  // namespace canvass::station_reporter
