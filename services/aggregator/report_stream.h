#ifndef CANVASS_SERVICES_AGGREGATOR_REPORT_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_REPORT_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "services/aggregator/ledger_writer.h"
#include "services/aggregator/open_streams.h"
#include "services/aggregator/submission.h"

namespace canvass::aggregator {

// One call of RecordReports. Takes messages while there is room, here and in the writer's queue,
// and answers them in their order. What goes wrong with a message ends the call, after the answers
// to the messages before it. Messages come and go as bytes, so that of thousands of reports only
// one at a time need be a protobuf message. Deletes itself when the call is over.
class ReportStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Part of the contract.
  static constexpr std::size_t kReportsPerMessageMax = 4'000;
  static constexpr std::size_t kMessagesInFlightMax = 64;
  // Enough to keep the writer busy from one stream, and few enough that several fit its queue.
  static constexpr std::size_t kReportsInFlightMax = 16'000;

  // Owns neither.
  ReportStream(LedgerWriter& writer, OpenStreams<ReportStream>& streams);

  // Takes no more messages, answers those it has, and ends the call with `status`.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // A message that was taken and is not answered yet.
  struct Slot {
    std::size_t reports = 0;
    std::optional<absl::StatusOr<std::vector<Receipt>>> answer{};
  };

  ~ReportStream() override = default;

  void Take(std::vector<SubmittedReport> reports, std::size_t bytes);
  void Answer(Slot& slot, absl::StatusOr<std::vector<Receipt>> receipts);
  void FailNext(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WantsMore() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LedgerWriter& writer_;
  OpenStreams<ReportStream>& streams_;

  Mutex mutex_;
  std::deque<std::unique_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);  // in the order of the messages
  std::size_t reports_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  int unanswered_ ABSL_GUARDED_BY(mutex_) = 0;  // slots that the writer still refers to
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool no_more_ ABSL_GUARDED_BY(mutex_) =
      false;  // messages: the client has sent all, or we take none
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;  // nobody reads the answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer request_;   // of the read that is going on
  grpc::ByteBuffer response_;  // of the write that is going on
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_REPORT_STREAM_H_
