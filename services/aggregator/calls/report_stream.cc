#include "services/aggregator/calls/report_stream.h"

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "common/base/reason.h"
#include "common/identity/policy.h"
#include "common/rpc/caller.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"
#include "services/aggregator/calls/report_messages.h"
#include "services/aggregator/writer/held_bytes.h"

namespace canvass::aggregator {
namespace {

std::size_t BytesOf(const std::vector<Receipt>& receipts) {
  std::size_t bytes = 0;
  for (const Receipt& receipt : receipts) bytes += HeldBytes(receipt);
  return bytes;
}

constexpr absl::Duration kRetryAfterTooManyStreams = absl::Seconds(1);
// How often a stream looks whether there is room for its message: a group or two of the writer.
constexpr absl::Duration kRoomInterval = absl::Milliseconds(20);
// A message that takes more than a millisecond to parse.
constexpr std::size_t kLargeBytes = std::size_t{128} << 10U;

}  // namespace

ReportStream::ReportStream(LedgerWriter& writer, ReportStreams& streams,
                           grpc::CallbackServerContext& context)
    : writer_(writer),
      streams_(streams),
      context_(context),
      stream_(writer.NewStream(rpc::CallerOf(context))) {
  streams_.open.Add(this);
  const MutexLock lock(mutex_);
  absl::Status admitted = rpc::CheckCaller(context, identity::Call::kRecordReports);
  if (admitted.ok()) admitted = writer_.Lead();
  if (admitted.ok()) {
    admitted = streams_.shares.Enter(stream_.caller, reason::kTooManyStreams,
                                     kRetryAfterTooManyStreams, place_);
  }
  if (!admitted.ok()) FailNext(admitted);
  Proceed();
}

void ReportStream::End(const absl::Status& status) {
  const MutexLock lock(mutex_);
  FailNext(status);
  Proceed();
}

void ReportStream::OnReadDone(bool ok) {
  {
    const MutexLock lock(mutex_);
    reading_ = false;
    taking_ = ok;
    if (!ok) {
      no_more_ = true;
      Proceed();
    }
  }
  if (ok) TakeWhenRoom();
}

// Nobody says when there is room again, so the stream looks at intervals.
void ReportStream::TakeWhenRoom() {
  const bool is_ending = IsEnding();
  if (is_ending || (writer_.HasRoom(stream_.caller) && MayParse())) return TakeRequest(is_ending);
  alarm_ = std::make_unique<grpc::Alarm>();  // one cannot be set again while it goes off
  alarm_->Set(rpc::TimeIn(kRoomInterval), [this](bool /*is_due*/) { TakeWhenRoom(); });
}

bool ReportStream::IsEnding() {
  const MutexLock lock(mutex_);
  return no_more_ || cancelled_;
}

// Counts a large message among those that are being parsed, if there are not enough.
bool ReportStream::MayParse() {
  if (request_.Length() < kLargeBytes) return true;
  const unsigned most = std::max(1U, std::thread::hardware_concurrency() / 2);
  if (streams_.parsing.fetch_add(1) < most) return true;
  --streams_.parsing;
  return false;
}

void ReportStream::TakeRequest(bool is_ending) {
  absl::Status parsed;
  if (!is_ending) {
    absl::StatusOr<std::vector<SubmittedReport>> reports = ParseReports(request_);
    if (request_.Length() >= kLargeBytes) --streams_.parsing;
    parsed = reports.status();
    if (reports.ok()) Take(*std::move(reports));
  }
  request_.Clear();
  const MutexLock lock(mutex_);
  if (!parsed.ok()) FailNext(parsed);
  taking_ = false;
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
  streams_.open.Remove(this);
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
  writer_.Submit(stream_, std::move(reports),
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
  if (unanswered_ > 0 || taking_) return;
  finished_ = true;
  place_.Leave();
  Finish(has_failed ? rpc::ToGrpcStatus(slots_.front()->answer->status()) : grpc::Status::OK);
}

bool ReportStream::WantsMore() const {
  if (reading_ || taking_ || no_more_ || cancelled_) return false;
  // Proceed runs again after the write that is in progress or comes next.
  if (unread_bytes_ + writing_unread_.bytes() >= kUnreadBytesMax) return false;
  // Proceed runs again after every answer. A stream that waits for no answer may always read one
  // message, because nothing else would wake it.
  if (slots_.empty()) return true;
  return slots_.size() < kMessagesInFlightMax && reports_in_flight_ < kReportsInFlightMax &&
         writer_.HasRoom(stream_.caller);
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
  return {rpc::UnreadAnswers::OfProcess(), stream_.caller, bytes,
          [context = &context_] { context->TryCancel(); }};
}

}  // namespace canvass::aggregator
