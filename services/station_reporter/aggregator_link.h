#ifndef CANVASS_SERVICES_STATION_REPORTER_AGGREGATOR_LINK_H_
#define CANVASS_SERVICES_STATION_REPORTER_AGGREGATOR_LINK_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "services/station_reporter/aggregator_stream.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

struct AggregatorLinkOptions {
  std::string aggregator = "127.0.0.1:50062";  // host:port, several by comma
  // Before the next try after a stream broke: doubles up to the longest. Short, because submitters
  // are turned away meanwhile.
  absl::Duration first_backoff = absl::Milliseconds(50);
  absl::Duration longest_backoff = absl::Seconds(1);
  // Reports that have waited so long for their receipts, and are not patient, are given back.
  absl::Duration answer_within = absl::InfiniteDuration();
  ReportQueueLimits queue_limits{};
};

// The way to the aggregator: one stream that all submitters share, opened again whenever it breaks.
// Nothing is sent twice: of what was in flight nobody knows whether it was recorded, and each
// submitter is told so with UNAVAILABLE AGGREGATOR_UNREACHABLE, as it is after answer_within.
// Thread-safe.
class AggregatorLink {
 public:
  explicit AggregatorLink(const AggregatorLinkOptions& options);
  // Stops, if Stop was not called.
  ~AggregatorLink();
  AggregatorLink(const AggregatorLink&) = delete;
  AggregatorLink& operator=(const AggregatorLink&) = delete;

  // Begins to connect. `on_ready` is called from a thread of the link whenever it begins or ceases
  // to reach an active aggregator; also with false if it does not reach one within two seconds.
  // Once.
  void Start(std::function<void(bool ready)> on_ready);

  // Fails what waits and what is in flight, and goes nowhere any more. Idempotent. Not from a gRPC
  // thread.
  void Stop();

  // Sends reports on their way; the submitter is answered later. What SubmittedQueue::Add says.
  absl::Status Submit(std::vector<SubmittedQueue::SizedReport> reports,
                      std::shared_ptr<SubmittedQueue::Submitter> submitter,
                      const SubmittedQueue::AddOptions& options = {});

  // See SubmittedQueue.
  std::int64_t epoch() const { return queue_.epoch(); }

  // For calls other than reports. Owned by the link.
  aggregator::v1::AggregatorService::Stub& stub() { return *stub_; }

  // The error of what was not sent, because there is no way to the aggregator.
  absl::Status Unreachable(const absl::Status& why) const;

 private:
  // What the link's thread does.
  void Run();
  // True once the channel reaches an active aggregator, false when the link is to stop.
  bool WaitForAggregator();
  // Opens a stream, tends it until it is over, and says how it ended.
  absl::Status RunStream();
  // False when the link is to stop.
  bool Sleep(absl::Duration time);
  bool IsStopping();
  void SetReady(bool ready);
  // The error of reports that were on their way when the stream broke.
  absl::Status InDoubt(const absl::Status& why) const;
  // Gives back what has waited too long.
  void Expire();

  const AggregatorLinkOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<aggregator::v1::AggregatorService::Stub> stub_;
  SubmittedQueue queue_;
  std::function<void(bool)> on_ready_;
  bool ready_ = false;  // of the thread alone
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<AggregatorStream> stream_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);  // how the stream ended
  std::thread thread_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_AGGREGATOR_LINK_H_
