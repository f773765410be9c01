#include "services/aggregator/calls/report_stream.h"

#include <cstddef>
#include <utility>

#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"
#include "services/aggregator/calls/report_messages.h"

namespace canvass::aggregator {
namespace {

// About what the receipts hold until they are written.
std::size_t BytesOf(const std::vector<Receipt>& receipts) {
  constexpr std::size_t kFindingBytes = 400;  // numbers, names and a sentence
  std::size_t bytes = receipts.size() * sizeof(Receipt);
  for (const Receipt& receipt : receipts) {
    for (const election::Finding& finding : receipt.findings) {
      bytes += kFindingBytes + finding.field.size() + finding.subject.size();
    }
  }
  return bytes;
}

}  // namespace

ReportStream::ReportStream(LedgerWriter& writer, OpenStreams<ReportStream>& streams,
                           grpc::CallbackServerContext& context)
    : writer_(writer), streams_(streams), context_(context), stream_no_(writer.NewStream()) {
  streams_.Add(this);
  const MutexLock lock(mutex_);
  const absl::Status lead = writer_.Lead();
  if (!lead.ok()) FailNext(lead);
  Proceed();
}

void ReportStream::End(const absl::Status& status) {
  const MutexLock lock(mutex_);
  FailNext(status);
  Proceed();
}

void ReportStream::OnReadDone(bool ok) {
  if (ok) {
    absl::StatusOr<std::vector<SubmittedReport>> reports = ParseReports(request_);
    if (reports.ok()) {
      Take(*std::move(reports));
    } else {
      const MutexLock lock(mutex_);
      FailNext(reports.status());
    }
  }
  const MutexLock lock(mutex_);
  reading_ = false;
  if (!ok) no_more_ = true;
  Proceed();
}

void ReportStream::OnWriteDone(bool ok) {
  const MutexLock lock(mutex_);
  writing_ = false;
  writing_unread_ = {};
  if (!ok) cancelled_ = true;
  Proceed();
}

void ReportStream::OnCancel() {
  const MutexLock lock(mutex_);
  cancelled_ = true;
  Proceed();
}

void ReportStream::OnDone() {
  streams_.Remove(this);
  { const MutexLock lock(mutex_); }  // the thread that finished the call may still hold it
  delete this;
}

void ReportStream::Take(std::vector<SubmittedReport> reports) {
  Slot* slot = nullptr;
  {
    const MutexLock lock(mutex_);
    if (no_more_ || cancelled_) return;
    slots_.push_back(std::make_unique<Slot>(Slot{.reports = reports.size()}));
    slot = slots_.back().get();
    reports_in_flight_ += slot->reports;
    ++unanswered_;
  }
  writer_.Submit(stream_no_, std::move(reports),
                 [this, slot](absl::StatusOr<std::vector<Receipt>> receipts) {
                   Answer(*slot, std::move(receipts));
                 });
}

void ReportStream::Answer(Slot& slot, absl::StatusOr<std::vector<Receipt>> receipts) {
  const MutexLock lock(mutex_);
  if (receipts.ok()) {
    slot.unread = Unread(BytesOf(*receipts));
    unread_bytes_ += slot.unread.bytes();
  } else {
    no_more_ = true;
  }
  slot.answer = std::move(receipts);
  --unanswered_;
  Proceed();
}

void ReportStream::FailNext(const absl::Status& status) {
  if (no_more_) return;  // the call ends anyway
  no_more_ = true;
  slots_.push_back(std::make_unique<Slot>(Slot{.answer = status}));
}

// Starts every operation that is possible.
void ReportStream::Proceed() {
  if (finished_) return;
  if (WantsMore()) {
    reading_ = true;
    StartRead(&request_);
  }
  if (writing_) return;
  const bool has_failed =
      !slots_.empty() && slots_.front()->answer.has_value() && !slots_.front()->answer->ok();
  const bool is_over = cancelled_ || has_failed || (slots_.empty() && no_more_);
  if (!is_over) {
    if (!slots_.empty() && slots_.front()->answer.has_value()) WriteNext();
    return;
  }
  if (unanswered_ > 0) return;
  finished_ = true;
  Finish(has_failed ? rpc::ToGrpcStatus(slots_.front()->answer->status()) : grpc::Status::OK);
}

bool ReportStream::WantsMore() const {
  if (reading_ || no_more_ || cancelled_) return false;
  // Proceed runs again after the write that is in progress or comes next.
  if (unread_bytes_ + writing_unread_.bytes() >= kUnreadBytesMax) return false;
  // Proceed runs again after every answer. A stream that waits for no answer may always read one
  // message, because nothing else would wake it.
  if (slots_.empty()) return true;
  return slots_.size() < kMessagesInFlightMax && reports_in_flight_ < kReportsInFlightMax &&
         writer_.HasRoom();
}

void ReportStream::WriteNext() {
  const std::unique_ptr<Slot> slot = std::move(slots_.front());
  slots_.pop_front();
  reports_in_flight_ -= slot->reports;
  unread_bytes_ -= slot->unread.bytes();
  response_ = SerializeReceipts(**slot->answer);
  writing_unread_ = Unread(response_.Length());
  writing_ = true;
  StartWrite(&response_);
}

rpc::UnreadAnswer ReportStream::Unread(std::size_t bytes) const {
  return {rpc::UnreadAnswers::OfProcess(), context_.peer(), bytes,
          [context = &context_] { context->TryCancel(); }};
}

}  // namespace canvass::aggregator
