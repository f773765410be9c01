#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_RESULT_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_RESULT_CALLS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "canvass/v1/result.pb.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/calls/area_snapshots.h"

namespace grpc {
class ByteBuffer;
}  // namespace grpc

// The calls about results, as their protos describe them.
namespace canvass::publisher {

// Returns the bytes of a GetNationalResultResponse. Many calls share them.
absl::StatusOr<std::shared_ptr<const grpc::ByteBuffer>> GetNationalResult(
    const ResultBoard& board, const v1::GetNationalResultRequest& request);
absl::Status ListContestResults(const ResultBoard& board,
                                const v1::ListContestResultsRequest& request,
                                v1::ListContestResultsResponse& response);
absl::Status GetFinalResult(const ResultBoard& board, const v1::GetFinalResultRequest& request,
                            v1::GetFinalResultResponse& response);
absl::Status GetAreaResult(const ResultBoard& board, const v1::GetAreaResultRequest& request,
                           v1::GetAreaResultResponse& response);
absl::Status ListAreaResults(const ResultBoard& board, AreaSnapshots& snapshots,
                             const v1::ListAreaResultsRequest& request,
                             v1::ListAreaResultsResponse& response);
absl::Status CompareSources(const ResultBoard& board, const v1::CompareSourcesRequest& request,
                            v1::CompareSourcesResponse& response);
absl::Status GetHistory(const ResultBoard& board, const v1::GetHistoryRequest& request,
                        v1::GetHistoryResponse& response);

// Returns the current result that a watcher asks for.
absl::StatusOr<canvass::v1::Result> FindWatchedResult(const ResultBoard& board,
                                                      const v1::WatchResultRequest& request);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_RESULT_CALLS_H_
