#include "services/station_reporter/get_receipt_call.h"

#include <grpcpp/support/status.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"

namespace canvass::station_reporter {

GetReceiptCall::GetReceiptCall(AggregatorLink& link, absl::Duration time_left,
                               const reporter::v1::GetReceiptRequest& request,
                               reporter::v1::GetReceiptResponse* response)
    : link_(link), response_(response) {
  rpc::SetDeadline(context_, time_left);
  *forwarded_.mutable_key() = request.key();
  link_.stub().async()->GetReceipt(&context_, &forwarded_, &answer_,
                                   [this](const grpc::Status& status) { Answer(status); });
}

void GetReceiptCall::Answer(const grpc::Status& status) {
  absl::Status answered = rpc::FromGrpcStatus(status);
  // An UNAVAILABLE without a reason is gRPC's own: nobody was there to answer.
  if (absl::IsUnavailable(answered) && DetailOf(answered).reason.empty()) {
    answered = link_.Unreachable(answered);
  }
  if (answered.ok()) *response_->mutable_receipt() = std::move(*answer_.mutable_receipt());
  Finish(rpc::ToGrpcStatus(answered));
}

}  // namespace canvass::station_reporter
