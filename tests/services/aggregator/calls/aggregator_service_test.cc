#include "services/aggregator/calls/aggregator_service.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "common/rpc/unread_answers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/calls/report_messages.h"
#include "services/aggregator/calls/report_stream.h"
#include "tests/services/aggregator/calls/running_aggregator.h"
#include "tests/support/forged_page_token.h"

namespace canvass::aggregator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kStations = 30;

class AggregatorServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    aggregator_.AwaitServing(true);
    aggregator_.Define(ElectionOf(kStations).WithSource(
        {.id = "early",
         .kind = election::SourceKind::kParallelCount,
         .visible_from = aggregator_.clock.Now() + absl::Hours(1)}));
  }

  // The end of the ledger cannot be reached from now on.
  void TakeTheLedgerAway() {
    aggregator_.ledger.FailTakeLead(-1);
    aggregator_.store.BreakSession();
  }

  RunningAggregator aggregator_;
};

TEST_F(AggregatorServiceTest, AnswersEveryReportInOrder) {
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  for (int station = 1; station < kStations; station += 2) {
    ASSERT_TRUE(stream->Write(
        RequestOf({ReportOf(station).Build(), ReportOf(station + 1).WithRegistered(9).Build()})));
  }
  ASSERT_TRUE(stream->Write(RequestOf({ReportOf(1).WithCast(99).Build(), ReportOf(1).Build()})));
  stream->WritesDone();
  v1::RecordReportsResponse response;
  for (int station = 1; station < kStations; station += 2) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_THAT(response.receipts(), SizeIs(2));
    EXPECT_EQ(response.receipts(0).key().station_id(), "s-" + std::to_string(station));
    EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_RECORDED);
    EXPECT_EQ(response.receipts(0).sequence(), station + 2);
    EXPECT_EQ(response.receipts(1).state(), canvass::v1::RECEIPT_STATE_HELD);
  }
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_REFUSED);
  EXPECT_EQ(response.receipts(0).findings(0).rule(), "VOTES_NOT_BALANCED");
  EXPECT_EQ(response.receipts(0).sequence(), 0);
  EXPECT_TRUE(response.receipts(1).repeated_submission());
  EXPECT_EQ(response.receipts(1).sequence(), 3);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AggregatorServiceTest, AReceiptSaysWhatWasCommitted) {
  const canvass::v1::Receipt receipt = aggregator_.Record({ReportOf(1).Build()}).at(0);
  EXPECT_EQ(receipt.key().contest_id(), "president");
  EXPECT_EQ(receipt.key().source_id(), "cec");
  EXPECT_EQ(receipt.key().revision(), 1);
  EXPECT_EQ(receipt.entry_hash(),
            ledger::ToHex(aggregator_.store.EntriesOf("e-1").at(2).leaf_hash));
  EXPECT_EQ(rpc::FromProto(receipt.recorded_at()), aggregator_.clock.Now());

  Call call;
  v1::GetReceiptRequest request;
  request.mutable_key()->set_election_id("e-1");
  request.mutable_key()->set_station_id("s-1");
  v1::GetReceiptResponse response;
  ASSERT_TRUE(aggregator_.reports->GetReceipt(&call.context, request, &response).ok());
  EXPECT_EQ(response.receipt().SerializeAsString(), receipt.SerializeAsString());
}

TEST_F(AggregatorServiceTest, AReceiptOfNothingIsNotFound) {
  const std::vector<std::pair<std::string, std::string>> reasons = {{"s-1", "REPORT_UNKNOWN"},
                                                                    {"s-none", "STATION_UNKNOWN"}};
  for (const auto& [station_id, reason] : reasons) {
    Call call;
    v1::GetReceiptRequest request;
    request.mutable_key()->set_election_id("e-1");
    request.mutable_key()->set_station_id(station_id);
    v1::GetReceiptResponse response;
    const grpc::Status status = aggregator_.reports->GetReceipt(&call.context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(status), reason);
  }
}

TEST_F(AggregatorServiceTest, AMessageThatIsTooLongEndsTheStreamAfterTheOthersAreAnswered) {
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  stream->Write(RequestOf({ReportOf(1).Build()}));
  v1::RecordReportsRequest too_long;
  for (std::size_t i = 0; i <= kReportsPerMessageMax; ++i) too_long.add_reports();
  stream->Write(too_long);
  v1::RecordReportsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_RECORDED);
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_REPORTS");
  EXPECT_THAT(status.error_message(), HasSubstr("4001"));
}

TEST_F(AggregatorServiceTest, AFieldThatIsNotKnownRefusesItsReportAndNoOther) {
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  v1::RecordReportsRequest request = RequestOf({ReportOf(1).Build(), ReportOf(2).Build()});
  canvass::v1::BallotCount& ballots =
      *request.mutable_reports(0)->mutable_report()->mutable_ballots();
  ballots.GetReflection()->MutableUnknownFields(&ballots)->AddVarint(99, 17);
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  v1::RecordReportsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_THAT(response.receipts(), SizeIs(2));
  EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_REFUSED);
  ASSERT_THAT(response.receipts(0).findings(), SizeIs(1));
  EXPECT_EQ(response.receipts(0).findings(0).rule(), "FIELD_UNKNOWN");
  EXPECT_EQ(response.receipts(0).findings(0).field(), "ballots");
  EXPECT_EQ(response.receipts(0).findings(0).numbers().at("field_number"), 99);
  EXPECT_EQ(response.receipts(1).state(), canvass::v1::RECEIPT_STATE_RECORDED);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AggregatorServiceTest, AnActorThatCannotBeWrittenDownIsRefused) {
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  v1::RecordReportsRequest request = RequestOf({ReportOf(1).Build()});
  request.mutable_reports(0)->set_actor("clerk\n17");
  stream->Write(request);
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(ReasonOf(status), "ACTOR_INVALID");
  EXPECT_THAT(status.error_message(), HasSubstr("reports[0].actor"));
}

TEST_F(AggregatorServiceTest, AClientThatDoesNotReadItsReceiptsIsNotRead) {
  constexpr int kMessages = 130;
  v1::RecordReportsRequest request = RequestOf({ReportOf(1).Build()});
  for (int i = 0; i < 100; ++i) {  // each is a finding that names it
    canvass::v1::CandidateCount& votes =
        *request.mutable_reports(0)->mutable_report()->mutable_ballots()->add_votes();
    votes.set_candidate_id(absl::StrCat(std::string(2'000, 'c'), i));
    votes.set_count(1);
  }
  const rpc::UnreadAnswers& unread = rpc::UnreadAnswers::OfProcess();
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  std::atomic<int> may_send = 0;
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) {
      while (may_send <= i) absl::SleepFor(absl::Milliseconds(1));
      stream->Write(request);
    }
    stream->WritesDone();
  });
  // One message after the other: the next when there is an answer, or none comes.
  std::size_t most = 0;
  while (may_send < kMessages) {
    const std::size_t before = unread.bytes();
    ++may_send;
    const absl::Time until = absl::Now() + absl::Milliseconds(100);
    while (unread.bytes() == before && absl::Now() < until) absl::SleepFor(absl::Milliseconds(1));
    most = std::max(most, unread.bytes());
  }
  EXPECT_GE(most, ReportStream::kUnreadBytesMax);
  EXPECT_LT(most, 2 * ReportStream::kUnreadBytesMax);
  v1::RecordReportsResponse response;
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_REFUSED);
  }
  sender.join();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AggregatorServiceTest, ManyMessagesMayBeOnTheirWay) {
  constexpr int kMessages = 1'000;
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  std::thread sender([&stream] {
    for (int i = 0; i < kMessages; ++i) {
      stream->Write(RequestOf({ReportOf(i % kStations + 1).Build()}));
    }
    stream->WritesDone();
  });
  v1::RecordReportsResponse response;
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.receipts(0).sequence(), i % kStations + 3);
    EXPECT_EQ(response.receipts(0).repeated_submission(), i >= kStations);
  }
  sender.join();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(AggregatorServiceLimitsTest, AFullQueueSlowsStreamsDownAndEndsNone) {
  constexpr int kStreams = 5;
  constexpr int kMessages = 6;
  WriterOptions options = QuickOptions();
  options.queued_reports_max = 3;
  RunningAggregator aggregator(options);
  aggregator.AwaitServing(true);
  aggregator.Define(ElectionOf(kStations));
  aggregator.ledger.HoldAppends();
  std::array<Call, kStreams> calls;
  std::vector<std::unique_ptr<
      grpc::ClientReaderWriter<v1::RecordReportsRequest, v1::RecordReportsResponse>>>
      streams;
  for (int i = 0; i < kStreams * kMessages; ++i) {
    if (i < kStreams) {
      streams.push_back(aggregator.reports->RecordReports(&calls[Index(i)].context));
    }
    streams[Index(i % kStreams)]->Write(RequestOf({ReportOf(i + 1).Build()}));
    if (i == 0) aggregator.ledger.AwaitHeldAppend();
  }
  aggregator.ledger.ReleaseAppends();
  for (const auto& stream : streams) {
    stream->WritesDone();
    v1::RecordReportsResponse response;
    for (int i = 0; i < kMessages; ++i) {
      ASSERT_TRUE(stream->Read(&response));
      EXPECT_EQ(response.receipts(0).state(), canvass::v1::RECEIPT_STATE_RECORDED);
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

// What has come without room waits, and goes with its client.
TEST(AggregatorServiceLimitsTest, AMessageThatWaitsForRoomKeepsNoCallOpen) {
  WriterOptions options = QuickOptions();
  options.queued_reports_max = 1;
  RunningAggregator aggregator(options);
  aggregator.AwaitServing(true);
  aggregator.Define(ElectionOf(kStations));
  aggregator.ledger.HoldAppends();
  Call first;
  const auto recorded = aggregator.reports->RecordReports(&first.context);
  recorded->Write(RequestOf({ReportOf(1).Build()}));
  aggregator.ledger.AwaitHeldAppend();
  Call second;
  const auto waiting = aggregator.reports->RecordReports(&second.context);
  waiting->Write(RequestOf({ReportOf(2).Build()}));
  second.context.TryCancel();
  EXPECT_EQ(waiting->Finish().error_code(), grpc::StatusCode::CANCELLED);
  aggregator.ledger.ReleaseAppends();
  v1::RecordReportsResponse response;
  EXPECT_TRUE(recorded->Read(&response));
  recorded->WritesDone();
  EXPECT_TRUE(recorded->Finish().ok());
}

TEST_F(AggregatorServiceTest, ACallerMayHaveHalfOfTheStreams) {
  struct OpenStream {
    Call call;
    std::unique_ptr<grpc::ClientReaderWriter<v1::RecordReportsRequest, v1::RecordReportsResponse>>
        stream;
  };
  v1::RecordReportsResponse response;
  std::vector<OpenStream> open(ReportStream::kStreamsMax / 2);
  for (OpenStream& each : open) {
    each.stream = aggregator_.reports->RecordReports(&each.call.context);
    each.stream->Write(RequestOf({ReportOf(1).Build()}));
    EXPECT_TRUE(each.stream->Read(&response));
  }
  OpenStream more;
  more.stream = aggregator_.reports->RecordReports(&more.call.context);
  EXPECT_FALSE(more.stream->Read(&response));
  EXPECT_EQ(ReasonOf(more.stream->Finish()), "TOO_MANY_STREAMS");
  open.back().stream->WritesDone();
  EXPECT_TRUE(open.back().stream->Finish().ok());
  OpenStream instead;
  instead.stream = aggregator_.reports->RecordReports(&instead.call.context);
  instead.stream->Write(RequestOf({ReportOf(1).Build()}));
  EXPECT_TRUE(instead.stream->Read(&response));
}

TEST_F(AggregatorServiceTest, WhoGoesAwayLosesNothing) {
  aggregator_.ledger.HoldAppends();
  {
    Call call;
    const auto stream = aggregator_.reports->RecordReports(&call.context);
    stream->Write(RequestOf({ReportOf(1).Build()}));
    aggregator_.ledger.AwaitHeldAppend();
    call.context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  aggregator_.ledger.ReleaseAppends();
  EXPECT_TRUE(aggregator_.Record({ReportOf(1).Build()}).at(0).repeated_submission());
}

TEST_F(AggregatorServiceTest, WithoutTheLeadItIsAliveAndNotServing) {
  Call open;
  const auto stream = aggregator_.reports->RecordReports(&open.context);
  ASSERT_TRUE(stream->Write(RequestOf({ReportOf(1).Build()})));
  v1::RecordReportsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  TakeTheLedgerAway();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(stream->Finish()), "LEDGER_UNAVAILABLE");
  aggregator_.AwaitServing(false);
  EXPECT_TRUE(aggregator_.IsServing(""));
  EXPECT_FALSE(aggregator_.IsServing(v1::AggregatorService::service_full_name()));

  Call call;
  v1::ListLedgerEntriesRequest request;
  request.set_election_id("e-1");
  v1::ListLedgerEntriesResponse entries;
  const grpc::Status status =
      aggregator_.reports->ListLedgerEntries(&call.context, request, &entries);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "LEDGER_UNAVAILABLE");

  aggregator_.ledger.FailTakeLead(0);
  aggregator_.AwaitServing(true);
  EXPECT_TRUE(aggregator_.Record({ReportOf(1).Build()}).at(0).repeated_submission());
}

TEST_F(AggregatorServiceTest, StoppingAnswersWhatWasTaken) {
  aggregator_.ledger.HoldAppends();
  Call call;
  const auto stream = aggregator_.reports->RecordReports(&call.context);
  stream->Write(RequestOf({ReportOf(1).Build()}));
  aggregator_.ledger.AwaitHeldAppend();
  stream->Write(RequestOf({ReportOf(2).Build()}));
  Call watch_call;
  const auto watch = aggregator_.reports->WatchLedger(&watch_call.context, {});
  v1::WatchLedgerResponse watched;
  ASSERT_TRUE(watch->Read(&watched));
  std::thread stop([this] { aggregator_->Stop(); });
  while (watch->Read(&watched)) {
  }
  EXPECT_EQ(ReasonOf(watch->Finish()), "NOT_ACTIVE");
  aggregator_.ledger.ReleaseAppends();
  int answered = 0;
  v1::RecordReportsResponse response;
  while (stream->Read(&response)) ++answered;
  EXPECT_EQ(ReasonOf(stream->Finish()), "NOT_ACTIVE");
  stop.join();
  // The second message may not have been read before the end.
  EXPECT_GE(answered, 1);
  EXPECT_THAT(aggregator_.store.EntriesOf("e-1"), SizeIs(2 + answered));
}

TEST_F(AggregatorServiceTest, ListsTheLedgerPageByPage) {
  aggregator_.Record({ReportOf(1).Build(), ReportOf(2).WithSource("early").Build()});
  v1::ListLedgerEntriesRequest request;
  request.set_election_id("e-1");
  request.set_page_size(3);
  std::vector<canvass::v1::LedgerEntry> entries;
  do {
    Call call;
    v1::ListLedgerEntriesResponse response;
    ASSERT_TRUE(aggregator_.reports->ListLedgerEntries(&call.context, request, &response).ok());
    entries.insert(entries.end(), response.entries().begin(), response.entries().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  ASSERT_THAT(entries, SizeIs(4));
  EXPECT_TRUE(entries[0].has_definition());
  EXPECT_TRUE(entries[1].has_seal());
  EXPECT_EQ(entries[2].actor(), "office/country");
  EXPECT_EQ(entries[3].actor(), "");
  EXPECT_EQ(entries[3].embargo_seal().source_id(), "early");
  const auto stored = aggregator_.store.EntriesOf("e-1");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].sequence(), i + 1);
    EXPECT_EQ(entries[i].entry(), stored[i].bytes);
    EXPECT_EQ(entries[i].entry_hash(), ledger::ToHex(stored[i].leaf_hash));
  }

  request.set_page_token("");
  request.set_from_sequence(4);
  Call call;
  v1::ListLedgerEntriesResponse last;
  ASSERT_TRUE(aggregator_.reports->ListLedgerEntries(&call.context, request, &last).ok());
  ASSERT_THAT(last.entries(), SizeIs(1));
  EXPECT_EQ(last.entries(0).sequence(), 4);
}

TEST_F(AggregatorServiceTest, ListsWhatWasRefused) {
  aggregator_.Record({ReportOf(1).Build(), ReportOf(2).WithCast(99).Build(),
                      ReportOf(3).WithRevision(2).Build(), ReportOf(4).WithCast(99).Build()});
  v1::ListRefusedReportsRequest request;
  request.set_election_id("e-1");
  request.set_rule("VOTES_NOT_BALANCED");
  request.set_page_size(1);
  std::vector<std::string> stations;
  do {
    Call call;
    v1::ListRefusedReportsResponse response;
    ASSERT_TRUE(aggregator_.reports->ListRefusedReports(&call.context, request, &response).ok());
    ASSERT_THAT(response.reports(), SizeIs(1));
    const canvass::v1::RefusedReport& refused = response.reports(0);
    stations.push_back(refused.report().station_id());
    EXPECT_EQ(refused.actor(), "office/country");
    EXPECT_EQ(refused.findings(0).numbers().at("ballots_cast"), 99);
    EXPECT_EQ(rpc::FromProto(refused.refused_at()), aggregator_.clock.Now());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(stations, ElementsAre("s-4", "s-2"));

  request.set_rule("NOT_A_RULE");
  Call call;
  v1::ListRefusedReportsResponse response;
  EXPECT_EQ(ReasonOf(aggregator_.reports->ListRefusedReports(&call.context, request, &response)),
            "RULE_UNKNOWN");
}

TEST_F(AggregatorServiceTest, ListsWhatIsHeld) {
  aggregator_.Record({ReportOf(1).WithRegistered(9).Build(), ReportOf(2).Build(),
                      ReportOf(3).WithSource("early").WithRegistered(9).Build(),
                      ReportOf(4).WithRegistered(9).Build()});
  v1::ListHeldReportsRequest request;
  request.set_election_id("e-1");
  request.set_source_id("cec");
  request.set_page_size(1);
  std::vector<std::int64_t> sequences;
  for (int page = 0; page < 9; ++page) {
    Call call;
    v1::ListHeldReportsResponse response;
    ASSERT_TRUE(aggregator_.reports->ListHeldReports(&call.context, request, &response).ok());
    for (const auto& entry : response.entries()) sequences.push_back(entry.sequence());
    request.set_page_token(response.next_page_token());
    if (request.page_token().empty()) break;
  }
  EXPECT_THAT(sequences, ElementsAre(3, 6));
}

TEST_F(AggregatorServiceTest, ATokenOfAnotherQuestionIsRefused) {
  aggregator_.Record({ReportOf(1).Build()});
  v1::ListLedgerEntriesRequest request;
  request.set_election_id("e-1");
  request.set_page_size(1);
  Call call;
  v1::ListLedgerEntriesResponse response;
  ASSERT_TRUE(aggregator_.reports->ListLedgerEntries(&call.context, request, &response).ok());
  Call other;
  v1::ListHeldReportsRequest held;
  held.set_election_id("e-1");
  held.set_page_token(response.next_page_token());
  v1::ListHeldReportsResponse none;
  EXPECT_EQ(ReasonOf(aggregator_.reports->ListHeldReports(&other.context, held, &none)),
            "PAGE_TOKEN_INVALID");
}

TEST_F(AggregatorServiceTest, AForgedTokenIsRefusedOrStartsAtItsPosition) {
  aggregator_.Record({ReportOf(1).WithRegistered(9).Build(), ReportOf(2).WithRegistered(9).Build(),
                      ReportOf(3).WithCast(99).Build(), ReportOf(4).WithCast(99).Build()});
  // Asks for the second page with every forged position. Returns how many were refused.
  const auto forge = [this](auto method, auto request, auto response) {
    request.set_election_id("e-1");
    request.set_page_size(1);
    Call first;
    EXPECT_TRUE(((*aggregator_.reports).*method)(&first.context, request, &response).ok());
    const std::string token = response.next_page_token();
    EXPECT_NE(token, "");
    int refused = 0;
    for (const std::int64_t position : testing::ForgedPositions()) {
      request.set_page_token(testing::ForgedPageToken(token, position));
      Call call;
      const grpc::Status status =
          ((*aggregator_.reports).*method)(&call.context, request, &response);
      if (status.ok()) continue;
      EXPECT_EQ(ReasonOf(status), "PAGE_TOKEN_INVALID") << position;
      ++refused;
    }
    return refused;
  };
  using Stub = v1::AggregatorService::Stub;
  const int all = static_cast<int>(testing::ForgedPositions().size());
  const int not_positive = 7;
  EXPECT_EQ(forge(&Stub::ListLedgerEntries, v1::ListLedgerEntriesRequest(),
                  v1::ListLedgerEntriesResponse()),
            all);
  // Positions in these lists are only compared.
  EXPECT_EQ(
      forge(&Stub::ListHeldReports, v1::ListHeldReportsRequest(), v1::ListHeldReportsResponse()),
      not_positive);
  EXPECT_EQ(forge(&Stub::ListRefusedReports, v1::ListRefusedReportsRequest(),
                  v1::ListRefusedReportsResponse()),
            not_positive);
}

// Reads messages until a step of the election ends at `sequence`, and gives all that is not a
// confirmation.
std::vector<v1::WatchLedgerResponse> ReadUntil(grpc::ClientReader<v1::WatchLedgerResponse>& stream,
                                               std::int64_t sequence) {
  std::vector<v1::WatchLedgerResponse> messages;
  v1::WatchLedgerResponse message;
  while (stream.Read(&message)) {
    if (message.election_id().empty()) continue;
    messages.push_back(message);
    if (message.step_complete() && message.sequence() >= sequence) break;
  }
  return messages;
}

TEST_F(AggregatorServiceTest, AWatcherSeesEveryStep) {
  aggregator_.Record({ReportOf(1).Build()});
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, {});
  ledger::ElectionLedger folded("e-1");
  for (int station = 2; station <= 5; ++station) {
    for (const v1::WatchLedgerResponse& message : ReadUntil(*stream, station + 1)) {
      for (const v1::WatchedEntry& entry : message.entries()) {
        ASSERT_TRUE(folded.Append(entry.entry()).ok());
      }
      EXPECT_EQ(message.root_hash(), ledger::ToHex(folded.log().Root()));
      ASSERT_THAT(message.tallies(), SizeIs(2));
      EXPECT_EQ(message.tallies(0).votes(0), 60 * (station - 1));
    }
    aggregator_.Record({ReportOf(station).Build()});
  }
  call.context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// Here everybody is believed, because there is no TLS.
TEST_F(AggregatorServiceTest, NothingIsRecordedOnceAWatcherHasMoreOfTheLedger) {
  v1::WatchLedgerRequest request;
  v1::LedgerPosition& position = *request.add_positions();
  position.set_election_id("e-1");
  position.set_ledger_id("memory-1");
  position.set_sequence(7);
  position.set_root_hash(std::string(64, 'a'));
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, request);
  v1::WatchLedgerResponse message;
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(ReasonOf(stream->Finish()), "LEDGER_DIVERGED");

  Call write;
  const auto reports = aggregator_.reports->RecordReports(&write.context);
  reports->Write(RequestOf({ReportOf(1).Build()}));
  v1::RecordReportsResponse response;
  EXPECT_FALSE(reports->Read(&response));
  const grpc::Status refused = reports->Finish();
  EXPECT_EQ(ReasonOf(refused), "LEDGER_BEHIND");
  EXPECT_THAT(refused.error_message(),
              HasSubstr("The ledger of e-1 ends at sequence 2, but local has seen sequence 7 of "
                        "it, with the root " +
                        std::string(64, 'a')));
  EXPECT_THAT(aggregator_.store.EntriesOf("e-1"), SizeIs(2));
}

TEST_F(AggregatorServiceTest, AWatcherHearsThatNothingIsNewer) {
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, {});
  v1::WatchLedgerResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.election_id(), "e-1");
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.election_id(), "");
  EXPECT_EQ(message.ledger_id(), "memory-1");
}

TEST_F(AggregatorServiceTest, AWatcherSeesTheOpeningOfASeal) {
  aggregator_.Record({ReportOf(1).WithSource("early").Build()});
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, {});
  const auto before = ReadUntil(*stream, 3);
  ledger::ElectionLedger folded("e-1");
  for (const v1::WatchLedgerResponse& message : before) {
    for (const v1::WatchedEntry& entry : message.entries()) {
      ASSERT_TRUE(folded.Append(entry.entry()).ok());
    }
  }
  EXPECT_EQ(folded.count().SealsOf(1).size(), 1);
  aggregator_.clock.Advance(absl::Hours(1));
  const auto after = ReadUntil(*stream, 4);
  ASSERT_THAT(after, SizeIs(1));
  ASSERT_TRUE(folded.Append(after[0].entries(0).entry()).ok());
  EXPECT_EQ(after[0].tallies(1).votes(0), 60);
  EXPECT_EQ(folded.count().TallyOfArea(0, 1, 0).votes[0].total, 60);
}

// Whatever was sealed, and whether anything was, the answers are the same.
TEST_F(AggregatorServiceTest, NothingThatCanBeAskedDependsOnWhatIsSealed) {
  const auto answers = [&] {
    std::string all;
    for (const int station : {1, 2}) {
      Call call;
      v1::GetReceiptRequest request;
      request.mutable_key()->set_election_id("e-1");
      request.mutable_key()->set_source_id("early");
      request.mutable_key()->set_station_id("s-" + std::to_string(station));
      v1::GetReceiptResponse response;
      const grpc::Status status =
          aggregator_.reports->GetReceipt(&call.context, request, &response);
      EXPECT_EQ(ReasonOf(status), "SOURCE_EMBARGOED");
      all += ReasonOf(status) + status.error_message() + response.DebugString();
    }
    Call held;
    v1::ListHeldReportsRequest held_request;
    held_request.set_election_id("e-1");
    v1::ListHeldReportsResponse held_response;
    EXPECT_TRUE(
        aggregator_.reports->ListHeldReports(&held.context, held_request, &held_response).ok());
    Call refused;
    v1::ListRefusedReportsRequest refused_request;
    refused_request.set_election_id("e-1");
    v1::ListRefusedReportsResponse refused_response;
    EXPECT_TRUE(aggregator_.reports
                    ->ListRefusedReports(&refused.context, refused_request, &refused_response)
                    .ok());
    all += held_response.DebugString() + refused_response.DebugString();
    for (const std::int64_t revision : {1, 2}) {
      all += aggregator_
                 .Validate(ReportOf(1)
                               .WithSource("early")
                               .WithRevision(revision)
                               .WithBalancedVotes({50, 20, 10})
                               .Build())
                 .DebugString();
    }
    return all;
  };
  const std::string before = answers();
  aggregator_.Record({ReportOf(1).WithSource("early").WithBalancedVotes({50, 20, 10}).Build(),
                      ReportOf(2).WithSource("early").WithRegistered(99).Build(),
                      ReportOf(3).WithSource("early").WithCast(99).Build()});
  EXPECT_EQ(aggregator_.store.EntriesOf("e-1").size(), 4) << "one is refused";
  EXPECT_EQ(answers(), before);
}

TEST_F(AggregatorServiceTest, AWatcherWithAnotherHistoryIsToldSo) {
  v1::WatchLedgerRequest request;
  v1::LedgerPosition& position = *request.add_positions();
  position.set_election_id("e-1");
  position.set_ledger_id("memory-1");
  position.set_sequence(2);
  position.set_root_hash(std::string(64, '0'));
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, request);
  v1::WatchLedgerResponse message;
  EXPECT_FALSE(stream->Read(&message));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "LEDGER_DIVERGED");
}

TEST_F(AggregatorServiceTest, WatchersAreSentAwayWhenTheLeadIsLost) {
  Call call;
  const auto stream = aggregator_.reports->WatchLedger(&call.context, {});
  v1::WatchLedgerResponse message;
  ASSERT_TRUE(stream->Read(&message));
  TakeTheLedgerAway();
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(stream->Finish()), "LEDGER_UNAVAILABLE");
  Call late;
  const auto refused = aggregator_.reports->WatchLedger(&late.context, {});
  EXPECT_FALSE(refused->Read(&message));
  EXPECT_EQ(ReasonOf(refused->Finish()), "LEDGER_UNAVAILABLE");
}

}  // namespace
}  // namespace canvass::aggregator
