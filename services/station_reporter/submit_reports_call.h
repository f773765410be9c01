#ifndef CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORTS_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORTS_CALL_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/station_reporter/aggregator_link.h"
#include "services/station_reporter/outbox_courier.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// One call of SubmitReports. Takes messages while there is room and answers their reports in order.
// Reports that get no receipt from the aggregator go to the outbox, if there is one. What ends it
// early (nobody who takes the reports, a message that cannot be read) ends it after the receipts of
// the reports before. Lives until both the call is over and nobody can answer it any
// more. Thread-safe.
class SubmitReportsCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                                public std::enable_shared_from_this<SubmitReportsCall> {
 public:
  // Part of the contract.
  static constexpr std::size_t kReportsPerMessageMax = 1'000;
  // Of one stream, on their way at once: keeps the aggregator busy and bounds what one client can
  // fill the queue with. More wait in the connection, which holds the client back.
  static constexpr std::size_t kMessagesInFlightMax = 16;
  // Where an answer is cut: far below what any client takes.
  static constexpr std::size_t kResponseBytesMax = std::size_t{1} << 20U;

  // `on_done` is called when the call is over. `outbox` is null where there is none. All outlive
  // the call.
  static std::shared_ptr<SubmitReportsCall> Start(AggregatorLink& link, OutboxCourier* outbox,
                                                  const Clock& clock,
                                                  std::function<void()> on_done);

  // Takes no more messages, answers those it has, and ends the call with `status`.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // A message that was taken, with what came back for it.
  class TakenMessage;

  SubmitReportsCall(AggregatorLink& link, OutboxCourier* outbox, const Clock& clock,
                    std::function<void()> on_done);

  void Take(const grpc::ByteBuffer& bytes);
  // Checks the reports and sends them on; `bytes`: the message that they come in. An error: nothing
  // was sent.
  absl::Status Forward(const grpc::ByteBuffer& bytes);
  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts everything that can be done now.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  AggregatorLink& link_;
  OutboxCourier* const outbox_;
  const Clock& clock_;
  const std::function<void()> on_done_;
  std::shared_ptr<SubmitReportsCall> self_;  // until OnDone

  Mutex mutex_;
  std::deque<std::shared_ptr<TakenMessage>> taken_ ABSL_GUARDED_BY(mutex_);  // oldest first
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool deserted_ ABSL_GUARDED_BY(mutex_) = false;  // nobody reads the receipts any more
  // Set when no more messages are taken: what the call ends with once everything is answered.
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer request_;   // of the read that is going on
  grpc::ByteBuffer response_;  // of the write that is going on
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SUBMIT_REPORTS_CALL_H_
