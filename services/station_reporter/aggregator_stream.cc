#include "services/station_reporter/aggregator_stream.h"

#include <grpcpp/support/status.h>

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"

namespace canvass::station_reporter {

std::shared_ptr<AggregatorStream> AggregatorStream::Start(
    aggregator::v1::AggregatorService::Stub& stub, SubmittedQueue& queue,
    std::function<void(const absl::Status&)> on_end) {
  std::shared_ptr<AggregatorStream> stream(new AggregatorStream(queue, std::move(on_end)));
  stream->self_ = stream;
  stub.async()->RecordReports(&stream->context_, stream.get());
  stream->StartRead(&stream->response_);
  stream->StartCall();
  return stream;
}

AggregatorStream::AggregatorStream(SubmittedQueue& queue,
                                   std::function<void(const absl::Status&)> on_end)
    : queue_(queue), on_end_(std::move(on_end)) {}

void AggregatorStream::Write() {
  const MutexLock lock(mutex_);
  WriteNext();
}

void AggregatorStream::OnWriteDone(bool ok) {
  const MutexLock lock(mutex_);
  writing_ = false;
  if (ok) WriteNext();
}

void AggregatorStream::OnReadDone(bool ok) {
  if (ok) {
    TakeReceipts();
    StartRead(&response_);
  }
  const MutexLock lock(mutex_);
  if (!ok) ended_ = true;
  WriteNext();
}

void AggregatorStream::OnDone(const grpc::Status& status) {
  const std::shared_ptr<AggregatorStream> self = std::move(self_);
  absl::Status mismatch;
  {
    const MutexLock lock(mutex_);
    mismatch = mismatch_;
  }
  on_end_(mismatch.ok() ? rpc::FromGrpcStatus(status) : mismatch);
}

void AggregatorStream::TakeReceipts() {
  auto& receipts = *response_.mutable_receipts();
  const int count = receipts.size();
  const bool expected = queue_.AnswerMessage(std::vector<v1::Receipt>(
      std::make_move_iterator(receipts.begin()), std::make_move_iterator(receipts.end())));
  response_.Clear();
  if (expected) return;
  {
    const MutexLock lock(mutex_);
    mismatch_ = absl::InternalError(absl::StrCat("the aggregator answered with ", count,
                                                 " receipts, which is not what was asked"));
  }
  Cancel();
}

void AggregatorStream::WriteNext() {
  if (writing_ || ended_) return;
  std::vector<aggregator::v1::SubmittedReport> reports = queue_.TakeMessage();
  if (reports.empty()) return;
  request_.Clear();
  request_.mutable_reports()->Assign(std::make_move_iterator(reports.begin()),
                                     std::make_move_iterator(reports.end()));
  writing_ = true;
  StartWrite(&request_);
}

}  // namespace canvass::station_reporter
