#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_SERVICE_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_SERVICE_H_

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/identity/policy.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/list_calls.h"
#include "services/aggregator/calls/definition_stream.h"
#include "services/aggregator/calls/open_streams.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// Definitions and decisions of an election office. Does not own its arguments, which must outlive
// it.
class ElectionService final : public v1::ElectionService::CallbackService {
 public:
  ElectionService(LedgerWriter& writer, const CommittedLedgers& committed, const Clock& clock)
      : writer_(writer), committed_(committed), clock_(clock) {}

  // Ends with `status` all streams whose definition is not complete yet.
  void EndStreams(const absl::Status& status) { definition_streams_.EndAll(status); }

  grpc::ServerReadReactor<v1::DefineElectionRequest>* DefineElection(
      grpc::CallbackServerContext* context, v1::DefineElectionResponse* response) override;
  grpc::ServerUnaryReactor* GetElection(grpc::CallbackServerContext* context,
                                        const v1::GetElectionRequest* request,
                                        v1::GetElectionResponse* response) override;
  grpc::ServerUnaryReactor* ListElections(grpc::CallbackServerContext* context,
                                          const v1::ListElectionsRequest* request,
                                          v1::ListElectionsResponse* response) override;
  grpc::ServerUnaryReactor* PublishPollFigures(grpc::CallbackServerContext* context,
                                               const v1::PublishPollFiguresRequest* request,
                                               v1::PublishPollFiguresResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseReport(grpc::CallbackServerContext* context,
                                          const v1::ReleaseReportRequest* request,
                                          v1::ReleaseReportResponse* response) override;
  grpc::ServerUnaryReactor* AnnulReport(grpc::CallbackServerContext* context,
                                        const v1::AnnulReportRequest* request,
                                        v1::AnnulReportResponse* response) override;
  grpc::ServerUnaryReactor* ReinstateReport(grpc::CallbackServerContext* context,
                                            const v1::ReinstateReportRequest* request,
                                            v1::ReinstateReportResponse* response) override;
  grpc::ServerUnaryReactor* CertifyResult(grpc::CallbackServerContext* context,
                                          const v1::CertifyResultRequest* request,
                                          v1::CertifyResultResponse* response) override;
  grpc::ServerUnaryReactor* ReopenContest(grpc::CallbackServerContext* context,
                                          const v1::ReopenContestRequest* request,
                                          v1::ReopenContestResponse* response) override;
  grpc::ServerUnaryReactor* WithdrawSeal(grpc::CallbackServerContext* context,
                                         const v1::WithdrawSealRequest* request,
                                         v1::WithdrawSealResponse* response) override;

 private:
  using Answer = std::function<absl::Status(const DecisionOutcome&)>;

  // Passes the decision to the writer, if the caller may make the call, and finishes the call with
  // the status of `answer` for its outcome.
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context, identity::Call call,
                                   absl::StatusOr<ProposedDecision> decision, Answer answer);
  absl::Status ReadCertified(const v1::CertifyResultRequest& request,
                             v1::CertifyResultResponse* response) const;

  LedgerWriter& writer_;
  const CommittedLedgers& committed_;
  const Clock& clock_;
  OpenStreams<DefinitionStream> definition_streams_;
  rpc::CallShares definition_shares_{DefinitionStream::kStreamsMax};
  rpc::ListCalls lists_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_SERVICE_H_
