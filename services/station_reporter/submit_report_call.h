#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "services/station_reporter/outbox_courier.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// One call of SubmitReport: waits for its receipt, or until its caller has gone. A report whose
// caller has gone is recorded all the same; sending it again gives its receipt. Where there is no
// receipt from the aggregator, the report goes to the outbox. Lives until both the call is over and
// nobody can answer it any more.
class SubmitReportCall final : public grpc::ServerUnaryReactor,
                               public SubmittedQueue::Submitter,
                               public std::enable_shared_from_this<SubmitReportCall> {
 public:
  // `request` and `response` are the call's.
  static std::shared_ptr<SubmitReportCall> Start(const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response);

  // Says that the report is only to be validated: then its receipt is the answer whatever it says.
  void SetValidateOnly() { validate_only_ = true; }
  // Where the report goes when the aggregator does not answer, with its number there.
  void SetOutbox(OutboxCourier& outbox, std::int64_t number, absl::Time received_at);

  // Ends the call with an error, if it has not ended.
  void FinishWith(const absl::Status& status);
  // Keeps the report in the outbox and answers QUEUED. REQUIRES: SetOutbox was called.
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
  OutboxCourier* outbox_ = nullptr;
  std::int64_t number_ = 0;
  absl::Time received_at_;
  std::shared_ptr<SubmitReportCall> self_;  // until OnDone
  Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Both gone once the call has finished.
  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_
