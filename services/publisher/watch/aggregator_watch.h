#ifndef CANVASS_SERVICES_PUBLISHER_WATCH_AGGREGATOR_WATCH_H_
#define CANVASS_SERVICES_PUBLISHER_WATCH_AGGREGATOR_WATCH_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/base/retry_thread.h"
#include "services/publisher/board/result_board.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace canvass::publisher {

// Follows the aggregator's ledgers and feeds the board, starting at the board's position. Reopens
// the stream whenever it ends. Its own thread is the board's watching thread, because folding
// millions of entries would block gRPC's threads. Reading pauses while the thread folds, which
// holds back a sender that is too fast.
class AggregatorWatch {
 public:
  // Starts the thread. `board` must outlive this.
  AggregatorWatch(std::shared_ptr<grpc::Channel> channel, ResultBoard& board);
  // Calls Stop.
  ~AggregatorWatch();
  AggregatorWatch(const AggregatorWatch&) = delete;
  AggregatorWatch& operator=(const AggregatorWatch&) = delete;

  // Cancels the stream and joins the thread. Idempotent.
  void Stop();

 private:
  using Stub = aggregator::v1::AggregatorService::Stub;

  // One attempt of retry_.
  RetryThread::Outcome Watch();
  // Follows one stream until it ends. Sets `heard` once a message has arrived.
  absl::Status Follow(bool& heard);
  // Asks to watch from where the figures ended that were shown before a restart and are not shown
  // now. So an aggregator whose database ends before notices it.
  void TellWhatWasShown();
  bool Open(grpc::ClientContext& context) ABSL_LOCKS_EXCLUDED(mutex_);
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_;
  ResultBoard& board_;
  Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the stream, to cancel it
  RetryThread retry_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_WATCH_AGGREGATOR_WATCH_H_
