#include "services/aggregator/calls/election_service.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/rpc/caller.h"
#include "common/rpc/status.h"
#include "services/aggregator/calls/decision_calls.h"
#include "services/aggregator/calls/election_calls.h"
#include "services/aggregator/calls/read_call.h"

namespace canvass::aggregator {
namespace {

// Returns a function that sets only the sequence of the entry in the response.
template <typename Response>
auto SetSequence(Response* response) {
  return [response](const DecisionOutcome& outcome) {
    response->set_sequence(outcome.sequence);
    return absl::OkStatus();
  };
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
                             return aggregator::GetElection(committed, *request, clock_.Now(),
                                                            *response);
                           });
}

grpc::ServerUnaryReactor* ElectionService::ListElections(grpc::CallbackServerContext* context,
                                                         const v1::ListElectionsRequest* request,
                                                         v1::ListElectionsResponse* response) {
  return ListFromCommitted(context, *request, *response, writer_, committed_, lists_,
                           [=](const CommittedLedgers::Contents& committed) {
                             return aggregator::ListElections(committed, *request, *response);
                           });
}

grpc::ServerUnaryReactor* ElectionService::PublishPollFigures(
    grpc::CallbackServerContext* context, const v1::PublishPollFiguresRequest* request,
    v1::PublishPollFiguresResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReleaseReport(grpc::CallbackServerContext* context,
                                                         const v1::ReleaseReportRequest* request,
                                                         v1::ReleaseReportResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::AnnulReport(grpc::CallbackServerContext* context,
                                                       const v1::AnnulReportRequest* request,
                                                       v1::AnnulReportResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReinstateReport(
    grpc::CallbackServerContext* context, const v1::ReinstateReportRequest* request,
    v1::ReinstateReportResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::CertifyResult(grpc::CallbackServerContext* context,
                                                         const v1::CertifyResultRequest* request,
                                                         v1::CertifyResultResponse* response) {
  return Decide(context, DecisionOf(*request),
                [this, request = *request, response](const DecisionOutcome& /*outcome*/) {
                  return ReadCertified(request, response);
                });
}

grpc::ServerUnaryReactor* ElectionService::ReopenContest(grpc::CallbackServerContext* context,
                                                         const v1::ReopenContestRequest* request,
                                                         v1::ReopenContestResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::WithdrawSeal(grpc::CallbackServerContext* context,
                                                        const v1::WithdrawSealRequest* request,
                                                        v1::WithdrawSealResponse* response) {
  return Decide(context, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::Decide(grpc::CallbackServerContext* context,
                                                  absl::StatusOr<ProposedDecision> decision,
                                                  Answer answer) {
  absl::Status status = CheckCall(*context, writer_);
  if (status.ok()) status = decision.status();
  if (!status.ok()) return rpc::Finish(context, status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  decision->caller = rpc::CallerOf(*context);
  writer_.Decide(*std::move(decision), [reactor, answer = std::move(answer)](
                                           const absl::StatusOr<DecisionOutcome>& outcome) {
    reactor->Finish(rpc::ToGrpcStatus(outcome.ok() ? answer(*outcome) : outcome.status()));
  });
  return reactor;
}

// Called before the writer processes another request, so that this certification is the newest one.
absl::Status ElectionService::ReadCertified(const v1::CertifyResultRequest& request,
                                            v1::CertifyResultResponse* response) const {
  return committed_.Reading([&](const CommittedLedgers::Contents& committed) {
    return GetCertifiedResult(committed, request, clock_.Now(), *response);
  });
}

}  // namespace canvass::aggregator
