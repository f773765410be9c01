#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_PUBLISHER_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_PUBLISHER_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/canvass/clients/endpoint.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {

// Client of a publisher. Every call has the deadline of --timeout unless stated otherwise. Every
// call blocks. Thread-safe.
class PublisherClient {
 public:
  explicit PublisherClient(const CommonOptions& options);
  ~PublisherClient();
  PublisherClient(const PublisherClient&) = delete;
  PublisherClient& operator=(const PublisherClient&) = delete;

  absl::StatusOr<publisher::v1::ListElectionsResponse> ListElections(
      const publisher::v1::ListElectionsRequest& request) const;
  absl::StatusOr<publisher::v1::GetElectionResponse> GetElection(
      const publisher::v1::GetElectionRequest& request) const;
  absl::StatusOr<publisher::v1::ListAreasResponse> ListAreas(
      const publisher::v1::ListAreasRequest& request) const;
  absl::StatusOr<publisher::v1::GetNationalResultResponse> GetNationalResult(
      const publisher::v1::GetNationalResultRequest& request) const;
  absl::StatusOr<publisher::v1::ListContestResultsResponse> ListContestResults(
      const publisher::v1::ListContestResultsRequest& request) const;
  absl::StatusOr<publisher::v1::GetFinalResultResponse> GetFinalResult(
      const publisher::v1::GetFinalResultRequest& request) const;
  absl::StatusOr<publisher::v1::GetAreaResultResponse> GetAreaResult(
      const publisher::v1::GetAreaResultRequest& request) const;
  absl::StatusOr<publisher::v1::ListAreaResultsResponse> ListAreaResults(
      const publisher::v1::ListAreaResultsRequest& request) const;
  absl::StatusOr<publisher::v1::GetStationReportResponse> GetStationReport(
      const publisher::v1::GetStationReportRequest& request) const;
  absl::StatusOr<publisher::v1::ListStationReportsResponse> ListStationReports(
      const publisher::v1::ListStationReportsRequest& request) const;
  absl::StatusOr<publisher::v1::CompareSourcesResponse> CompareSources(
      const publisher::v1::CompareSourcesRequest& request) const;
  absl::StatusOr<publisher::v1::GetHistoryResponse> GetHistory(
      const publisher::v1::GetHistoryRequest& request) const;
  absl::StatusOr<publisher::v1::ListChangesResponse> ListChanges(
      const publisher::v1::ListChangesRequest& request) const;
  // Calls `seen` with each result until it returns false, then returns OK. Returns an error if the
  // stream ends before. Has no deadline.
  absl::Status WatchResult(const publisher::v1::WatchResultRequest& request,
                           const std::function<bool(const v1::Result&)>& seen) const;

 private:
  struct Connection;

  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_PUBLISHER_CLIENT_H_
