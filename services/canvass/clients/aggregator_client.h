#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_AGGREGATOR_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_AGGREGATOR_CLIENT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "services/canvass/clients/endpoint.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {

// Client of the active aggregator. Every call has the deadline of --timeout. Every call blocks.
// Thread-safe.
class AggregatorClient {
 public:
  explicit AggregatorClient(const CommonOptions& options);
  ~AggregatorClient();
  AggregatorClient(const AggregatorClient&) = delete;
  AggregatorClient& operator=(const AggregatorClient&) = delete;

  // Streams the messages of one definition. Its deadline is at least rpc::kDeadlineMax, because a
  // million stations may take longer than --timeout.
  absl::StatusOr<aggregator::v1::DefineElectionResponse> DefineElection(
      const std::vector<aggregator::v1::DefineElectionRequest>& messages) const;
  absl::StatusOr<aggregator::v1::ListLedgerEntriesResponse> ListLedgerEntries(
      const aggregator::v1::ListLedgerEntriesRequest& request) const;
  absl::StatusOr<aggregator::v1::ListRefusedReportsResponse> ListRefusedReports(
      const aggregator::v1::ListRefusedReportsRequest& request) const;
  absl::StatusOr<aggregator::v1::ListHeldReportsResponse> ListHeldReports(
      const aggregator::v1::ListHeldReportsRequest& request) const;
  absl::StatusOr<aggregator::v1::GetElectionResponse> GetElection(
      const aggregator::v1::GetElectionRequest& request) const;
  absl::StatusOr<aggregator::v1::PublishPollFiguresResponse> PublishPollFigures(
      const aggregator::v1::PublishPollFiguresRequest& request) const;
  absl::StatusOr<aggregator::v1::ReleaseReportResponse> ReleaseReport(
      const aggregator::v1::ReleaseReportRequest& request) const;
  absl::StatusOr<aggregator::v1::AnnulReportResponse> AnnulReport(
      const aggregator::v1::AnnulReportRequest& request) const;
  absl::StatusOr<aggregator::v1::ReinstateReportResponse> ReinstateReport(
      const aggregator::v1::ReinstateReportRequest& request) const;
  absl::StatusOr<aggregator::v1::CertifyResultResponse> CertifyResult(
      const aggregator::v1::CertifyResultRequest& request) const;
  absl::StatusOr<aggregator::v1::ReopenContestResponse> ReopenContest(
      const aggregator::v1::ReopenContestRequest& request) const;
  absl::StatusOr<aggregator::v1::WithdrawSealResponse> WithdrawSeal(
      const aggregator::v1::WithdrawSealRequest& request) const;

 private:
  struct Connection;

  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_AGGREGATOR_CLIENT_H_
