#include "services/aggregator/calls/election_service.h"

#include <google/protobuf/unknown_field_set.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/calls/definition_stream.h"
#include "tests/services/aggregator/calls/running_aggregator.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::DefinitionBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kStationsOfElection = 3;

DefinitionBuilder PolledElection() {
  return ElectionOf(kStationsOfElection)
      .WithSource({.id = "poll", .kind = election::SourceKind::kExitPoll});
}

v1::DefineElectionRequest MessageOf(const election::DefinitionChange& change,
                                    const std::string& election_id = "e-1") {
  v1::DefineElectionRequest message;
  message.set_election_id(election_id);
  *message.mutable_definition() = rpc::ToProto(change);
  return message;
}

template <typename Request>
Request AboutReport(int station, int revision) {
  Request request;
  request.mutable_key()->set_election_id("e-1");
  request.mutable_key()->set_station_id("s-" + std::to_string(station));
  request.mutable_key()->set_revision(revision);
  request.set_reason("Decision 17");
  return request;
}

class ElectionServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    aggregator_.AwaitServing(true);
    aggregator_.Define(PolledElection());
  }

  std::size_t EntryCount() const { return aggregator_.store.EntriesOf("e-1").size(); }

  v1::CertifyResultRequest Certification(std::int64_t expected_sequence) const {
    v1::CertifyResultRequest request;
    request.set_election_id("e-1");
    request.set_expected_sequence(expected_sequence);
    request.add_elected_candidate_ids("a");
    return request;
  }

  RunningAggregator aggregator_;
};

TEST_F(ElectionServiceTest, PutsTheMessagesOfADefinitionTogether) {
  const election::DefinitionChange whole = ElectionOf(5).WithElectionId("e-2").Request();
  election::DefinitionChange first = whole;
  first.stations.clear();
  election::DefinitionChange second;
  second.stations = whole.stations;
  v1::DefineElectionResponse response;
  ASSERT_TRUE(aggregator_.Define({MessageOf(first, "e-2"), MessageOf(second, "")}, &response).ok());
  EXPECT_EQ(response.sequence(), 2);
  EXPECT_EQ(response.stations(), 5);
  EXPECT_EQ(response.areas(), 1);
  // The election, a contest, a source, an area, five stations.
  EXPECT_EQ(response.parts_changed(), 9);
}

TEST_F(ElectionServiceTest, TheSameDefinitionAgainChangesNothing) {
  const v1::DefineElectionResponse again = aggregator_.Define(PolledElection());
  EXPECT_EQ(again.parts_changed(), 0);
  EXPECT_EQ(again.sequence(), 2);
  EXPECT_EQ(again.stations(), kStationsOfElection);
  EXPECT_EQ(EntryCount(), 2);
}

TEST_F(ElectionServiceTest, ValidationRecordsNothing) {
  v1::DefineElectionRequest message =
      MessageOf(ElectionOf(2).WithElectionId("e-2").Request(), "e-2");
  message.set_validate_only(true);
  v1::DefineElectionResponse response;
  ASSERT_TRUE(aggregator_.Define({message}, &response).ok());
  EXPECT_EQ(response.parts_changed(), 6);
  EXPECT_EQ(response.sequence(), 0);
  EXPECT_THAT(aggregator_.store.EntriesOf("e-2"), IsEmpty());
}

TEST_F(ElectionServiceTest, WhoGoesAwayInTheMiddleDefinesNothing) {
  for (int i = 0; i < 20; ++i) {
    Call call;
    v1::DefineElectionResponse response;
    const auto writer = aggregator_.elections->DefineElection(&call.context, &response);
    writer->Write(MessageOf(ElectionOf(2).WithElectionId("e-2").Request(), "e-2"));
    call.context.TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // A definition that is recorded after them; until the server knows that they are gone, they
  // count.
  v1::DefineElectionResponse response;
  const v1::DefineElectionRequest last =
      MessageOf(ElectionOf(2).WithElectionId("e-3").Request(), "e-3");
  while (!aggregator_.Define({last}, &response).ok()) std::this_thread::yield();
  EXPECT_THAT(aggregator_.store.EntriesOf("e-2"), IsEmpty());
}

TEST_F(ElectionServiceTest, RefusesWhatDoesNotBelongTogether) {
  const election::DefinitionChange whole = ElectionOf(2).WithElectionId("e-2").Request();
  v1::DefineElectionResponse response;
  EXPECT_EQ(ReasonOf(aggregator_.Define({}, &response)), "ELECTION_MISSING");
  EXPECT_EQ(ReasonOf(aggregator_.Define({MessageOf(whole, "")}, &response)), "ELECTION_MISSING");
  EXPECT_EQ(ReasonOf(aggregator_.Define({MessageOf(whole, "e-5")}, &response)), "ID_MISMATCH");
  EXPECT_EQ(
      ReasonOf(aggregator_.Define({MessageOf(whole, "e-2"), MessageOf({}, "e-5")}, &response)),
      "ID_MISMATCH");
  EXPECT_EQ(
      ReasonOf(aggregator_.Define({MessageOf(whole, "e-2"), MessageOf(whole, "e-2")}, &response)),
      "ELECTION_REPEATED");
  v1::DefineElectionRequest crowded = MessageOf(whole, "e-2");
  for (int i = 0; i < 4'000; ++i) crowded.mutable_definition()->add_stations();
  EXPECT_EQ(ReasonOf(aggregator_.Define({crowded}, &response)), "TOO_MANY_STATIONS");
  v1::DefineElectionRequest wrong_area = MessageOf(whole, "e-2");
  wrong_area.mutable_definition()->mutable_stations(1)->set_area_id("nowhere");
  const grpc::Status status = aggregator_.Define({wrong_area}, &response);
  EXPECT_EQ(ReasonOf(status), "AREA_UNKNOWN");
  EXPECT_THAT(status.error_message(), HasSubstr("nowhere"));
  EXPECT_THAT(aggregator_.store.EntriesOf("e-2"), IsEmpty());
}

TEST_F(ElectionServiceTest, OnlySoManyDefinitionsAreTakenAtATime) {
  struct OpenCall {
    Call call;
    v1::DefineElectionResponse response;
    std::unique_ptr<grpc::ClientWriter<v1::DefineElectionRequest>> writer;
  };
  std::vector<OpenCall> calls(DefinitionStream::kStreamsMax);
  for (OpenCall& open : calls) {
    open.writer = aggregator_.elections->DefineElection(&open.call.context, &open.response);
    open.writer->Write(MessageOf(PolledElection().Request()));
  }
  // One place is left for other callers, so one of them is sent away; a call that was ended takes
  // nothing more.
  std::size_t refused = 0;
  while (calls[refused].writer->Write(v1::DefineElectionRequest())) {
    refused = (refused + 1) % calls.size();
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i].writer->WritesDone();
    EXPECT_EQ(ReasonOf(calls[i].writer->Finish()), i == refused ? "TOO_MANY_DEFINITIONS" : "");
  }
}

TEST_F(ElectionServiceTest, GetsAnElection) {
  Call call;
  v1::GetElectionRequest request;
  request.set_election_id("e-1");
  v1::GetElectionResponse response;
  ASSERT_TRUE(aggregator_.elections->GetElection(&call.context, request, &response).ok());
  EXPECT_EQ(response.election().names().at("en"), "Election");
  EXPECT_THAT(response.contests(), SizeIs(1));
  EXPECT_THAT(response.sources(), SizeIs(2));
  EXPECT_EQ(response.as_of().sequence(), 2);
  EXPECT_EQ(response.as_of().ledger_id(), "memory-1");

  Call missing;
  request.set_election_id("");
  EXPECT_EQ(ReasonOf(aggregator_.elections->GetElection(&missing.context, request, &response)),
            "ELECTION_MISSING");
}

TEST_F(ElectionServiceTest, ListsTheNewestElectionsFirst) {
  for (const auto& [id, date] : std::vector<std::pair<std::string, std::string>>{
           {"e-old", "2019-05-12"}, {"e-new", "2025-02-01"}}) {
    election::DefinitionChange change = ElectionOf(1).WithElectionId(id).Request();
    change.election->polling_date = date;
    v1::DefineElectionResponse response;
    ASSERT_TRUE(aggregator_.Define({MessageOf(change, id)}, &response).ok());
  }
  v1::ListElectionsRequest request;
  request.set_page_size(2);
  std::vector<std::string> ids;
  do {
    Call call;
    v1::ListElectionsResponse response;
    ASSERT_TRUE(aggregator_.elections->ListElections(&call.context, request, &response).ok());
    for (const auto& election : response.elections()) ids.push_back(election.election_id());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("e-new", "e-1", "e-old"));
}

TEST_F(ElectionServiceTest, ReleasesAnnulsAndReinstates) {
  aggregator_.Record({ReportOf(1).WithRegistered(9).Build()});
  Call release;
  v1::ReleaseReportResponse released;
  ASSERT_TRUE(
      aggregator_.elections
          ->ReleaseReport(&release.context, AboutReport<v1::ReleaseReportRequest>(1, 1), &released)
          .ok());
  EXPECT_EQ(released.sequence(), 4);
  Call annul;
  v1::AnnulReportResponse annulled;
  ASSERT_TRUE(
      aggregator_.elections
          ->AnnulReport(&annul.context, AboutReport<v1::AnnulReportRequest>(1, 1), &annulled)
          .ok());
  EXPECT_EQ(annulled.sequence(), 5);
  Call again;
  ASSERT_TRUE(
      aggregator_.elections
          ->AnnulReport(&again.context, AboutReport<v1::AnnulReportRequest>(1, 1), &annulled)
          .ok());
  EXPECT_EQ(annulled.sequence(), 5);
  Call reinstate;
  v1::ReinstateReportResponse reinstated;
  ASSERT_TRUE(aggregator_.elections
                  ->ReinstateReport(&reinstate.context,
                                    AboutReport<v1::ReinstateReportRequest>(1, 1), &reinstated)
                  .ok());
  EXPECT_EQ(reinstated.sequence(), 6);
  EXPECT_EQ(EntryCount(), 6);
}

TEST_F(ElectionServiceTest, WhatADecisionOrFiguresCannotSayIsNamed) {
  aggregator_.Record({ReportOf(1).WithRegistered(9).Build()});
  auto release = AboutReport<v1::ReleaseReportRequest>(1, 1);
  release.GetReflection()->MutableUnknownFields(&release)->AddVarint(77, 1);
  Call call;
  v1::ReleaseReportResponse released;
  grpc::Status status = aggregator_.elections->ReleaseReport(&call.context, release, &released);
  EXPECT_EQ(ReasonOf(status), "FIELD_UNKNOWN");
  EXPECT_THAT(status.error_message(), ::testing::HasSubstr("field with number 77"));

  v1::PublishPollFiguresRequest figures;
  figures.mutable_figures()->mutable_published_at()->set_nanos(-1);
  Call publish;
  v1::PublishPollFiguresResponse published;
  status = aggregator_.elections->PublishPollFigures(&publish.context, figures, &published);
  EXPECT_EQ(ReasonOf(status), "TIME_OUT_OF_RANGE");
  EXPECT_THAT(status.error_message(), ::testing::HasSubstr("figures.published_at"));
  EXPECT_EQ(EntryCount(), 3);
}

TEST_F(ElectionServiceTest, ADecisionOnAnotherRevisionIsAborted) {
  aggregator_.Record({ReportOf(1).Build()});
  aggregator_.Record({ReportOf(1).WithRevision(2).Build()});
  Call call;
  v1::AnnulReportResponse response;
  const grpc::Status status = aggregator_.elections->AnnulReport(
      &call.context, AboutReport<v1::AnnulReportRequest>(1, 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(status), "REVISION_MOVED");
  EXPECT_EQ(EntryCount(), 4);
}

TEST_F(ElectionServiceTest, PublishesPollFigures) {
  v1::PublishPollFiguresRequest request;
  canvass::v1::PollFigures& figures = *request.mutable_figures();
  figures.set_election_id("e-1");
  figures.set_source_id("poll");
  canvass::v1::PollShare& share = *figures.add_shares();
  share.set_candidate_id("a");
  share.set_share_percent("93.9");
  for (int i = 0; i < 2; ++i) {
    Call call;
    v1::PublishPollFiguresResponse response;
    const grpc::Status status =
        aggregator_.elections->PublishPollFigures(&call.context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.sequence(), 3);
  }
  share.set_share_percent("193.9");
  figures.set_revision(2);
  figures.set_reason("Misprint");
  Call call;
  v1::PublishPollFiguresResponse response;
  EXPECT_EQ(ReasonOf(aggregator_.elections->PublishPollFigures(&call.context, request, &response)),
            "SHARE_OUT_OF_RANGE");
}

TEST_F(ElectionServiceTest, CertifiesAndReopens) {
  for (int station = 1; station <= kStationsOfElection; ++station) {
    aggregator_.Record({ReportOf(station).Build()});
  }
  v1::CertifyResultResponse certified;
  for (int i = 0; i < 2; ++i) {
    Call call;
    const grpc::Status status =
        aggregator_.elections->CertifyResult(&call.context, Certification(5), &certified);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(certified.result().status(), canvass::v1::RESULT_STATUS_CERTIFIED);
    EXPECT_EQ(certified.result().certification().sequence(), 6);
    EXPECT_EQ(certified.result().candidates(0).votes(), 180);
  }

  v1::ReopenContestRequest request;
  request.set_election_id("e-1");
  request.set_reason("Court decision");
  v1::ReopenContestResponse reopened;
  Call without_status;
  EXPECT_EQ(
      ReasonOf(aggregator_.elections->ReopenContest(&without_status.context, request, &reopened)),
      "STATUS_INVALID");
  request.set_status(canvass::v1::RESULT_STATUS_RECOUNT);
  Call call;
  const grpc::Status status =
      aggregator_.elections->ReopenContest(&call.context, request, &reopened);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reopened.sequence(), 7);
}

TEST_F(ElectionServiceTest, CertifiesOnlyWhatWasRead) {
  aggregator_.Record({ReportOf(1).Build()});
  Call incomplete;
  v1::CertifyResultResponse response;
  EXPECT_EQ(ReasonOf(aggregator_.elections->CertifyResult(&incomplete.context, Certification(3),
                                                          &response)),
            "RESULT_INCOMPLETE");
  aggregator_.Record({ReportOf(2).Build(), ReportOf(3).Build()});
  Call moved;
  const grpc::Status status =
      aggregator_.elections->CertifyResult(&moved.context, Certification(3), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(status), "RESULT_MOVED");
}

TEST_F(ElectionServiceTest, AnAbsurdDeadlineIsNamed) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Hours(48));
  v1::GetElectionRequest request;
  request.set_election_id("e-1");
  v1::GetElectionResponse response;
  EXPECT_EQ(ReasonOf(aggregator_.elections->GetElection(&context, request, &response)),
            "DEADLINE_OUT_OF_RANGE");
}

}  // namespace
}  // namespace canvass::aggregator
