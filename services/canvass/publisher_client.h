#ifndef CANVASS_SERVICES_CANVASS_PUBLISHER_CLIENT_H_
#define CANVASS_SERVICES_CANVASS_PUBLISHER_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/canvass/command.h"
#include "services/canvass/endpoint.h"

namespace canvass {

// Calls to a publisher, each with the deadline of --timeout. Blocks. Thread-safe.
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
  // Hands each result to `seen` until it returns false (then OK) or the stream ends (then why).
  // Without a deadline.
  absl::Status WatchResult(const publisher::v1::WatchResultRequest& request,
                           const std::function<bool(const v1::Result&)>& seen) const;

 private:
  struct Connection;

  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_PUBLISHER_CLIENT_H_
