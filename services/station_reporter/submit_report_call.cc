#include "services/station_reporter/submit_report_call.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/message.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"

namespace canvass::station_reporter {

std::shared_ptr<SubmitReportCall> SubmitReportCall::Start(grpc::ByteBuffer* response) {
  std::shared_ptr<SubmitReportCall> call(new SubmitReportCall(response));
  call->self_ = call;
  return call;
}

void SubmitReportCall::FinishWith(const absl::Status& status) {
  const MutexLock lock(mutex_);
  if (std::exchange(finished_, true)) return;
  Finish(rpc::ToGrpcStatus(status));
}

void SubmitReportCall::Answer(std::size_t /*first*/, std::vector<v1::Receipt> receipts) {
  v1::Receipt& receipt = receipts.front();
  if (receipt.state() == v1::RECEIPT_STATE_REFUSED && !validate_only_) {
    FinishWith(rpc::RefusalError(receipt));
    return;
  }
  reporter::v1::SubmitReportResponse response;
  *response.mutable_receipt() = std::move(receipt);
  const MutexLock lock(mutex_);
  if (std::exchange(finished_, true)) return;
  *response_ = rpc::SerializeMessage(response);
  Finish(grpc::Status::OK);
}

void SubmitReportCall::Fail(std::size_t /*first*/, std::size_t /*count*/,
                            const absl::Status& status) {
  FinishWith(status);
}

// A past deadline cancels too. Nobody reads this status.
void SubmitReportCall::OnCancel() {
  FinishWith(absl::CancelledError("the caller did not wait for the receipt"));
}

void SubmitReportCall::OnDone() { const std::shared_ptr<SubmitReportCall> self = std::move(self_); }

}  // namespace canvass::station_reporter
