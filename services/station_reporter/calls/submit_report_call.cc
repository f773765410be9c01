#include "services/station_reporter/calls/submit_report_call.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/message.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"
#include "services/station_reporter/calls/receipt_log.h"
#include "services/station_reporter/calls/report_stamp.h"

namespace canvass::station_reporter {

std::shared_ptr<SubmitReportCall> SubmitReportCall::Start(const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  std::shared_ptr<SubmitReportCall> call(new SubmitReportCall(request, response));
  call->self_ = call;
  return call;
}

void SubmitReportCall::FinishWith(const absl::Status& status) {
  const MutexLock lock(mutex_);
  if (std::exchange(finished_, true)) return;
  Finish(rpc::ToGrpcStatus(status));
}

void SubmitReportCall::Answer(std::size_t /*first*/, std::vector<std::string> receipts) {
  v1::Receipt receipt;
  if (!receipt.ParseFromString(receipts.front())) {
    FinishWith(absl::InternalError("the aggregator's answer is not a receipt"));
    return;
  }
  if (receipt.state() == v1::RECEIPT_STATE_REFUSED && !validate_only_) {
    FinishWith(rpc::RefusalError(receipt));
    return;
  }
  FinishWith(std::move(receipt));
}

void SubmitReportCall::FinishWith(v1::Receipt receipt) {
  if (origin_) LogReceipt(receipt, *origin_);
  reporter::v1::SubmitReportResponse response;
  *response.mutable_receipt() = std::move(receipt);
  const MutexLock lock(mutex_);
  if (std::exchange(finished_, true)) return;
  *response_ = rpc::SerializeMessage(response);
  Finish(grpc::Status::OK);
}

void SubmitReportCall::Fail(std::size_t /*first*/, std::size_t /*count*/,
                            const absl::Status& status) {
  // Reports that find the queue full (RESOURCE_EXHAUSTED) do not go to the outbox: the aggregator
  // can be reached, so the caller should wait and retry.
  if (outbox_ != nullptr && absl::IsUnavailable(status)) {
    Queue();
  } else {
    FinishWith(status);
  }
}

void SubmitReportCall::Queue() {
  assert(outbox_ != nullptr);
  reporter::v1::SubmitReportRequest parsed_request;
  absl::Status parsed;
  {
    const MutexLock lock(mutex_);
    if (finished_) return;  // nobody waits for an answer
    parsed = rpc::ParseMessage(*request_, parsed_request);
  }
  if (!parsed.ok()) return FinishWith(parsed);
  std::vector<NewReport> reports;
  reports.push_back(ForOutbox(parsed_request.report(), number_, received_at_, sender_));
  outbox_->Add(std::move(reports), [call = shared_from_this()](auto answers) {
    if (answers.front().ok()) {
      call->FinishWith(*std::move(answers.front()));
    } else {
      call->FinishWith(answers.front().status());
    }
  });
}

void SubmitReportCall::SetOutbox(OutboxCourier& outbox, std::int64_t number, absl::Time received_at,
                                 Sender sender) {
  outbox_ = &outbox;
  number_ = number;
  received_at_ = received_at;
  sender_ = std::move(sender);
}

// Also called when the deadline has passed. Nobody reads this status.
void SubmitReportCall::OnCancel() {
  FinishWith(absl::CancelledError("the caller did not wait for the receipt"));
}

void SubmitReportCall::OnDone() { const std::shared_ptr<SubmitReportCall> self = std::move(self_); }

}  // namespace canvass::station_reporter
