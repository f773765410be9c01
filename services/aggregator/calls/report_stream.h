#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/unread_answers.h"
#include "services/aggregator/calls/open_streams.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"
#include "services/aggregator/writer/write_request.h"

namespace canvass::aggregator {

class ReportStream;

// What all RecordReports calls of a service have in common. Thread-safe.
struct ReportStreams {
  OpenStreams<ReportStream> open{};
  rpc::CallShares shares;
  // Large messages that are being parsed: by half of the processors, so that gRPC has threads for
  // other calls.
  std::atomic<unsigned> parsing = 0;
};

// One RecordReports call. Takes messages while there is room, here and in the writer's queue, and
// answers them in order. A message that has come without room in the queue waits as bytes, which
// are a small part of what its reports hold. An error in a message ends the call, after the answers
// to the messages before it. Messages are read and written as bytes, so that only one of thousands
// of reports at a time has to be a protobuf message. Deletes itself when the call is over.
class ReportStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Limits that are part of the contract.
  static constexpr std::size_t kMessagesInFlightMax = 64;
  // Enough for one stream to keep the writer busy, and few enough that several streams fit into its
  // queue.
  static constexpr std::size_t kReportsInFlightMax = 16'000;

  // Open calls, which callers share (rpc::CallShares). Each may keep one message of 8 MiB that
  // waits for room. Few are needed: a reporter has one.
  static constexpr std::size_t kStreamsMax = 32;

  // Beyond this, no more is read from a client that does not read its receipts. Those of a message
  // have 1 MiB, unless many of its reports are refused.
  static constexpr std::size_t kUnreadBytesMax = std::size_t{4} << 20U;

  // `writer` and `streams` must outlive this. Without a place among the streams, the call ends with
  // RESOURCE_EXHAUSTED TOO_MANY_STREAMS.
  ReportStream(LedgerWriter& writer, ReportStreams& streams, grpc::CallbackServerContext& context);

  // Reads no more messages, answers those that were read, and ends the call with `status`. Does
  // nothing if the call is ending already, or if the client has sent everything.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // A message that was read and is not answered.
  struct Slot {
    std::size_t reports = 0;
    std::optional<absl::StatusOr<std::vector<Receipt>>> answer{};
    rpc::UnreadAnswer unread{};  // once there are receipts
  };

  ~ReportStream() override = default;

  void TakeWhenRoom();
  bool IsEnding();
  bool MayParse();
  void TakeRequest(bool is_ending);
  void Take(std::vector<SubmittedReport> reports);
  void Answer(Slot& slot, absl::StatusOr<std::vector<Receipt>> receipts);
  void FailNext(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WantsMore() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  rpc::UnreadAnswer Unread(std::size_t bytes) const;

  LedgerWriter& writer_;
  ReportStreams& streams_;
  grpc::CallbackServerContext& context_;
  const WriteStream stream_;

  Mutex mutex_;
  std::deque<std::unique_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);  // in the order of the messages
  std::size_t reports_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t unread_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of slots_
  int unanswered_ ABSL_GUARDED_BY(mutex_) = 0;            // slots that the writer still references
  rpc::CallPlace place_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool taking_ ABSL_GUARDED_BY(mutex_) = false;  // the message of the last read
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // No more messages are taken: the client has sent all, or the call is ending.
  bool no_more_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;  // the client reads no more answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Alarm> alarm_;                        // while the message waits for room
  grpc::ByteBuffer request_;                                  // of the read in progress
  grpc::ByteBuffer response_;                                 // of the write in progress
  rpc::UnreadAnswer writing_unread_ ABSL_GUARDED_BY(mutex_);  // response_
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_STREAM_H_
