#ifndef CANVASS_SERVICES_AGGREGATOR_ELECTION_SERVICE_H_
#define CANVASS_SERVICES_AGGREGATOR_ELECTION_SERVICE_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/base/clock.h"
#include "services/aggregator/definition_stream.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/ledger_writer.h"
#include "services/aggregator/open_streams.h"

namespace canvass::aggregator {

// What an election office decides, and what it has defined. Owns none of its parts.
class ElectionService final : public v1::ElectionService::CallbackService {
 public:
  ElectionService(LedgerWriter& writer, const LedgerBook& book, const Clock& clock)
      : writer_(writer), book_(book), clock_(clock) {}

  // Ends the streams whose definitions are not complete yet with `status`.
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

 private:
  using Check = std::function<absl::StatusOr<election::Decision>(const BookedLedger&)>;
  using Answer = std::function<absl::Status(const DecisionOutcome&)>;

  // Has the writer decide, and answers with what `answer` makes of the outcome.
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context, std::string election_id,
                                   Check check, Answer answer);
  absl::Status ReadCertified(const v1::CertifyResultRequest& request,
                             v1::CertifyResultResponse* response) const;

  LedgerWriter& writer_;
  const LedgerBook& book_;
  const Clock& clock_;
  OpenStreams<DefinitionStream> definition_streams_;
  std::atomic<std::size_t> definitions_taken_ = 0;  // streams that are not finished
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_ELECTION_SERVICE_H_
