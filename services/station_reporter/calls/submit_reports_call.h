#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORTS_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORTS_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/call_origin.h"
#include "common/rpc/unread_answers.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/link/aggregator_link.h"
#include "services/station_reporter/link/submitted_queue.h"
#include "services/station_reporter/outbox/outbox_courier.h"

namespace canvass::station_reporter {

// One call of SubmitReports. Takes messages while there is room and answers their reports in order.
// Reports that get no receipt from the aggregator go to the outbox, if there is one. An error ends
// the call after the receipts of all earlier reports; for example, a message cannot be read, or
// nobody takes the reports. Lives until the call is over and no pending answer refers to it.
// Thread-safe.
class SubmitReportsCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                                public std::enable_shared_from_this<SubmitReportsCall> {
 public:
  // Part of the contract of SubmitReports.
  static constexpr std::size_t kReportsPerMessageMax = 1'000;
  // Messages of one stream in flight: enough to keep the aggregator busy, and a bound on what one
  // client can put into the queue. More wait in the connection, which slows the client down.
  static constexpr std::size_t kMessagesInFlightMax = 16;
  // A response takes no more receipts once it has this size, which is far below what any client
  // accepts.
  static constexpr std::size_t kResponseBytesMax = std::size_t{1} << 20U;

  // Beyond this, no more is read from a client that does not read its receipts.
  static constexpr std::size_t kUnreadBytesMax = std::size_t{4} << 20U;

  // `on_done` is called when the call is over. `outbox` is
  // null if there is none. `link`, `outbox` and `clock` must outlive the call.
  static std::shared_ptr<SubmitReportsCall> Start(AggregatorLink& link, OutboxCourier* outbox,
                                                  const Clock& clock,
                                                  grpc::CallbackServerContext& context,
                                                  Sender sender, std::function<void()> on_done);

  // Takes no more messages, answers those already taken, and ends the call with `status`.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // A message that was taken, with its receipts.
  class TakenMessage;
  struct Taken {
    std::shared_ptr<TakenMessage> message;
    rpc::UnreadAnswer unread{};  // once it is answered
  };

  SubmitReportsCall(AggregatorLink& link, OutboxCourier* outbox, const Clock& clock,
                    grpc::CallbackServerContext& context, Sender sender,
                    std::function<void()> on_done);

  void Take(const grpc::ByteBuffer& bytes);
  // Checks the reports of a message and forwards them. `bytes` is the message. On an error nothing
  // was sent.
  absl::Status Forward(const grpc::ByteBuffer& bytes);
  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts every read, write and finish that is possible.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Counts the receipts that wait to be read.
  void CountUnread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::size_t UnreadBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  rpc::UnreadAnswer Unread(std::size_t bytes) const;

  AggregatorLink& link_;
  OutboxCourier* const outbox_;
  const Clock& clock_;
  grpc::CallbackServerContext& context_;  // valid until OnDone
  const Sender sender_;
  // With it, receipts are logged: only of a call that is traced, because a stream may be a
  // country's.
  const std::optional<rpc::CallOrigin> origin_;
  const std::function<void()> on_done_;
  std::shared_ptr<SubmitReportsCall> self_;  // until OnDone

  Mutex mutex_;
  std::deque<Taken> taken_ ABSL_GUARDED_BY(mutex_);  // oldest first
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool deserted_ ABSL_GUARDED_BY(mutex_) = false;  // nobody reads the receipts
  // Status with which the call ends once everything is answered. Set when no more messages are
  // taken.
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer request_;                                  // of the read in progress
  grpc::ByteBuffer response_;                                 // of the write in progress
  rpc::UnreadAnswer writing_unread_ ABSL_GUARDED_BY(mutex_);  // response_
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_SUBMIT_REPORTS_CALL_H_
