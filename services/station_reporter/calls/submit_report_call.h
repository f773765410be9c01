#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORT_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORT_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/call_origin.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/link/submitted_queue.h"
#include "services/station_reporter/outbox/outbox_courier.h"

namespace canvass::station_reporter {

// One call of SubmitReport. Waits for the receipt, or until the caller has gone. If the aggregator
// gives no receipt, the report goes to the outbox. A report that was forwarded may be recorded
// after its caller has gone; sending it again then returns its receipt. Lives until the call is
// over and no pending answer refers to it.
class SubmitReportCall final : public grpc::ServerUnaryReactor,
                               public SubmittedQueue::Submitter,
                               public std::enable_shared_from_this<SubmitReportCall> {
 public:
  // `request` and `response` belong to the call.
  static std::shared_ptr<SubmitReportCall> Start(const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response);

  // The report is only validated: the call returns its receipt even if it is REFUSED, instead of an
  // error.
  void SetValidateOnly() { validate_only_ = true; }
  // The call's receipt is logged with this.
  void SetOrigin(rpc::CallOrigin origin) { origin_ = std::move(origin); }
  // Sets where the report goes if the aggregator does not answer, its number there and who sends
  // it.
  void SetOutbox(OutboxCourier& outbox, std::int64_t number, absl::Time received_at, Sender sender);

  // Ends the call with an error, unless it has already ended.
  void FinishWith(const absl::Status& status);
  // Queues the report in the outbox and answers QUEUED, unless the call has ended. REQUIRES:
  // SetOutbox was called.
  void Queue();

  void Answer(std::size_t first, std::vector<std::string> receipts) override;
  void Fail(std::size_t first, std::size_t count, const absl::Status& status) override;

  void OnCancel() override;
  void OnDone() override;

 private:
  SubmitReportCall(const grpc::ByteBuffer* request, grpc::ByteBuffer* response)
      : request_(request), response_(response) {}

  void FinishWith(v1::Receipt receipt);

  bool validate_only_ = false;
  std::optional<rpc::CallOrigin> origin_;
  OutboxCourier* outbox_ = nullptr;
  std::int64_t number_ = 0;
  absl::Time received_at_;
  Sender sender_;
  std::shared_ptr<SubmitReportCall> self_;  // until OnDone
  Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Both are gone once the call has finished.
  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORT_CALL_H_
