#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_STREAM_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_STREAM_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "services/station_reporter/link/known_entries.h"
#include "services/station_reporter/link/submitted_queue.h"

namespace canvass::station_reporter {

// One call of RecordReports. Writes the queue's messages, one at a time, and hands the receipts
// back to the queue. Owns itself until the call is over. Thread-safe.
class AggregatorStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Starts the call. `on_end` is called once, from a gRPC thread, with how the call ended. `known`
  // may be null. Both it and `queue` must outlive the call.
  static std::shared_ptr<AggregatorStream> Start(const std::shared_ptr<grpc::Channel>& channel,
                                                 SubmittedQueue& queue, KnownEntries* known,
                                                 std::function<void(const absl::Status&)> on_end);

  // Writes the next message if there is one and no write is in progress. Call it after adding to
  // the queue.
  void Write();

  // Cancels the call. Reports in flight get no receipts.
  void Cancel() { context_.TryCancel(); }

  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  AggregatorStream(SubmittedQueue& queue, KnownEntries* known,
                   std::function<void(const absl::Status&)> on_end);

  void TakeReceipts();
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  SubmittedQueue& queue_;
  KnownEntries* const known_;
  const std::function<void(const absl::Status&)> on_end_;
  grpc::ClientContext context_;
  std::shared_ptr<AggregatorStream> self_;  // until OnDone
  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // Set when a read fails; no write may start after that. gRPC does not call OnDone until that
  // OnReadDone has returned.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  // Set when a response does not match the oldest message in flight.
  absl::Status mismatch_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer request_;   // of the write in progress
  grpc::ByteBuffer response_;  // of the read in progress
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_STREAM_H_
