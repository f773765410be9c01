#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_LINK_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_LINK_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/base/retry_thread.h"
#include "services/station_reporter/link/aggregator_stream.h"
#include "services/station_reporter/link/election_list.h"
#include "services/station_reporter/link/known_entries.h"
#include "services/station_reporter/link/submitted_queue.h"

namespace canvass::station_reporter {

struct AggregatorLinkOptions {
  std::string aggregator = "127.0.0.1:50062";  // host:port; several separated by commas
  // Backoff after a stream breaks. It doubles up to longest_backoff. It is short because reports
  // are turned away in the meantime.
  absl::Duration first_backoff = absl::Milliseconds(50);
  absl::Duration longest_backoff = absl::Seconds(1);
  // Reports that are not patient and have no receipt after this time are given back.
  absl::Duration answer_within = absl::InfiniteDuration();
  ReportQueueLimits queue_limits{};
  // Receives the elections of the aggregator (see ElectionList). If null, it is not asked.
  ElectionList::OnElections on_elections{};
  // What receipts told of before. If null, the link does not compare the aggregator's ledger with
  // it. Must outlive the link.
  KnownEntries* known_entries = nullptr;
};

// The connection to the aggregator: one stream that all submitters share, reopened whenever it
// breaks. Sends nothing twice. If the stream breaks, nobody knows whether reports in flight were
// recorded: their submitters get UNAVAILABLE AGGREGATOR_UNREACHABLE, as they do after
// answer_within. Sends nothing to an aggregator whose ledger lacks an entry that a receipt told of.
// Thread-safe.
class AggregatorLink {
 public:
  explicit AggregatorLink(const AggregatorLinkOptions& options);
  // Calls Stop.
  ~AggregatorLink();
  AggregatorLink(const AggregatorLink&) = delete;
  AggregatorLink& operator=(const AggregatorLink&) = delete;

  // Starts connecting. Call it once. The link's thread calls `on_ready` when the link gains or
  // loses contact with an active aggregator, and with false if two seconds of connecting have not
  // reached one.
  void Start(std::function<void(bool ready)> on_ready);

  // Fails all waiting and in-flight reports and stops reconnecting. Idempotent. Must not be called
  // from a gRPC thread.
  void Stop();

  // Queues reports for sending; the submitter is called later. Returns the errors of
  // SubmittedQueue::Add.
  absl::Status Submit(std::vector<SubmittedQueue::SizedReport> reports,
                      std::shared_ptr<SubmittedQueue::Submitter> submitter,
                      const SubmittedQueue::AddOptions& options = {});

  // Whether an active aggregator is reached. Any thread may ask.
  bool reached() const { return ready_; }
  // The reports that wait or are in flight.
  SubmittedQueue::Size waiting() const { return queue_.size(); }

  // See SubmittedQueue::epoch.
  std::int64_t epoch() const { return queue_.epoch(); }

  // For calls other than RecordReports. Owned by the link.
  aggregator::v1::AggregatorService::Stub& stub() { return *stub_; }

  // Returns UNAVAILABLE AGGREGATOR_UNREACHABLE for a request that was not sent. `why` goes into the
  // message.
  absl::Status Unreachable(const absl::Status& why) const;

 private:
  // One attempt of retry_: waits for an active aggregator and serves a stream to it until it ends.
  RetryThread::Outcome Connect();
  // Returns true once the channel reaches an active aggregator, and false if the link is stopping.
  bool WaitForAggregator();
  // Whether the aggregator still has the entries that receipts told of.
  absl::Status CheckKnownEntries();
  // Opens a stream, serves it until it ends, and returns how it ended.
  absl::Status RunStream();
  void CancelStream();
  void SetReady(bool ready);
  // Returns the error for reports in flight: whether they were recorded is unknown.
  absl::Status InDoubt(const absl::Status& why) const;
  // Gives back reports that have waited longer than answer_within.
  void Expire();

  const AggregatorLinkOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<aggregator::v1::AggregatorService::Stub> stub_;
  SubmittedQueue queue_;
  const std::unique_ptr<ElectionList> elections_;  // null if they are not asked for
  std::function<void(bool)> on_ready_;
  std::atomic<bool> ready_ = false;  // set by the link's thread
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<AggregatorStream> stream_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);  // how the stream ended
  RetryThread retry_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_AGGREGATOR_LINK_H_
