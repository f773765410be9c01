#include "services/canvass/bench/report_stream_load.h"

#include <google/protobuf/arena.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"

namespace canvass::cli::bench {
namespace {

constexpr char kStreamMethod[] = "/canvass.reporter.v1.StationReporterService/SubmitReports";
// A million reports take seconds. A longer wait means an error.
constexpr absl::Duration kStreamPatience = absl::Minutes(10);

class Exchange final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Exchange(const std::vector<grpc::ByteBuffer>& messages) : messages_(messages) {}

  // Blocks until the stream has ended.
  absl::Status Run(const CommonOptions& services) {
    grpc::GenericStub stub(rpc::NewChannel(services.reporter, {.tls = services.reporter_tls}));
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    rpc::SetDeadline(context, kStreamPatience);
    stub.PrepareBidiStreamingCall(&context, kStreamMethod, {}, this);
    StartRead(&response_);
    WriteNext();
    StartCall();
    done_.WaitForNotification();
    return bad_.ok() ? status_ : bad_;
  }

  std::size_t acknowledged() const { return acknowledged_; }
  std::int64_t last_sequence() const { return last_sequence_; }

  void OnWriteDone(bool ok) override {
    if (ok) WriteNext();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    TakeReceipts();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    status_ = rpc::FromGrpcStatus(status);
    done_.Notify();
  }

 private:
  void WriteNext() {
    if (next_ == messages_.size()) {
      StartWritesDone();
      return;
    }
    StartWrite(&messages_[next_++]);
  }

  void TakeReceipts() {
    google::protobuf::Arena arena;
    auto* const response =
        google::protobuf::Arena::CreateMessage<reporter::v1::SubmitReportsResponse>(&arena);
    bad_.Update(rpc::ParseMessage(response_, *response));
    for (const v1::Receipt& receipt : response->receipts()) {
      if (receipt.state() != v1::RECEIPT_STATE_RECORDED || receipt.repeated_submission()) {
        bad_.Update(absl::InternalError(
            absl::StrCat("A report was not recorded: ", receipt.DebugString())));
      }
      last_sequence_ = std::max(last_sequence_, receipt.sequence());
    }
    acknowledged_ += static_cast<std::size_t>(response->receipts_size());
  }

  const std::vector<grpc::ByteBuffer>& messages_;
  std::size_t next_ = 0;          // used only by the write callbacks
  std::size_t acknowledged_ = 0;  // used, like the fields below, only by the read callbacks
  std::int64_t last_sequence_ = 0;
  absl::Status bad_;
  grpc::ByteBuffer response_;
  absl::Status status_;
  absl::Notification done_;
};

}  // namespace

std::vector<grpc::ByteBuffer> PrepareMessages(const BenchElection& election,
                                              const std::vector<std::int64_t>& stations,
                                              int reports_per_message) {
  std::vector<grpc::ByteBuffer> messages;
  messages.reserve(stations.size() / static_cast<std::size_t>(reports_per_message) + 1);
  reporter::v1::SubmitReportsRequest request;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    *request.add_reports() = election.ReportOf(stations[i]);
    if (request.reports_size() < reports_per_message && i + 1 < stations.size()) continue;
    messages.push_back(rpc::SerializeMessage(request));
    request.Clear();
  }
  return messages;
}

absl::StatusOr<StreamOutcome> SendMessages(const CommonOptions& services,
                                           const std::vector<grpc::ByteBuffer>& messages,
                                           std::size_t reports) {
  Exchange exchange(messages);
  const absl::Time began = absl::Now();
  const absl::Status status = exchange.Run(services);
  const absl::Duration took = absl::Now() - began;
  if (!status.ok()) return status;
  if (exchange.acknowledged() != reports) {
    return absl::InternalError(
        absl::StrCat(exchange.acknowledged(), " receipts arrived for ", reports, " reports"));
  }
  return StreamOutcome{.took = took, .last_sequence = exchange.last_sequence()};
}

}  // namespace canvass::cli::bench
