#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_AGGREGATOR_SERVICE_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_AGGREGATOR_SERVICE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/list_calls.h"
#include "services/aggregator/calls/open_streams.h"
#include "services/aggregator/calls/report_stream.h"
#include "services/aggregator/watch/ledger_feed.h"
#include "services/aggregator/watch/ledger_stream.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// Records reports and serves the ledger. Only the leader answers, because the committed ledgers of
// a standby may be out of date. Does not own its arguments, which must outlive it.
class AggregatorService final
    : public v1::AggregatorService::WithRawCallbackMethod_RecordReports<
          v1::AggregatorService::WithCallbackMethod_WatchLedger<
              v1::AggregatorService::WithCallbackMethod_GetReceipt<
                  v1::AggregatorService::WithCallbackMethod_ListLedgerEntries<
                      v1::AggregatorService::WithCallbackMethod_ListRefusedReports<
                          v1::AggregatorService::WithCallbackMethod_ListHeldReports<
                              v1::AggregatorService::Service>>>>>> {
 public:
  AggregatorService(LedgerWriter& writer, const CommittedLedgers& committed, LedgerFeed& feed,
                    const Clock& clock)
      : writer_(writer), committed_(committed), feed_(feed), clock_(clock) {}

  // Ends all open streams with `status`. A report stream first answers the messages that it has
  // taken. New watchers are rejected until the feed is opened again. REQUIRES: !status.ok().
  void EndStreams(const absl::Status& status);

  // Open calls of RecordReports.
  std::size_t report_streams() const { return report_streams_.open.size(); }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* RecordReports(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchLedgerResponse>* WatchLedger(
      grpc::CallbackServerContext* context, const v1::WatchLedgerRequest* request) override;
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
  const CommittedLedgers& committed_;
  LedgerFeed& feed_;
  const Clock& clock_;
  ReportStreams report_streams_{.shares = rpc::CallShares(ReportStream::kStreamsMax)};
  rpc::CallShares watcher_shares_{LedgerStream::kStreamsMax};
  rpc::ListCalls lists_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_AGGREGATOR_SERVICE_H_
