#include "services/canvass/clients/publisher_client.h"

#include <grpcpp/channel.h>

#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "services/canvass/clients/unary_call.h"

namespace canvass::cli {

using publisher::v1::PublisherService;

struct PublisherClient::Connection {
  explicit Connection(const Endpoint& endpoint)
      : stub(PublisherService::NewStub(
            rpc::NewChannel(endpoint.address, {.service = "publisher"}))) {}

  std::unique_ptr<PublisherService::Stub> stub;
};

PublisherClient::PublisherClient(const CommonOptions& options)
    : endpoint_{.service = "publisher", .address = options.publisher, .timeout = options.timeout},
      connection_(std::make_unique<Connection>(endpoint_)) {}

PublisherClient::~PublisherClient() = default;

absl::StatusOr<publisher::v1::ListElectionsResponse> PublisherClient::ListElections(
    const publisher::v1::ListElectionsRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListElections, request);
}

absl::StatusOr<publisher::v1::GetElectionResponse> PublisherClient::GetElection(
    const publisher::v1::GetElectionRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetElection, request);
}

absl::StatusOr<publisher::v1::ListAreasResponse> PublisherClient::ListAreas(
    const publisher::v1::ListAreasRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListAreas, request);
}

absl::StatusOr<publisher::v1::GetNationalResultResponse> PublisherClient::GetNationalResult(
    const publisher::v1::GetNationalResultRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetNationalResult, request);
}

absl::StatusOr<publisher::v1::ListContestResultsResponse> PublisherClient::ListContestResults(
    const publisher::v1::ListContestResultsRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListContestResults, request);
}

absl::StatusOr<publisher::v1::GetFinalResultResponse> PublisherClient::GetFinalResult(
    const publisher::v1::GetFinalResultRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetFinalResult, request);
}

absl::StatusOr<publisher::v1::GetAreaResultResponse> PublisherClient::GetAreaResult(
    const publisher::v1::GetAreaResultRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetAreaResult, request);
}

absl::StatusOr<publisher::v1::ListAreaResultsResponse> PublisherClient::ListAreaResults(
    const publisher::v1::ListAreaResultsRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListAreaResults, request);
}

absl::StatusOr<publisher::v1::GetStationReportResponse> PublisherClient::GetStationReport(
    const publisher::v1::GetStationReportRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetStationReport, request);
}

absl::StatusOr<publisher::v1::ListStationReportsResponse> PublisherClient::ListStationReports(
    const publisher::v1::ListStationReportsRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListStationReports, request);
}

absl::StatusOr<publisher::v1::CompareSourcesResponse> PublisherClient::CompareSources(
    const publisher::v1::CompareSourcesRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::CompareSources, request);
}

absl::StatusOr<publisher::v1::GetHistoryResponse> PublisherClient::GetHistory(
    const publisher::v1::GetHistoryRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::GetHistory, request);
}

absl::StatusOr<publisher::v1::ListChangesResponse> PublisherClient::ListChanges(
    const publisher::v1::ListChangesRequest& request) const {
  return Call(endpoint_, *connection_->stub, &PublisherService::Stub::ListChanges, request);
}

absl::Status PublisherClient::WatchResult(
    const publisher::v1::WatchResultRequest& request,
    const std::function<bool(const v1::Result&)>& seen) const {
  grpc::ClientContext context;
  const auto stream = connection_->stub->WatchResult(&context, request);
  publisher::v1::WatchResultResponse response;
  while (stream->Read(&response)) {
    if (seen(response.result())) continue;
    context.TryCancel();
    stream->Finish();
    return absl::OkStatus();
  }
  const grpc::Status status = stream->Finish();
  if (status.ok()) return absl::UnavailableError("The publisher ended the stream");
  return CallError(endpoint_, status);
}

}  // namespace canvass::cli
