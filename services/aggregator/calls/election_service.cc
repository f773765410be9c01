#include "services/aggregator/calls/election_service.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/entitlement_check.h"
#include "common/identity/policy.h"
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
    if constexpr (requires { response->awaits_second_operator(); }) {
      response->set_awaits_second_operator(outcome.awaits_second_operator);
    }
    return absl::OkStatus();
  };
}

// A poll or observer publishes figures as itself alone.
absl::Status CheckSpeaker(const grpc::CallbackServerContext& context,
                          const std::string& source_id) {
  const absl::Status permitted = rpc::CheckCaller(context, identity::Call::kPublishPollFigures);
  if (!permitted.ok()) return permitted;
  const std::string actor = identity::ActorOf(rpc::PeerOf(context));
  if (election::MaySpeakFor(actor, source_id)) return absl::OkStatus();
  return MakeError(reason::kActorNotEntitled,
                   StrCat(actor, " may not speak for source \"", source_id, "\""),
                   {.violations = {{"figures.source_id", StrCat("is not the source of ", actor)}},
                    .metadata = {{"identity", actor}}});
}

}  // namespace

grpc::ServerReadReactor<v1::DefineElectionRequest>* ElectionService::DefineElection(
    grpc::CallbackServerContext* context, v1::DefineElectionResponse* response) {
  return new DefinitionStream(writer_, definition_streams_, definition_shares_, *context, response);
}

grpc::ServerUnaryReactor* ElectionService::GetElection(grpc::CallbackServerContext* context,
                                                       const v1::GetElectionRequest* request,
                                                       v1::GetElectionResponse* response) {
  return ListFromCommitted(
      context, identity::Call::kGetElection, *request, *response, writer_, committed_, lists_,
      [=, this](const CommittedLedgers::Contents& committed) {
        return aggregator::GetElection(committed, *request, clock_.Now(), *response);
      });
}

grpc::ServerUnaryReactor* ElectionService::ListElections(grpc::CallbackServerContext* context,
                                                         const v1::ListElectionsRequest* request,
                                                         v1::ListElectionsResponse* response) {
  return ListFromCommitted(context, identity::Call::kListElections, *request, *response, writer_,
                           committed_, lists_, [=](const CommittedLedgers::Contents& committed) {
                             return aggregator::ListElections(committed, *request, *response);
                           });
}

grpc::ServerUnaryReactor* ElectionService::PublishPollFigures(
    grpc::CallbackServerContext* context, const v1::PublishPollFiguresRequest* request,
    v1::PublishPollFiguresResponse* response) {
  const absl::Status speaks = CheckSpeaker(*context, request->figures().source_id());
  if (!speaks.ok()) return rpc::Finish(context, speaks);
  return Decide(context, identity::Call::kPublishPollFigures, DecisionOf(*request),
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReleaseReport(grpc::CallbackServerContext* context,
                                                         const v1::ReleaseReportRequest* request,
                                                         v1::ReleaseReportResponse* response) {
  return Decide(context, identity::Call::kReleaseReport, DecisionOf(*request),
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::AnnulReport(grpc::CallbackServerContext* context,
                                                       const v1::AnnulReportRequest* request,
                                                       v1::AnnulReportResponse* response) {
  return Decide(context, identity::Call::kAnnulReport, DecisionOf(*request), SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::ReinstateReport(
    grpc::CallbackServerContext* context, const v1::ReinstateReportRequest* request,
    v1::ReinstateReportResponse* response) {
  return Decide(context, identity::Call::kReinstateReport, DecisionOf(*request),
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::CertifyResult(grpc::CallbackServerContext* context,
                                                         const v1::CertifyResultRequest* request,
                                                         v1::CertifyResultResponse* response) {
  return Decide(context, identity::Call::kCertifyResult, DecisionOf(*request),
                [this, request = *request, response](const DecisionOutcome& outcome) {
                  response->set_sequence(outcome.sequence);
                  response->set_awaits_second_operator(outcome.awaits_second_operator);
                  if (outcome.awaits_second_operator) return absl::OkStatus();
                  return ReadCertified(request, response);
                });
}

grpc::ServerUnaryReactor* ElectionService::ReopenContest(grpc::CallbackServerContext* context,
                                                         const v1::ReopenContestRequest* request,
                                                         v1::ReopenContestResponse* response) {
  return Decide(context, identity::Call::kReopenContest, DecisionOf(*request),
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::WithdrawSeal(grpc::CallbackServerContext* context,
                                                        const v1::WithdrawSealRequest* request,
                                                        v1::WithdrawSealResponse* response) {
  return Decide(context, identity::Call::kWithdrawSeal, DecisionOf(*request),
                SetSequence(response));
}

grpc::ServerUnaryReactor* ElectionService::Decide(grpc::CallbackServerContext* context,
                                                  identity::Call call,
                                                  absl::StatusOr<ProposedDecision> decision,
                                                  Answer answer) {
  absl::Status status = CheckCall(*context, call, writer_);
  if (status.ok()) status = decision.status();
  if (!status.ok()) return rpc::Finish(context, status);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  decision->caller = rpc::CallerOf(*context);
  decision->actor = identity::ActorOf(rpc::PeerOf(*context));
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
