#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/station_reporter/outbox/sqlite_outbox_store.h"
#include "tests/services/station_reporter/station_reporter_fixture.h"
#include "tests/support/forged_page_token.h"

// What a reporter with an outbox does while its aggregator is away.
namespace canvass::station_reporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::SizeIs;

class StationReporterOutboxTest : public StationReporterTest {
 protected:
  // Long enough for an aggregator that is there, however busy the machine.
  explicit StationReporterOutboxTest(absl::Duration answer_within = kPatience)
      : StationReporterTest(std::in_place, {.answer_within = answer_within}) {}

  // The next aggregator serves at the same address.
  void StopAggregator() {
    address_ = aggregator_->address();
    aggregator_.reset();
  }
  void StartAggregator() { aggregator_ = std::make_unique<FakeAggregator>(address_); }

  std::vector<std::string> StationsReceived() const {
    std::vector<std::string> stations;
    for (const auto& submitted : aggregator_->received()) {
      stations.push_back(
          absl::StrCat(submitted.report().station_id(), "/", submitted.report().revision()));
    }
    return stations;
  }

  // The reporter stops meanwhile, and has them in its file.
  void WaitUntilKnown(std::size_t elections) {
    const absl::Time until = absl::Now() + kPatience;
    std::size_t known = 0;
    while (known < elections && absl::Now() < until) {
      StartReporter(aggregator_->address());
      WaitUntilServing();
      reporter_.reset();
      const auto store = SqliteOutboxStore::Open(outbox_.file);
      ASSERT_TRUE(store.ok()) << store.status();
      known = (*store)->Read()->elections.size();
    }
    ASSERT_EQ(known, elections);
  }

  void WaitUntilEmpty() {
    const absl::Time until = absl::Now() + kPatience;
    while (ListOutbox()->summary().reports_queued() > 0 && absl::Now() < until) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    EXPECT_EQ(ListOutbox()->summary().reports_queued(), 0);
  }

  std::string address_;
};

v1::StationReport Revision(const std::string& station_id, int revision) {
  v1::StationReport report = CleanReport(station_id);
  report.set_revision(revision);
  return report;
}

TEST_F(StationReporterOutboxTest, IsUnusedWhileTheAggregatorAnswers) {
  WaitUntilServing();
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_RECORDED);
  EXPECT_EQ(Submit(CleanReport("bad-1")).status().code(), absl::StatusCode::kInvalidArgument);
  const auto listed = ListOutbox();
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_THAT(listed->reports(), SizeIs(0));
  EXPECT_TRUE(listed->summary().aggregator_reached());
}

TEST_F(StationReporterOutboxTest, KeepsReportsWhileTheAggregatorIsAwayAndSendsThemInOrder) {
  WaitUntilServing();
  StopAggregator();
  const auto receipt = Submit(Revision("s-1", 1));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(receipt->key().station_id(), "s-1");
  EXPECT_EQ(Submit(Revision("s-1", 2))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("bad-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(GetReceipt("az-2024-presidential", "s-1")->key().revision(), 2);
  EXPECT_TRUE(IsServing()) << "it takes reports all the same";
  // A validation is not kept.
  EXPECT_EQ(DetailOf(Submit(CleanReport("s-2"), /*validate_only=*/true).status()).reason,
            "AGGREGATOR_UNREACHABLE");
  StartAggregator();
  WaitUntilEmpty();
  EXPECT_THAT(StationsReceived(), ElementsAre("s-1/1", "bad-1/0", "s-1/2"));
  const auto listed = ListOutbox();
  ASSERT_THAT(listed->reports(), SizeIs(1));
  EXPECT_EQ(listed->reports(0).receipt().state(), v1::RECEIPT_STATE_REFUSED);
  EXPECT_EQ(listed->reports(0).receipt().findings(0).rule(), "VOTES_NOT_BALANCED");
  EXPECT_EQ(listed->reports(0).queued_at().seconds(), 1'707'328'800);
  EXPECT_EQ(Submit(CleanReport("s-3"))->state(), v1::RECEIPT_STATE_RECORDED);
}

// What never reached the ledger is not sealed, so whoever submitted it hears what became of it.
TEST_F(StationReporterOutboxTest, TellsUnderEmbargoWhatWasRefused) {
  WaitUntilServing();
  StopAggregator();
  EXPECT_EQ(Submit(CleanReport("bad-sealed"))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("s-sealed"))->state(), v1::RECEIPT_STATE_QUEUED);
  StartAggregator();
  WaitUntilEmpty();
  EXPECT_EQ(GetReceipt("az-2024-presidential", "bad-sealed")->state(), v1::RECEIPT_STATE_REFUSED);
  const absl::Status sealed = GetReceipt("az-2024-presidential", "s-sealed").status();
  EXPECT_EQ(DetailOf(sealed).reason, "SOURCE_EMBARGOED");
}

class StationReporterImpatientTest : public StationReporterOutboxTest {
 protected:
  StationReporterImpatientTest() : StationReporterOutboxTest(absl::Milliseconds(300)) {}
};

TEST_F(StationReporterImpatientTest, WhatIsNotAnsweredInTimeIsKeptAndWhatFollowsComesBehind) {
  WaitUntilServing();
  aggregator_->Pause();
  EXPECT_EQ(Submit(Revision("s-1", 1))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(Revision("s-1", 2))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("s-2"))->state(), v1::RECEIPT_STATE_QUEUED);
  aggregator_->Resume();
  WaitUntilEmpty();
  std::vector<std::string> of_first;
  for (const std::string& each : StationsReceived()) {
    if (each.front() == 's' && each[2] == '1') of_first.push_back(each);
  }
  // Twice the first, which was on its way when the time was over.
  EXPECT_THAT(of_first, ElementsAre("s-1/1", "s-1/1", "s-1/2"));
}

TEST_F(StationReporterOutboxTest, ABrokenStreamPutsWhatWasOnItsWayIntoTheOutbox) {
  WaitUntilServing();
  aggregator_->Pause();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send({Revision("s-1", 1), CleanReport("s-2"), Revision("s-1", 2)}));
  ASSERT_TRUE(aggregator_->WaitForReports(2));  // the second one of s-1 waits for the first
  aggregator_->BreakStreams();
  const std::vector<v1::Receipt> receipts = stream.Receive(3);
  ASSERT_THAT(receipts, SizeIs(3));
  for (const v1::Receipt& receipt : receipts) {
    EXPECT_EQ(receipt.state(), v1::RECEIPT_STATE_QUEUED);
  }
  EXPECT_EQ(receipts[1].key().station_id(), "s-2");
  aggregator_->Resume();
  WaitUntilEmpty();
  ASSERT_TRUE(stream.Send({CleanReport("s-4"), CleanReport("bad-5")}));
  stream.HalfClose();
  const std::vector<v1::Receipt> later = stream.Receive(2);
  ASSERT_THAT(later, SizeIs(2));
  EXPECT_EQ(later[0].state(), v1::RECEIPT_STATE_RECORDED);
  EXPECT_EQ(later[1].state(), v1::RECEIPT_STATE_REFUSED);
  EXPECT_TRUE(stream.Receive(1).empty());
  EXPECT_EQ(stream.Finish(), absl::OkStatus());
}

TEST_F(StationReporterOutboxTest, ANewReporterGoesOnWithTheFile) {
  WaitUntilServing();
  StopAggregator();
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(Submit(CleanReport("bad-1"))->state(), v1::RECEIPT_STATE_QUEUED);
  StartReporter(address_);
  EXPECT_EQ(GetReceipt("az-2024-presidential", "s-1")->state(), v1::RECEIPT_STATE_QUEUED);
  StartAggregator();
  WaitUntilEmpty();
  StartReporter(address_);
  const auto listed = ListOutbox();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->reports(), SizeIs(1));
  EXPECT_EQ(listed->reports(0).receipt().key().station_id(), "bad-1");
}

TEST_F(StationReporterOutboxTest, AFullOutboxTurnsAwayAndEndsStreams) {
  outbox_.limits.reports_max = 4;  // a caller may have half
  StartReporter(aggregator_->address());
  WaitUntilServing();
  StopAggregator();
  ClientStream stream(*stub_);
  ASSERT_TRUE(stream.Send(
      {CleanReport("s-1"), CleanReport("s-2"), CleanReport("s-3"), CleanReport("s-4")}));
  EXPECT_THAT(stream.Receive(4), SizeIs(2));
  const absl::Status status = stream.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(status).reason, "OUTBOX_FULL");
  EXPECT_EQ(DetailOf(Submit(CleanReport("s-5")).status()).reason, "OUTBOX_FULL");
  EXPECT_EQ(Submit(CleanReport("s-1"))->state(), v1::RECEIPT_STATE_QUEUED) << "it is there already";
}

TEST_F(StationReporterOutboxTest, ElectionsThatTheAggregatorDoesNotHaveGetASmallPartOnly) {
  outbox_.limits.reports_max = 32;  // 2 of unknown elections
  const std::string address = aggregator_->address();
  aggregator_.reset();
  aggregator_ = std::make_unique<FakeAggregator>(
      address, std::vector<std::string>{"other", "az-2024-presidential"});
  WaitUntilKnown(2);
  StopAggregator();
  StartReporter(address);
  const auto submit = [this](const std::string& election_id, int number) {
    v1::StationReport report = CleanReport(absl::StrCat("s-", number));
    report.set_election_id(election_id);
    return Submit(report);
  };
  EXPECT_EQ(submit("made up", 1)->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(submit("made up", 2)->state(), v1::RECEIPT_STATE_QUEUED);
  const absl::Status full = submit("made up", 3).status();
  EXPECT_EQ(DetailOf(full).reason, "OUTBOX_FULL");
  EXPECT_THAT(DetailOf(full).metadata,
              IsSupersetOf({Pair("limit", "unknown_elections"), Pair("reports_max", "2")}));
  EXPECT_EQ(DetailOf(submit("made up too", 1).status()).reason, "OUTBOX_FULL");
  EXPECT_EQ(submit("other", 1)->state(), v1::RECEIPT_STATE_QUEUED);
  EXPECT_EQ(submit("az-2024-presidential", 1)->state(), v1::RECEIPT_STATE_QUEUED);
}

TEST_F(StationReporterOutboxTest, ACallerLeavesRoomForOthers) {
  outbox_.limits.reports_max = 8;
  StartReporter(aggregator_->address());
  WaitUntilServing();
  StopAggregator();
  int kept = 0;
  absl::Status full;
  for (; full.ok() && kept < 100; ++kept) {
    full = Submit(CleanReport(absl::StrCat("s-", kept))).status();
  }
  EXPECT_EQ(kept - 1, 4) << "half of it";
  EXPECT_THAT(DetailOf(full).metadata,
              IsSupersetOf({Pair("limit", "caller"), Pair("reports_queued", "4")}));
  // Another connection.
  channel_ = rpc::NewChannel(reporter_->address());
  stub_ = reporter::v1::StationReporterService::NewStub(channel_);
  EXPECT_EQ(Submit(CleanReport("t-1"))->state(), v1::RECEIPT_STATE_QUEUED);
}

TEST_F(StationReporterOutboxTest, PagesHaveALimitOfBytes) {
  WaitUntilServing();
  StopAggregator();
  constexpr int kReports = 60;
  const std::string long_id(100'000, 's');
  for (int i = 0; i < kReports; ++i) {
    ASSERT_EQ(Submit(CleanReport(absl::StrCat(long_id, i)))->state(), v1::RECEIPT_STATE_QUEUED);
  }
  reporter::v1::ListOutboxRequest request;
  request.set_page_size(1'000);
  int listed = 0;
  do {
    const auto page = ListOutbox(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LT(page->ByteSizeLong(), 5'000'000U);
    for (const reporter::v1::OutboxReport& report : page->reports()) {
      EXPECT_EQ(report.receipt().key().station_id(), absl::StrCat(long_id, listed++));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, kReports);
}

// All were stopped, and the database was replaced meanwhile by an older or another one.
TEST_F(StationReporterOutboxTest, SendsNothingToALedgerThatLacksWhatAReceiptToldOf) {
  aggregator_->HashEntries('a');
  WaitUntilServing();
  for (const char* station : {"s-1", "s-2", "s-3"}) {
    ASSERT_EQ(Submit(CleanReport(station))->state(), v1::RECEIPT_STATE_RECORDED);
  }
  reporter_.reset();
  StopAggregator();
  const auto restart = [this](char digit, int sequence) {
    reporter_.reset();
    aggregator_.reset();
    StartAggregator();
    aggregator_->HashEntries(digit);
    aggregator_->ForgetAfter(sequence);
    StartReporter(address_);
    WaitUntilServing();
  };
  int queued = 0;
  for (const auto& [digit, sequence] : {std::pair('a', 2), std::pair('b', 3)}) {
    restart(digit, sequence);
    const auto receipt = Submit(CleanReport(absl::StrCat("s-", 4 + queued++)));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->state(), v1::RECEIPT_STATE_QUEUED) << "nothing is acknowledged";
    EXPECT_THAT(aggregator_->received(), SizeIs(0));
  }
  restart('a', 3);
  WaitUntilEmpty();
  EXPECT_THAT(StationsReceived(), ElementsAre("s-4/0", "s-5/0"));
}

TEST_F(StationReporterOutboxTest, RefusesForgedPageTokens) {
  WaitUntilServing();
  StopAggregator();
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Submit(CleanReport(absl::StrCat("s-", i))).ok());
  reporter::v1::ListOutboxRequest request;
  request.set_page_size(1);
  const std::string token = ListOutbox(request)->next_page_token();
  for (const std::int64_t position : testing::ForgedPositions()) {
    request.set_page_token(testing::ForgedPageToken(token, position));
    const auto page = ListOutbox(request);
    if (position < 1) {
      EXPECT_EQ(DetailOf(page.status()).reason, "PAGE_TOKEN_INVALID") << position;
    } else {  // behind the last report
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_THAT(page->reports(), SizeIs(0)) << position;
    }
  }
  // The token of another question.
  request.set_page_token(token);
  request.set_station_id("s-2");
  EXPECT_EQ(DetailOf(ListOutbox(request).status()).reason, "PAGE_TOKEN_INVALID");
}

TEST_F(StationReporterOutboxTest, ListsPageByPage) {
  WaitUntilServing();
  StopAggregator();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(Submit(CleanReport(absl::StrCat("s-", i))).ok());
  reporter::v1::ListOutboxRequest request;
  request.set_page_size(2);
  std::vector<std::string> stations;
  int pages = 0;
  do {
    const auto page = ListOutbox(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& report : page->reports()) {
      stations.push_back(report.receipt().key().station_id());
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_THAT(stations, ElementsAre("s-1", "s-2", "s-3", "s-4", "s-5"));
  EXPECT_EQ(pages, 3);
  request.set_page_token("nonsense");
  EXPECT_EQ(DetailOf(ListOutbox(request).status()).reason, "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace canvass::station_reporter
