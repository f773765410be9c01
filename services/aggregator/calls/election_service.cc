#include "services/aggregator/calls/election_service.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/actor.h"
#include "common/election/decision_check.h"
#include "common/election/seal_check.h"
#include "common/rpc/caller.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/message_faults.h"
#include "common/rpc/page.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/result_proto.h"
#include "common/rpc/status.h"
#include "services/aggregator/calls/read_call.h"

namespace canvass::aggregator {
namespace {

// The fields that all decisions about a report have in common.
template <typename Request>
election::ReportDecisionRequest ReportDecisionOf(const Request& request) {
  return {.key = rpc::FromProto(request.key()),
          .reason = request.reason(),
          .documents = rpc::FromProto(request.documents())};
}

// Returns a function that sets only the sequence of the entry in the response.
template <typename Response>
auto SetSequence(Response* response) {
  return [response](const DecisionOutcome& outcome) {
    response->set_sequence(outcome.sequence);
    return absl::OkStatus();
  };
}

election::CertificationRequest CertificationOf(const v1::CertifyResultRequest& request) {
  return {.contest_id = request.contest_id(),
          .source_id = request.source_id(),
          .expected_sequence = request.expected_sequence(),
          .elected_candidate_ids = {request.elected_candidate_ids().begin(),
                                    request.elected_candidate_ids().end()},
          .reason = request.reason(),
          .accept_incomplete = request.accept_incomplete(),
          .documents = rpc::FromProto(request.documents())};
}

absl::StatusOr<election::ReopeningStatus> ReopeningStatusOf(canvass::v1::ResultStatus status) {
  switch (status) {
    case canvass::v1::RESULT_STATUS_CORRECTION:
      return election::ReopeningStatus::kCorrection;
    case canvass::v1::RESULT_STATUS_RECOUNT:
      return election::ReopeningStatus::kRecount;
    default:
      return FieldError(reason::kStatusInvalid, "status", "is neither RECOUNT nor CORRECTION");
  }
}

absl::Status ReadElection(const CommittedLedgers::Contents& committed,
                          const std::string& election_id, absl::Time now,
                          v1::GetElectionResponse* response) {
  const absl::StatusOr<const ledger::ElectionLedger*> ledger = committed.Get(election_id);
  if (!ledger.ok()) return ledger.status();
  const election::Definition& definition = (*ledger)->count().definition();
  *response->mutable_election() = rpc::ToProto(definition.election());
  for (const election::Contest& contest : definition.contests()) {
    *response->add_contests() = rpc::ToProto(contest);
  }
  for (const election::Source& source : definition.sources()) {
    *response->add_sources() = rpc::ToProto(source);
  }
  *response->mutable_as_of() = rpc::AsOfOf(**ledger, committed.ledger_id, now);
  return absl::OkStatus();
}

// Newest polling date first, then by id.
std::vector<const election::Election*> ElectionsInOrder(
    const CommittedLedgers::Contents& committed) {
  std::vector<const election::Election*> elections;
  for (const auto& [election_id, ledger] : committed.ledgers) {
    if (!ledger->count().defined()) continue;
    elections.push_back(&ledger->count().definition().election());
  }
  std::stable_sort(elections.begin(), elections.end(),
                   [](const auto* a, const auto* b) { return a->polling_date > b->polling_date; });
  return elections;
}

// The position in the page token is the number of elections before the page.
absl::Status ReadElections(const CommittedLedgers::Contents& committed,
                           const v1::ListElectionsRequest& request,
                           v1::ListElectionsResponse* response) {
  const absl::StatusOr<rpc::PageRequest> page = rpc::PageRequest::Read(
      request.page_size(), request.page_token(), rpc::FilterHash({"elections"}));
  if (!page.ok()) return page.status();
  const std::vector<const election::Election*> elections = ElectionsInOrder(committed);
  const auto count = static_cast<std::int64_t>(elections.size());
  const absl::StatusOr<std::int64_t> first = page->Start(0, {.lowest = 1, .highest = count});
  if (!first.ok()) return first.status();
  const std::int64_t end = std::min(*first + page->size(), count);
  for (std::int64_t i = *first; i < end; ++i) {
    *response->add_elections() = rpc::ToProto(*elections[static_cast<std::size_t>(i)]);
  }
  if (end < count) response->set_next_page_token(page->TokenAt(end));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerReadReactor<v1::DefineElectionRequest>* ElectionService::DefineElection(
    grpc::CallbackServerContext* context, v1::DefineElectionResponse* response) {
  return new DefinitionStream(writer_, definition_streams_, definition_shares_, *context, response);
}

grpc::ServerUnaryReactor* ElectionService::GetElection(grpc::CallbackServerContext* context,
                                                       const v1::GetElectionRequest* request,
                                                       v1::GetElectionResponse* response) {
  return ListFromCommitted(context, *request, *response, writer_, committed_, lists_,
                           [=, this](const CommittedLedgers::Contents& committed) {
                             return ReadElection(committed, request->election_id(), clock_.Now(),
                                                 response);
                           });
}

grpc::ServerUnaryReactor* ElectionService::ListElections(grpc::CallbackServerContext* context,
                                                         const v1::ListElectionsRequest* request,
                                                         v1::ListElectionsResponse* response) {
  return ListFromCommitted(context, *request, *response, writer_, committed_, lists_,
                           [=](const CommittedLedgers::Contents& committed) {
                             return ReadElections(committed, *request, response);
                           });
}

grpc::ServerUnaryReactor* ElectionService::PublishPollFigures(
    grpc::CallbackServerContext* context, const v1::PublishPollFiguresRequest* request,
    v1::PublishPollFiguresResponse* response) {
  const Check check = [figures = rpc::FromProto(request->figures())](const election::Count& count,
                                                                     std::int64_t) {
    return election::CheckPollFigures(count, figures);
  };
  return Decide(context, *request, request->figures().election_id(), request->figures().source_id(),
                check, SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReleaseReport(grpc::CallbackServerContext* context,
                                                         const v1::ReleaseReportRequest* request,
                                                         v1::ReleaseReportResponse* response) {
  const Check check = [decision = ReportDecisionOf(*request)](const election::Count& count,
                                                              std::int64_t) {
    return election::CheckRelease(count, decision);
  };
  return Decide(context, *request, request->key().election_id(), request->key().source_id(), check,
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::AnnulReport(grpc::CallbackServerContext* context,
                                                       const v1::AnnulReportRequest* request,
                                                       v1::AnnulReportResponse* response) {
  election::ReportDecisionRequest decision = ReportDecisionOf(*request);
  decision.station_expected_again = request->station_expected_again();
  const Check check = [decision = std::move(decision)](const election::Count& count, std::int64_t) {
    return election::CheckAnnulment(count, decision);
  };
  return Decide(context, *request, request->key().election_id(), request->key().source_id(), check,
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReinstateReport(
    grpc::CallbackServerContext* context, const v1::ReinstateReportRequest* request,
    v1::ReinstateReportResponse* response) {
  const Check check = [decision = ReportDecisionOf(*request)](const election::Count& count,
                                                              std::int64_t) {
    return election::CheckReinstatement(count, decision);
  };
  return Decide(context, *request, request->key().election_id(), request->key().source_id(), check,
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::CertifyResult(grpc::CallbackServerContext* context,
                                                         const v1::CertifyResultRequest* request,
                                                         v1::CertifyResultResponse* response) {
  const Check check = [certification = CertificationOf(*request)](const election::Count& count,
                                                                  std::int64_t last_sequence) {
    return election::CheckCertification(count, last_sequence, certification);
  };
  return Decide(context, *request, request->election_id(), request->source_id(), check,
                [this, request = *request, response](const DecisionOutcome& /*outcome*/) {
                  return ReadCertified(request, response);
                });
}

grpc::ServerUnaryReactor* ElectionService::ReopenContest(grpc::CallbackServerContext* context,
                                                         const v1::ReopenContestRequest* request,
                                                         v1::ReopenContestResponse* response) {
  const absl::StatusOr<election::ReopeningStatus> status = ReopeningStatusOf(request->status());
  if (!status.ok()) return rpc::Finish(context, status.status());
  const Check check =
      [reopening = election::ReopeningRequest{.contest_id = request->contest_id(),
                                              .source_id = request->source_id(),
                                              .status = *status,
                                              .reason = request->reason(),
                                              .documents = rpc::FromProto(request->documents())}](
          const election::Count& count, std::int64_t) {
        return election::CheckReopening(count, reopening);
      };
  return Decide(context, *request, request->election_id(), request->source_id(), check,
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::WithdrawSeal(grpc::CallbackServerContext* context,
                                                        const v1::WithdrawSealRequest* request,
                                                        v1::WithdrawSealResponse* response) {
  const Check check =
      [withdrawal =
           election::SealWithdrawalRequest{.seal_sequence = request->seal_sequence(),
                                           .reason = request->reason(),
                                           .documents = rpc::FromProto(request->documents())}](
          const election::Count& count, std::int64_t) {
        return election::CheckSealWithdrawal(count, withdrawal);
      };
  return Decide(context, *request, request->election_id(), /*source_id=*/std::nullopt, check,
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::Decide(grpc::CallbackServerContext* context,
                                                  const google::protobuf::Message& request,
                                                  std::string election_id,
                                                  std::optional<std::string> source_id, Check check,
                                                  Answer answer) {
  absl::Status status = CheckCall(*context, writer_);
  if (status.ok()) status = rpc::CheckMessage(request);
  if (!status.ok()) return rpc::Finish(context, status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  writer_.Decide(
      {.caller = rpc::CallerOf(*context),
       .election_id = std::move(election_id),
       .actor = election::kLocalActor,
       .bytes = 2 * request.SpaceUsedLong(),  // the request, and what `check` has of it
       .source_id = std::move(source_id),
       .check = std::move(check)},
      [reactor, answer = std::move(answer)](const absl::StatusOr<DecisionOutcome>& outcome) {
        reactor->Finish(rpc::ToGrpcStatus(outcome.ok() ? answer(*outcome) : outcome.status()));
      });
  return reactor;
}

// Called before the writer processes another request, so that this certification is the newest one.
absl::Status ElectionService::ReadCertified(const v1::CertifyResultRequest& request,
                                            v1::CertifyResultResponse* response) const {
  return committed_.Reading([&](const CommittedLedgers::Contents& committed) {
    const absl::StatusOr<const ledger::ElectionLedger*> ledger =
        committed.Get(request.election_id());
    if (!ledger.ok()) return ledger.status();
    const election::Definition& definition = (*ledger)->count().definition();
    const absl::StatusOr<int> contest_no =
        election::ResolveContest(definition, request.contest_id());
    const absl::StatusOr<int> source_no =
        election::ResolveOfficialOrNamedSource(definition, request.source_id());
    if (!contest_no.ok()) return contest_no.status();
    if (!source_no.ok()) return source_no.status();
    *response->mutable_result() =
        rpc::CertifiedResultOf(**ledger, *contest_no, *source_no,
                               rpc::AsOfOf(**ledger, committed.ledger_id, clock_.Now()));
    return absl::OkStatus();
  });
}

}  // namespace canvass::aggregator
