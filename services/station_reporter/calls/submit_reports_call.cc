#include "services/station_reporter/calls/submit_reports_call.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/rpc/caller.h"
#include "common/rpc/message.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"
#include "common/telemetry/log.h"
#include "services/station_reporter/calls/receipt_log.h"
#include "services/station_reporter/calls/report_shape.h"
#include "services/station_reporter/calls/report_stamp.h"

namespace canvass::station_reporter {

using reporter::v1::SubmitReportsRequest;
using reporter::v1::SubmitReportsResponse;

// The call's lock guards the receipts. Keeps the call alive while a pending answer refers to the
// message.
class SubmitReportsCall::TakenMessage final : public SubmittedQueue::Submitter,
                                              public std::enable_shared_from_this<TakenMessage> {
 public:
  // `bytes` is the serialized message. It is kept, if there is an outbox, for reports that go there
  // later.
  TakenMessage(std::shared_ptr<SubmitReportsCall> call, std::size_t reports,
               const grpc::ByteBuffer& bytes)
      : call_(std::move(call)),
        received_at_(call_->clock_.Now()),
        stamp_(call_->sender_, received_at_, /*validate_only=*/false),
        receipts_(reports),
        unanswered_(reports) {
    if (call_->outbox_ == nullptr) return;
    bytes_ = bytes;
    first_number_ = call_->outbox_->TakeNumbers(reports);
  }

  // `bytes` are those of `report`, a report of this message.
  SubmittedQueue::SizedReport Submitted(const v1::StationReport& report,
                                        std::string_view bytes) const {
    return stamp_.Submitted(report, bytes);
  }

  // Indices, within this message, of the reports that are forwarded to the aggregator. The others
  // are refused here or go to the outbox.
  std::vector<std::size_t>& forwarded() { return forwarded_; }

  // Sets a receipt that the reporter makes itself. Call it before the message is shared.
  void Refuse(std::size_t index, const v1::Receipt& receipt) {
    receipts_[index] = receipt.SerializeAsString();
    --unanswered_;
  }

  NewReport ForOutbox(std::size_t index, const v1::StationReport& report) const {
    return station_reporter::ForOutbox(report, first_number_ + static_cast<std::int64_t>(index),
                                       received_at_, call_->sender_);
  }

  // Hands reports to the outbox. `indices` are their indices within this message.
  void Queue(std::vector<std::size_t> indices, std::vector<NewReport> reports) {
    call_->outbox_->Add(std::move(reports),
                        [self = shared_from_this(), indices = std::move(indices)](auto answers) {
                          const MutexLock lock(self->call_->mutex_);
                          for (std::size_t i = 0; i < indices.size(); ++i) {
                            if (answers[i].ok()) {
                              self->receipts_[indices[i]] = answers[i]->SerializeAsString();
                            } else {
                              self->SetFailure(indices[i], answers[i].status());
                            }
                          }
                          self->unanswered_ -= indices.size();
                          self->call_->Proceed();
                        });
  }

  void Answer(std::size_t first, std::vector<std::string> receipts) override {
    if (call_->origin_) Log(receipts);
    const MutexLock lock(call_->mutex_);
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      receipts_[forwarded_[first + i]] = std::move(receipts[i]);
    }
    unanswered_ -= receipts.size();
    call_->Proceed();
  }

  void Fail(std::size_t first, std::size_t count, const absl::Status& status) override {
    // Reports that find the queue full (RESOURCE_EXHAUSTED) do not go to the outbox: the aggregator
    // can be reached, so the caller should wait and retry.
    if (call_->outbox_ != nullptr && absl::IsUnavailable(status) && QueueForwarded(first, count)) {
      return;
    }
    const MutexLock lock(call_->mutex_);
    SetFailure(forwarded_[first], status);
    unanswered_ -= count;
    call_->Proceed();
  }

  // REQUIRES for the following: the call's lock is held.

  bool answered() const { return unanswered_ == 0; }
  // Why a report, and therefore every report behind it, gets no receipt.
  const absl::Status& failure() const { return failure_; }

  // What a message that is answered holds.
  std::size_t held() const {
    std::size_t bytes = bytes_.Length() + receipts_.size() * sizeof(std::string);
    for (const std::string& receipt : receipts_) bytes += receipt.size();
    return bytes;
  }

  // Appends the next receipts to `response`, the bytes of a SubmitReportsResponse, up to
  // kResponseBytesMax. Returns true if no receipts are left.
  bool AddReceipts(std::string& response) {
    const std::size_t end = failure_.ok() ? receipts_.size() : failed_;
    while (next_ < end && response.size() < kResponseBytesMax) {
      rpc::AppendMessage(SubmitReportsResponse::kReceiptsFieldNumber, receipts_[next_], response);
      ++next_;
    }
    return next_ == end;
  }

 private:
  // Hands forwarded reports to the outbox. `first` and `count` select them in forwarded_. Returns
  // false if nobody waits for their receipts.
  bool QueueForwarded(std::size_t first, std::size_t count) {
    {
      const MutexLock lock(call_->mutex_);
      if (call_->deserted_) return false;
    }
    reporter::v1::SubmitReportsRequest request;
    if (!rpc::ParseMessage(bytes_, request).ok()) return false;  // it was parsed before
    std::vector<std::size_t> indices(
        forwarded_.begin() + static_cast<std::ptrdiff_t>(first),
        forwarded_.begin() + static_cast<std::ptrdiff_t>(first + count));
    std::vector<NewReport> reports;
    reports.reserve(count);
    for (const std::size_t index : indices) {
      reports.push_back(ForOutbox(index, request.reports(static_cast<int>(index))));
    }
    Queue(std::move(indices), std::move(reports));
    return true;
  }

  void Log(const std::vector<std::string>& receipts) const {
    v1::Receipt receipt;
    for (const std::string& bytes : receipts) {
      if (receipt.ParseFromString(bytes)) LogReceipt(receipt, *call_->origin_);
    }
  }

  void SetFailure(std::size_t index, const absl::Status& status) {
    if (!failure_.ok() && failed_ < index) return;
    failed_ = index;
    failure_ = status;
  }

  const std::shared_ptr<SubmitReportsCall> call_;
  const absl::Time received_at_;
  const ReportStamp stamp_;
  grpc::ByteBuffer bytes_;
  std::int64_t first_number_ = 0;  // in the outbox, of the message's first report
  std::vector<std::size_t> forwarded_;
  std::vector<std::string> receipts_;  // bytes of canvass.v1.Receipt
  std::size_t unanswered_ = 0;
  std::size_t next_ = 0;    // first receipt that was not written
  std::size_t failed_ = 0;  // first report without a receipt, if failure_ is an error
  absl::Status failure_;
};

std::shared_ptr<SubmitReportsCall> SubmitReportsCall::Start(
    AggregatorLink& link, OutboxCourier* outbox, const Clock& clock,
    grpc::CallbackServerContext& context, Sender sender, std::function<void()> on_done) {
  std::shared_ptr<SubmitReportsCall> call(
      new SubmitReportsCall(link, outbox, clock, context, std::move(sender), std::move(on_done)));
  call->self_ = call;
  const MutexLock lock(call->mutex_);
  call->Proceed();
  return call;
}

SubmitReportsCall::SubmitReportsCall(AggregatorLink& link, OutboxCourier* outbox,
                                     const Clock& clock, grpc::CallbackServerContext& context,
                                     Sender sender, std::function<void()> on_done)
    : link_(link),
      outbox_(outbox),
      clock_(clock),
      context_(context),
      sender_(std::move(sender)),
      origin_(sender_.traceparent.empty() || !telemetry::LogsDebug()
                  ? std::nullopt
                  : std::optional(rpc::OriginOf(context))),
      on_done_(std::move(on_done)) {}

void SubmitReportsCall::End(const absl::Status& status) {
  const MutexLock lock(mutex_);
  EndLocked(status);
  Proceed();
}

void SubmitReportsCall::OnReadDone(bool ok) {
  if (ok) Take(request_);
  const MutexLock lock(mutex_);
  reading_ = false;
  if (!ok) EndLocked(absl::OkStatus());
  Proceed();
}

void SubmitReportsCall::OnWriteDone(bool ok) {
  const MutexLock lock(mutex_);
  writing_ = false;
  writing_unread_ = {};
  if (!ok) {  // nobody reads the receipts; OnCancel follows
    taken_.clear();
    deserted_ = true;
  }
  Proceed();
}

void SubmitReportsCall::OnCancel() {
  const MutexLock lock(mutex_);
  taken_.clear();
  deserted_ = true;
  EndLocked(absl::CancelledError("the caller did not wait for the receipts"));
  Proceed();
}

void SubmitReportsCall::OnDone() {
  const std::shared_ptr<SubmitReportsCall> self = std::move(self_);
  {
    const MutexLock lock(mutex_);  // the context goes
    taken_.clear();
    writing_unread_ = {};
  }
  on_done_();
}

void SubmitReportsCall::Take(const grpc::ByteBuffer& bytes) {
  const absl::Status status = Forward(bytes);
  if (status.ok()) return;
  const MutexLock lock(mutex_);
  EndLocked(status);
}

absl::Status SubmitReportsCall::Forward(const grpc::ByteBuffer& bytes) {
  const std::int64_t epoch = link_.epoch();
  const std::string request = rpc::ToBytes(bytes);
  const auto reports =
      rpc::SplitReports(request, SubmitReportsRequest::default_instance(),
                        SubmitReportsRequest::kReportsFieldNumber, kReportsPerMessageMax);
  if (!reports.ok()) return reports.status();
  auto message = std::make_shared<TakenMessage>(shared_from_this(), reports->size(), bytes);
  std::vector<SubmittedQueue::SizedReport> forwarded;
  std::vector<std::size_t> held;
  std::vector<NewReport> queued;
  forwarded.reserve(reports->size());
  v1::StationReport report;
  for (std::size_t i = 0; i < reports->size(); ++i) {
    const std::string_view report_bytes = (*reports)[i];
    absl::Status parsed = rpc::ParseMessage(report_bytes, report);
    if (!parsed.ok()) return parsed;
    const absl::Status shape = CheckShape(report, report_bytes.size());
    if (!shape.ok()) {
      message->Refuse(i, RefusedReceipt(report, shape));
    } else if (outbox_ != nullptr && outbox_->Holds(report.election_id(), report.station_id())) {
      held.push_back(i);
      queued.push_back(message->ForOutbox(i, report));
    } else {
      message->forwarded().push_back(i);
      forwarded.push_back(message->Submitted(report, report_bytes));
    }
  }
  {
    const MutexLock lock(mutex_);
    if (end_) return absl::OkStatus();
    taken_.push_back({.message = message});
  }
  if (!held.empty()) message->Queue(std::move(held), std::move(queued));
  if (forwarded.empty()) return absl::OkStatus();
  const std::size_t count = forwarded.size();
  const absl::Status submitted =
      link_.Submit(std::move(forwarded), message, {.epoch = epoch, .caller = sender_.share});
  if (!submitted.ok()) message->Fail(0, count, submitted);
  return absl::OkStatus();
}

void SubmitReportsCall::EndLocked(const absl::Status& status) {
  if (!end_) end_ = status;
}

void SubmitReportsCall::Proceed() {
  if (finished_) return;
  CountUnread();
  WriteNext();
  if (writing_) return ReadNext();
  if (end_ && taken_.empty()) {
    finished_ = true;
    Finish(rpc::ToGrpcStatus(*end_));
    return;
  }
  ReadNext();
}

void SubmitReportsCall::ReadNext() {
  if (reading_ || end_ || taken_.size() >= kMessagesInFlightMax) return;
  if (UnreadBytes() >= kUnreadBytesMax) return;  // goes on when something is read
  reading_ = true;
  StartRead(&request_);
}

void SubmitReportsCall::CountUnread() {
  for (Taken& taken : taken_) {
    const bool is_counted = taken.unread.bytes() > 0;
    if (!is_counted && taken.message->answered()) taken.unread = Unread(taken.message->held());
  }
}

std::size_t SubmitReportsCall::UnreadBytes() const {
  std::size_t bytes = writing_unread_.bytes();
  for (const Taken& taken : taken_) bytes += taken.unread.bytes();
  return bytes;
}

rpc::UnreadAnswer SubmitReportsCall::Unread(std::size_t bytes) const {
  return {rpc::UnreadAnswers::OfProcess(), rpc::CallerOf(context_), bytes,
          [context = &context_] { context->TryCancel(); }};
}

// Messages without reports get no response.
void SubmitReportsCall::WriteNext() {
  std::string response;
  while (!writing_ && !taken_.empty() && taken_.front().message->answered()) {
    TakenMessage& message = *taken_.front().message;
    const bool last = message.AddReceipts(response);
    if (last && !message.failure().ok()) {
      // Receipts are sent in order, so the reports behind this one get none.
      end_ = message.failure();
      taken_.clear();
    } else if (last) {
      taken_.pop_front();
    }
    if (response.empty()) continue;
    response_ = rpc::ToByteBuffer(std::move(response));
    writing_unread_ = Unread(response_.Length());
    writing_ = true;
    StartWrite(&response_);
  }
}

}  // namespace canvass::station_reporter
