#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORTER_SERVICE_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORTER_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/list_calls.h"
#include "services/station_reporter/calls/submit_report_call.h"
#include "services/station_reporter/calls/submit_reports_call.h"
#include "services/station_reporter/link/aggregator_link.h"
#include "services/station_reporter/outbox/outbox.h"
#include "services/station_reporter/outbox/outbox_courier.h"

namespace canvass::station_reporter {

// Forwards reports to the aggregator, or to the outbox if the aggregator does not answer, and
// returns the receipts. Refuses by itself only reports that the aggregator could not keep.
// Submissions arrive as bytes; see common/rpc/message.h. Thread-safe.
class ReporterService final
    : public reporter::v1::StationReporterService::WithRawCallbackMethod_SubmitReport<
          reporter::v1::StationReporterService::WithRawCallbackMethod_SubmitReports<
              reporter::v1::StationReporterService::WithCallbackMethod_GetReceipt<
                  reporter::v1::StationReporterService::WithCallbackMethod_ListOutbox<
                      reporter::v1::StationReporterService::Service>>>> {
 public:
  // `outbox` and its `courier` are null if there is none. All arguments must outlive the service.
  ReporterService(AggregatorLink& link, const Outbox* outbox, OutboxCourier* courier,
                  const Clock& clock)
      : link_(link), outbox_(outbox), courier_(courier), clock_(clock) {}

  // Takes no more reports. Streams end with UNAVAILABLE SHUTTING_DOWN once the reports that they
  // have taken are answered.
  void EndStreams();

  grpc::ServerUnaryReactor* SubmitReport(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SubmitReports(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context,
                                       const reporter::v1::GetReceiptRequest* request,
                                       reporter::v1::GetReceiptResponse* response) override;
  grpc::ServerUnaryReactor* ListOutbox(grpc::CallbackServerContext* context,
                                       const reporter::v1::ListOutboxRequest* request,
                                       reporter::v1::ListOutboxResponse* response) override;

 private:
  // Returns UNAVAILABLE SHUTTING_DOWN after EndStreams.
  absl::Status CheckOpen();
  // Forwards the report to the aggregator, or queues it behind reports of its station in the
  // outbox. `bytes` is the serialized report.
  void Forward(SubmitReportCall& call, const reporter::v1::SubmitReportRequest& parsed_request,
               const std::string& bytes, std::uint64_t caller, const std::string& traceparent);
  absl::Status List(const reporter::v1::ListOutboxRequest& request,
                    reporter::v1::ListOutboxResponse& response) const;

  AggregatorLink& link_;
  const Outbox* const outbox_;
  OutboxCourier* const courier_;
  const Clock& clock_;
  rpc::ListCalls lists_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::int64_t streams_started_ ABSL_GUARDED_BY(mutex_) = 0;
  // Running streams, numbered in the order in which they started.
  absl::flat_hash_map<std::int64_t, std::weak_ptr<SubmitReportsCall>> streams_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORTER_SERVICE_H_
