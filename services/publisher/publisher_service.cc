#include "services/publisher/publisher_service.h"

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"
#include "services/publisher/calls/change_calls.h"
#include "services/publisher/calls/election_calls.h"
#include "services/publisher/calls/result_calls.h"
#include "services/publisher/calls/station_calls.h"
#include "services/publisher/watch/result_stream.h"

namespace canvass::publisher {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Finishes a call with the status of `answer`, which runs only if the deadline is acceptable.
template <typename Answer>
ServerUnaryReactor* Reply(CallbackServerContext* context, const Answer& answer) {
  absl::Status status = rpc::CheckDeadline(*context);
  if (status.ok()) status = answer();
  return rpc::Finish(context, status);
}

}  // namespace

ServerUnaryReactor* PublisherService::ListElections(CallbackServerContext* context,
                                                    const v1::ListElectionsRequest* request,
                                                    v1::ListElectionsResponse* response) {
  return lists_.Reply(context,
                      [=, this] { return publisher::ListElections(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetElection(CallbackServerContext* context,
                                                  const v1::GetElectionRequest* request,
                                                  v1::GetElectionResponse* response) {
  return lists_.Reply(context,
                      [=, this] { return publisher::GetElection(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListAreas(CallbackServerContext* context,
                                                const v1::ListAreasRequest* request,
                                                v1::ListAreasResponse* response) {
  return lists_.Reply(context,
                      [=, this] { return publisher::ListAreas(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetNationalResult(CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  return Reply(context, [&] {
    v1::GetNationalResultRequest asked;
    absl::Status status = rpc::ParseMessage(*request, asked);
    if (!status.ok()) return status;
    const auto bytes = publisher::GetNationalResult(board_, asked);
    if (!bytes.ok()) return bytes.status();
    *response = **bytes;
    return absl::OkStatus();
  });
}

ServerUnaryReactor* PublisherService::ListContestResults(
    CallbackServerContext* context, const v1::ListContestResultsRequest* request,
    v1::ListContestResultsResponse* response) {
  return lists_.Reply(
      context, [=, this] { return publisher::ListContestResults(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetFinalResult(CallbackServerContext* context,
                                                     const v1::GetFinalResultRequest* request,
                                                     v1::GetFinalResultResponse* response) {
  return Reply(context, [&] { return publisher::GetFinalResult(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetAreaResult(CallbackServerContext* context,
                                                    const v1::GetAreaResultRequest* request,
                                                    v1::GetAreaResultResponse* response) {
  return Reply(context, [&] { return publisher::GetAreaResult(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListAreaResults(CallbackServerContext* context,
                                                      const v1::ListAreaResultsRequest* request,
                                                      v1::ListAreaResultsResponse* response) {
  return lists_.Reply(context, [=, this] {
    return publisher::ListAreaResults(board_, snapshots_, *request, *response);
  });
}

ServerUnaryReactor* PublisherService::GetStationReport(CallbackServerContext* context,
                                                       const v1::GetStationReportRequest* request,
                                                       v1::GetStationReportResponse* response) {
  return Reply(context, [&] { return publisher::GetStationReport(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListStationReports(
    CallbackServerContext* context, const v1::ListStationReportsRequest* request,
    v1::ListStationReportsResponse* response) {
  return lists_.Reply(
      context, [=, this] { return publisher::ListStationReports(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::CompareSources(CallbackServerContext* context,
                                                     const v1::CompareSourcesRequest* request,
                                                     v1::CompareSourcesResponse* response) {
  return Reply(context, [&] { return publisher::CompareSources(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetHistory(CallbackServerContext* context,
                                                 const v1::GetHistoryRequest* request,
                                                 v1::GetHistoryResponse* response) {
  return lists_.Reply(context,
                      [=, this] { return publisher::GetHistory(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListChanges(CallbackServerContext* context,
                                                  const v1::ListChangesRequest* request,
                                                  v1::ListChangesResponse* response) {
  return lists_.Reply(context,
                      [=, this] { return publisher::ListChanges(board_, *request, *response); });
}

grpc::ServerWriteReactor<v1::WatchResultResponse>* PublisherService::WatchResult(
    CallbackServerContext* /*context*/, const v1::WatchResultRequest* request) {
  return ResultStream::Start(feed_, *request);
}

}  // namespace canvass::publisher
