#include "services/station_reporter/link/aggregator_stream.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/status.h"

namespace canvass::station_reporter {
namespace {

using aggregator::v1::RecordReportsRequest;
using aggregator::v1::RecordReportsResponse;

constexpr char kMethod[] = "/canvass.aggregator.v1.AggregatorService/RecordReports";

std::string RequestOf(const std::vector<std::string>& reports) {
  std::size_t size = 0;
  for (const std::string& report : reports) size += rpc::kFieldOverheadMax + report.size();
  std::string request;
  request.reserve(size);
  for (const std::string& report : reports) {
    rpc::AppendMessage(RecordReportsRequest::kReportsFieldNumber, report, request);
  }
  return request;
}

}  // namespace

std::shared_ptr<AggregatorStream> AggregatorStream::Start(
    const std::shared_ptr<grpc::Channel>& channel, SubmittedQueue& queue, KnownEntries* known,
    std::function<void(const absl::Status&)> on_end) {
  std::shared_ptr<AggregatorStream> stream(new AggregatorStream(queue, known, std::move(on_end)));
  stream->self_ = stream;
  grpc::GenericStub(channel).PrepareBidiStreamingCall(&stream->context_, kMethod,
                                                      /*options=*/{}, stream.get());
  stream->StartRead(&stream->response_);
  stream->StartCall();
  return stream;
}

AggregatorStream::AggregatorStream(SubmittedQueue& queue, KnownEntries* known,
                                   std::function<void(const absl::Status&)> on_end)
    : queue_(queue), known_(known), on_end_(std::move(on_end)) {}

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
  const std::string bytes = rpc::ToBytes(response_);
  const auto receipts = rpc::SplitMessages(bytes, RecordReportsResponse::kReceiptsFieldNumber)
                            .value_or(std::vector<std::string_view>());
  if (known_ != nullptr) known_->Note(receipts);
  if (queue_.AnswerMessage({receipts.begin(), receipts.end()})) return;
  {
    const MutexLock lock(mutex_);
    mismatch_ = absl::InternalError(
        absl::StrCat("the aggregator answered with ", receipts.size(),
                     " receipts, which is not the number of reports in the message"));
  }
  Cancel();
}

void AggregatorStream::WriteNext() {
  if (writing_ || ended_) return;
  const std::vector<std::string> reports = queue_.TakeMessage();
  if (reports.empty()) return;
  request_ = rpc::ToByteBuffer(RequestOf(reports));
  writing_ = true;
  StartWrite(&request_);
}

}  // namespace canvass::station_reporter
