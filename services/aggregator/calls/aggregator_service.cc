#include "services/aggregator/calls/aggregator_service.h"

#include <cassert>

#include "common/identity/policy.h"
#include "services/aggregator/calls/ledger_calls.h"
#include "services/aggregator/calls/read_call.h"

namespace canvass::aggregator {
void AggregatorService::EndStreams(const absl::Status& status) {
  assert(!status.ok());
  report_streams_.open.EndAll(status);
  feed_.SetOpen(status);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* AggregatorService::RecordReports(
    grpc::CallbackServerContext* context) {
  return new ReportStream(writer_, report_streams_, *context);
}

grpc::ServerWriteReactor<v1::WatchLedgerResponse>* AggregatorService::WatchLedger(
    grpc::CallbackServerContext* context, const v1::WatchLedgerRequest* request) {
  return new LedgerStream(feed_, committed_, writer_, watcher_shares_, *context, *request);
}

grpc::ServerUnaryReactor* AggregatorService::GetReceipt(grpc::CallbackServerContext* context,
                                                        const v1::GetReceiptRequest* request,
                                                        v1::GetReceiptResponse* response) {
  return AnswerFromCommitted(context, identity::Call::kGetReceipt, *request, writer_, committed_,
                             [=, now = clock_.Now()](const auto& committed) {
                               return aggregator::GetReceipt(committed, *request, now, *response);
                             });
}

grpc::ServerUnaryReactor* AggregatorService::ListLedgerEntries(
    grpc::CallbackServerContext* context, const v1::ListLedgerEntriesRequest* request,
    v1::ListLedgerEntriesResponse* response) {
  return ListFromCommitted(context, identity::Call::kListLedgerEntries, *request, *response,
                           writer_, committed_, lists_,
                           [=](const CommittedLedgers::Contents& committed) {
                             return aggregator::ListLedgerEntries(committed, *request, *response);
                           });
}

grpc::ServerUnaryReactor* AggregatorService::ListRefusedReports(
    grpc::CallbackServerContext* context, const v1::ListRefusedReportsRequest* request,
    v1::ListRefusedReportsResponse* response) {
  return ListFromCommitted(
      context, identity::Call::kListRefusedReports, *request, *response, writer_, committed_,
      lists_, [=, now = clock_.Now()](const CommittedLedgers::Contents& committed) {
        return aggregator::ListRefusedReports(committed, *request, now, *response);
      });
}

grpc::ServerUnaryReactor* AggregatorService::ListHeldReports(
    grpc::CallbackServerContext* context, const v1::ListHeldReportsRequest* request,
    v1::ListHeldReportsResponse* response) {
  return ListFromCommitted(context, identity::Call::kListHeldReports, *request, *response, writer_,
                           committed_, lists_, [=](const CommittedLedgers::Contents& committed) {
                             return aggregator::ListHeldReports(committed, *request, *response);
                           });
}

}  // namespace canvass::aggregator
