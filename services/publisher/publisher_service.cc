#include "services/publisher/publisher_service.h"

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "common/rpc/answered_call.h"
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

// Finishes a call with the status of `answer`, which runs only if deadline and size of the request
// are acceptable.
template <typename Answer>
ServerUnaryReactor* Reply(CallbackServerContext* context, const google::protobuf::Message& request,
                          const google::protobuf::Message& response, const Answer& answer) {
  absl::Status status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::CheckSize(request);
  if (status.ok()) status = answer();
  return rpc::FinishCounted(context, response, status);
}

}  // namespace

ServerUnaryReactor* PublisherService::ListElections(CallbackServerContext* context,
                                                    const v1::ListElectionsRequest* request,
                                                    v1::ListElectionsResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::ListElections(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetElection(CallbackServerContext* context,
                                                  const v1::GetElectionRequest* request,
                                                  v1::GetElectionResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::GetElection(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListAreas(CallbackServerContext* context,
                                                const v1::ListAreasRequest* request,
                                                v1::ListAreasResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::ListAreas(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetNationalResult(CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  v1::GetNationalResultRequest asked;
  absl::Status status = rpc::CheckDeadline(*context);
  if (status.ok()) status = rpc::ParseMessage(*request, asked);
  if (status.ok()) status = rpc::CheckSize(asked);
  if (!status.ok()) return rpc::Finish(context, status);
  const auto bytes = publisher::GetNationalResult(board_, asked);
  if (bytes.ok()) *response = **bytes;  // shared by all callers, so nobody holds it by not reading
  return rpc::Finish(context, bytes.status());
}

ServerUnaryReactor* PublisherService::ListContestResults(
    CallbackServerContext* context, const v1::ListContestResultsRequest* request,
    v1::ListContestResultsResponse* response) {
  return lists_.Reply(context, *request, *response, [=, this] {
    return publisher::ListContestResults(board_, *request, *response);
  });
}

ServerUnaryReactor* PublisherService::GetFinalResult(CallbackServerContext* context,
                                                     const v1::GetFinalResultRequest* request,
                                                     v1::GetFinalResultResponse* response) {
  return Reply(context, *request, *response,
               [&] { return publisher::GetFinalResult(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetAreaResult(CallbackServerContext* context,
                                                    const v1::GetAreaResultRequest* request,
                                                    v1::GetAreaResultResponse* response) {
  return Reply(context, *request, *response,
               [&] { return publisher::GetAreaResult(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListAreaResults(CallbackServerContext* context,
                                                      const v1::ListAreaResultsRequest* request,
                                                      v1::ListAreaResultsResponse* response) {
  return lists_.Reply(context, *request, *response, [=, this] {
    return publisher::ListAreaResults(board_, snapshots_, *request, *response);
  });
}

ServerUnaryReactor* PublisherService::GetStationReport(CallbackServerContext* context,
                                                       const v1::GetStationReportRequest* request,
                                                       v1::GetStationReportResponse* response) {
  return Reply(context, *request, *response,
               [&] { return publisher::GetStationReport(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListStationReports(
    CallbackServerContext* context, const v1::ListStationReportsRequest* request,
    v1::ListStationReportsResponse* response) {
  return lists_.Reply(context, *request, *response, [=, this] {
    return publisher::ListStationReports(board_, *request, *response);
  });
}

ServerUnaryReactor* PublisherService::CompareSources(CallbackServerContext* context,
                                                     const v1::CompareSourcesRequest* request,
                                                     v1::CompareSourcesResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::CompareSources(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::GetHistory(CallbackServerContext* context,
                                                 const v1::GetHistoryRequest* request,
                                                 v1::GetHistoryResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::GetHistory(board_, *request, *response); });
}

ServerUnaryReactor* PublisherService::ListChanges(CallbackServerContext* context,
                                                  const v1::ListChangesRequest* request,
                                                  v1::ListChangesResponse* response) {
  return lists_.Reply(context, *request, *response,
                      [=, this] { return publisher::ListChanges(board_, *request, *response); });
}

grpc::ServerWriteReactor<v1::WatchResultResponse>* PublisherService::WatchResult(
    CallbackServerContext* context, const v1::WatchResultRequest* request) {
  return ResultStream::Start(feed_, *context, *request);
}

}  // namespace canvass::publisher
