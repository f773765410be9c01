#include "services/station_reporter/calls/get_receipt_call.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/deadline.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"

namespace canvass::station_reporter {

namespace {

// Longest wait for the aggregator if there is an outbox, which can answer instead.
constexpr absl::Duration kAggregatorWithin = absl::Seconds(2);

}  // namespace

GetReceiptCall::GetReceiptCall(AggregatorLink& link, const Outbox* outbox, absl::Duration time_left,
                               const reporter::v1::GetReceiptRequest& request,
                               reporter::v1::GetReceiptResponse* response)
    : link_(link), outbox_(outbox), response_(response) {
  *forwarded_.mutable_key() = request.key();
  if (outbox_ != nullptr) {
    queued_ = outbox_->FindQueued(rpc::FromProto(request.key()));
    time_left = std::min(time_left / 2, kAggregatorWithin);
  }
  rpc::SetDeadline(context_, time_left);
  link_.stub().async()->GetReceipt(&context_, &forwarded_, &answer_,
                                   [this](const grpc::Status& status) { Answer(status); });
}

void GetReceiptCall::Answer(const grpc::Status& status) {
  absl::Status answered = rpc::FromGrpcStatus(status);
  // An error without a reason comes from gRPC itself: the aggregator could not be reached, or did
  // not answer in the time that the constructor set.
  if ((absl::IsUnavailable(answered) ||
       (absl::IsDeadlineExceeded(answered) && outbox_ != nullptr)) &&
      DetailOf(answered).reason.empty()) {
    answered = link_.Unreachable(answered);
  }
  std::optional<v1::Receipt> kept = AskOutbox(answered);
  if (kept) {
    *response_->mutable_receipt() = *std::move(kept);
    answered = absl::OkStatus();
  } else if (answered.ok()) {
    *response_->mutable_receipt() = std::move(*answer_.mutable_receipt());
  }
  Finish(rpc::ToGrpcStatus(answered));
}

std::optional<v1::Receipt> GetReceiptCall::AskOutbox(const absl::Status& answered) const {
  if (outbox_ == nullptr) return std::nullopt;
  if (answered.ok()) {
    const bool is_newer = queued_ && forwarded_.key().revision() == 0 &&
                          queued_->key().revision() > answer_.receipt().key().revision();
    return is_newer ? queued_ : std::nullopt;
  }
  // Of a source under embargo the aggregator says nothing, but what never reached the ledger is no
  // part of what is sealed.
  const bool is_embargoed = HasReason(answered, reason::kSourceEmbargoed);
  if (!absl::IsNotFound(answered) && !absl::IsUnavailable(answered) && !is_embargoed) {
    return std::nullopt;
  }
  if (queued_) return queued_;
  return outbox_->FindRefused(rpc::FromProto(forwarded_.key()));
}

}  // namespace canvass::station_reporter
