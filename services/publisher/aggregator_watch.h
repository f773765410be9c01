#ifndef CANVASS_SERVICES_PUBLISHER_AGGREGATOR_WATCH_H_
#define CANVASS_SERVICES_PUBLISHER_AGGREGATOR_WATCH_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "services/publisher/result_board.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace canvass::publisher {

// Follows the aggregator's ledgers and feeds the board, from the first entry or from where the
// board stands, over again whenever the stream ends. The board's watching thread is its own:
// folding millions of entries would hold up gRPC's, and not reading on holds up a sender that is
// too quick.
class AggregatorWatch {
 public:
  // Starts. `board` must outlive this.
  AggregatorWatch(std::shared_ptr<grpc::Channel> channel, ResultBoard& board);
  // Stops.
  ~AggregatorWatch();
  AggregatorWatch(const AggregatorWatch&) = delete;
  AggregatorWatch& operator=(const AggregatorWatch&) = delete;

  // Ends the stream and the thread. Idempotent.
  void Stop();

 private:
  using Stub = aggregator::v1::AggregatorService::Stub;

  void Run();
  // Follows one stream until it ends. `heard`: whether anything came.
  absl::Status Follow(bool& heard);
  bool Open(grpc::ClientContext& context) ABSL_LOCKS_EXCLUDED(mutex_);
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);
  // False if it was stopped meanwhile.
  bool Wait(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_;
  ResultBoard& board_;
  Mutex mutex_;
  CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the stream, to cancel it
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_AGGREGATOR_WATCH_H_
