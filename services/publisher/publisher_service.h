#ifndef CANVASS_SERVICES_PUBLISHER_PUBLISHER_SERVICE_H_
#define CANVASS_SERVICES_PUBLISHER_PUBLISHER_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>

#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/rpc/list_calls.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/calls/area_snapshots.h"
#include "services/publisher/watch/result_feed.h"

namespace canvass::publisher {

// The methods of the service. GetNationalResult, which the public calls most, takes and returns
// bytes, so that an answer is made once for all callers; see common/rpc/message.h.
using PublisherMethods = v1::PublisherService::WithRawCallbackMethod_GetNationalResult<
    v1::PublisherService::WithCallbackMethod_ListElections<
        v1::PublisherService::WithCallbackMethod_GetElection<
            v1::PublisherService::WithCallbackMethod_ListAreas<
                v1::PublisherService::WithCallbackMethod_ListContestResults<
                    v1::PublisherService::WithCallbackMethod_GetFinalResult<
                        v1::PublisherService::WithCallbackMethod_GetAreaResult<
                            v1::PublisherService::WithCallbackMethod_ListAreaResults<
                                v1::PublisherService::WithCallbackMethod_GetStationReport<
                                    v1::PublisherService::WithCallbackMethod_ListStationReports<
                                        v1::PublisherService::WithCallbackMethod_CompareSources<
                                            v1::PublisherService::WithCallbackMethod_GetHistory<
                                                v1::PublisherService::
                                                    WithCallbackMethod_ListChanges<
                                                        v1::PublisherService::
                                                            WithCallbackMethod_WatchResult<
                                                                v1::PublisherService::
                                                                    Service>>>>>>>>>>>>>>;

// The public API. Thread-safe. Each call reads the board. Lists, and what walks through all
// stations, are made by threads of ListCalls; the others are answered at once.
class PublisherService final : public PublisherMethods {
 public:
  // `board`, `feed` and `clock` must outlive the service.
  PublisherService(const ResultBoard& board, ResultFeed& feed, const Clock& clock)
      : board_(board), feed_(feed), snapshots_(clock) {}

  grpc::ServerUnaryReactor* ListElections(grpc::CallbackServerContext* context,
                                          const v1::ListElectionsRequest* request,
                                          v1::ListElectionsResponse* response) override;
  grpc::ServerUnaryReactor* GetElection(grpc::CallbackServerContext* context,
                                        const v1::GetElectionRequest* request,
                                        v1::GetElectionResponse* response) override;
  grpc::ServerUnaryReactor* ListAreas(grpc::CallbackServerContext* context,
                                      const v1::ListAreasRequest* request,
                                      v1::ListAreasResponse* response) override;
  grpc::ServerUnaryReactor* GetNationalResult(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListContestResults(grpc::CallbackServerContext* context,
                                               const v1::ListContestResultsRequest* request,
                                               v1::ListContestResultsResponse* response) override;
  grpc::ServerUnaryReactor* GetFinalResult(grpc::CallbackServerContext* context,
                                           const v1::GetFinalResultRequest* request,
                                           v1::GetFinalResultResponse* response) override;
  grpc::ServerUnaryReactor* GetAreaResult(grpc::CallbackServerContext* context,
                                          const v1::GetAreaResultRequest* request,
                                          v1::GetAreaResultResponse* response) override;
  grpc::ServerUnaryReactor* ListAreaResults(grpc::CallbackServerContext* context,
                                            const v1::ListAreaResultsRequest* request,
                                            v1::ListAreaResultsResponse* response) override;
  grpc::ServerUnaryReactor* GetStationReport(grpc::CallbackServerContext* context,
                                             const v1::GetStationReportRequest* request,
                                             v1::GetStationReportResponse* response) override;
  grpc::ServerUnaryReactor* ListStationReports(grpc::CallbackServerContext* context,
                                               const v1::ListStationReportsRequest* request,
                                               v1::ListStationReportsResponse* response) override;
  grpc::ServerUnaryReactor* CompareSources(grpc::CallbackServerContext* context,
                                           const v1::CompareSourcesRequest* request,
                                           v1::CompareSourcesResponse* response) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context,
                                       const v1::GetHistoryRequest* request,
                                       v1::GetHistoryResponse* response) override;
  grpc::ServerUnaryReactor* ListChanges(grpc::CallbackServerContext* context,
                                        const v1::ListChangesRequest* request,
                                        v1::ListChangesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResultResponse>* WatchResult(
      grpc::CallbackServerContext* context, const v1::WatchResultRequest* request) override;

 private:
  const ResultBoard& board_;
  ResultFeed& feed_;
  AreaSnapshots snapshots_;
  rpc::ListCalls lists_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_PUBLISHER_SERVICE_H_
