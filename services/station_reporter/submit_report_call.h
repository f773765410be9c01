#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// One call of SubmitReport: waits for its receipt, or until its caller has gone. A report whose
// caller has gone is recorded all the same; sending it again gives its receipt. Lives until both
// the call is over and nobody can answer it any more.
class SubmitReportCall final : public grpc::ServerUnaryReactor, public SubmittedQueue::Submitter {
 public:
  // `response` is the call's.
  static std::shared_ptr<SubmitReportCall> Start(grpc::ByteBuffer* response);

  // Says that the report is only to be validated: then its receipt is the answer whatever it says.
  void SetValidateOnly() { validate_only_ = true; }

  // Ends the call with an error, if it has not ended.
  void FinishWith(const absl::Status& status);

  void Answer(std::size_t first, std::vector<v1::Receipt> receipts) override;
  void Fail(std::size_t first, std::size_t count, const absl::Status& status) override;

  void OnCancel() override;
  void OnDone() override;

 private:
  explicit SubmitReportCall(grpc::ByteBuffer* response) : response_(response) {}

  bool validate_only_ = false;
  std::shared_ptr<SubmitReportCall> self_;  // until OnDone
  Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer* const response_;  // gone once the call has finished
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORT_CALL_H_
