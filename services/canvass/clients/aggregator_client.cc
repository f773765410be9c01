#include "services/canvass/clients/aggregator_client.h"

#include <grpcpp/channel.h>

#include <algorithm>

#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "services/canvass/clients/unary_call.h"

namespace canvass::cli {

using aggregator::v1::AggregatorService;
using aggregator::v1::ElectionService;

namespace {

// Only the active aggregator is healthy under this name, so --aggregator may also list standbys.
constexpr char kActiveService[] = "canvass.aggregator.v1.AggregatorService";

}  // namespace

struct AggregatorClient::Connection {
  explicit Connection(const Endpoint& endpoint)
      : channel(rpc::NewChannel(endpoint.address,
                                {.health_service = kActiveService, .service = "aggregator"})),
        ledger(AggregatorService::NewStub(channel)),
        elections(ElectionService::NewStub(channel)) {}

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<AggregatorService::Stub> ledger;
  std::unique_ptr<ElectionService::Stub> elections;
};

AggregatorClient::AggregatorClient(const CommonOptions& options)
    : endpoint_{.service = "aggregator", .address = options.aggregator, .timeout = options.timeout},
      connection_(std::make_unique<Connection>(endpoint_)) {}

AggregatorClient::~AggregatorClient() = default;

absl::StatusOr<aggregator::v1::DefineElectionResponse> AggregatorClient::DefineElection(
    const std::vector<aggregator::v1::DefineElectionRequest>& messages) const {
  // Defining a large election takes longer than reading it.
  Endpoint endpoint = endpoint_;
  endpoint.timeout = std::max(endpoint.timeout, rpc::kDeadlineMax);
  grpc::ClientContext context;
  rpc::SetDeadline(context, endpoint.timeout);
  aggregator::v1::DefineElectionResponse response;
  const auto stream = connection_->elections->DefineElection(&context, &response);
  for (const auto& message : messages) {
    if (!stream->Write(message)) break;  // Finish returns the reason
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return CallError(endpoint, status);
  return response;
}

absl::StatusOr<aggregator::v1::ListLedgerEntriesResponse> AggregatorClient::ListLedgerEntries(
    const aggregator::v1::ListLedgerEntriesRequest& request) const {
  return Call(endpoint_, *connection_->ledger, &AggregatorService::Stub::ListLedgerEntries,
              request);
}

absl::StatusOr<aggregator::v1::ListRefusedReportsResponse> AggregatorClient::ListRefusedReports(
    const aggregator::v1::ListRefusedReportsRequest& request) const {
  return Call(endpoint_, *connection_->ledger, &AggregatorService::Stub::ListRefusedReports,
              request);
}

absl::StatusOr<aggregator::v1::ListHeldReportsResponse> AggregatorClient::ListHeldReports(
    const aggregator::v1::ListHeldReportsRequest& request) const {
  return Call(endpoint_, *connection_->ledger, &AggregatorService::Stub::ListHeldReports, request);
}

absl::StatusOr<aggregator::v1::GetElectionResponse> AggregatorClient::GetElection(
    const aggregator::v1::GetElectionRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::GetElection, request);
}

absl::StatusOr<aggregator::v1::PublishPollFiguresResponse> AggregatorClient::PublishPollFigures(
    const aggregator::v1::PublishPollFiguresRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::PublishPollFigures,
              request);
}

absl::StatusOr<aggregator::v1::ReleaseReportResponse> AggregatorClient::ReleaseReport(
    const aggregator::v1::ReleaseReportRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::ReleaseReport, request);
}

absl::StatusOr<aggregator::v1::AnnulReportResponse> AggregatorClient::AnnulReport(
    const aggregator::v1::AnnulReportRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::AnnulReport, request);
}

absl::StatusOr<aggregator::v1::ReinstateReportResponse> AggregatorClient::ReinstateReport(
    const aggregator::v1::ReinstateReportRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::ReinstateReport, request);
}

absl::StatusOr<aggregator::v1::CertifyResultResponse> AggregatorClient::CertifyResult(
    const aggregator::v1::CertifyResultRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::CertifyResult, request);
}

absl::StatusOr<aggregator::v1::WithdrawSealResponse> AggregatorClient::WithdrawSeal(
    const aggregator::v1::WithdrawSealRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::WithdrawSeal, request);
}

absl::StatusOr<aggregator::v1::ReopenContestResponse> AggregatorClient::ReopenContest(
    const aggregator::v1::ReopenContestRequest& request) const {
  return Call(endpoint_, *connection_->elections, &ElectionService::Stub::ReopenContest, request);
}

}  // namespace canvass::cli
