#ifndef CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_SERVICE_H_
#define CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_SERVICE_H_

#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/ledger_writer.h"
#include "services/aggregator/open_streams.h"
#include "services/aggregator/report_stream.h"
#include "services/aggregator/tally_feed.h"

namespace canvass::aggregator {

// Reports in, the ledger out. Everything is answered by the aggregator that leads; another one's
// book may be old. Owns none of its parts.
class AggregatorService final
    : public v1::AggregatorService::WithRawCallbackMethod_RecordReports<
          v1::AggregatorService::WithCallbackMethod_WatchTallies<
              v1::AggregatorService::WithCallbackMethod_GetReceipt<
                  v1::AggregatorService::WithCallbackMethod_ListLedgerEntries<
                      v1::AggregatorService::WithCallbackMethod_ListRefusedReports<
                          v1::AggregatorService::WithCallbackMethod_ListHeldReports<
                              v1::AggregatorService::Service>>>>>> {
 public:
  AggregatorService(LedgerWriter& writer, const LedgerBook& book, TallyFeed& feed)
      : writer_(writer), book_(book), feed_(feed) {}

  // Ends the streams that are open with `status`, once what they brought is answered.
  void EndStreams(const absl::Status& status);

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* RecordReports(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchTalliesResponse>* WatchTallies(
      grpc::CallbackServerContext* context, const v1::WatchTalliesRequest* request) override;
  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context,
                                       const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override;
  grpc::ServerUnaryReactor* ListLedgerEntries(grpc::CallbackServerContext* context,
                                              const v1::ListLedgerEntriesRequest* request,
                                              v1::ListLedgerEntriesResponse* response) override;
  grpc::ServerUnaryReactor* ListRefusedReports(grpc::CallbackServerContext* context,
                                               const v1::ListRefusedReportsRequest* request,
                                               v1::ListRefusedReportsResponse* response) override;
  grpc::ServerUnaryReactor* ListHeldReports(grpc::CallbackServerContext* context,
                                            const v1::ListHeldReportsRequest* request,
                                            v1::ListHeldReportsResponse* response) override;

 private:
  LedgerWriter& writer_;
  const LedgerBook& book_;
  TallyFeed& feed_;
  OpenStreams<ReportStream> report_streams_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_SERVICE_H_
