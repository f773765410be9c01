#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_ELECTION_LIST_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_ELECTION_LIST_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/base/mutex.h"

namespace canvass::station_reporter {

// Asks the aggregator now and then which elections it has. Thread-safe.
class ElectionList {
 public:
  // Receives the ids of elections that the aggregator has, some of all. Called on a thread of gRPC.
  using OnElections = std::function<void(std::vector<std::string> election_ids)>;

  // An election that was defined just now is known within this time.
  static constexpr absl::Duration kAskEvery = absl::Seconds(5);

  ElectionList(const std::shared_ptr<grpc::Channel>& channel, OnElections on_elections);
  // Calls Stop.
  ~ElectionList();
  ElectionList(const ElectionList&) = delete;
  ElectionList& operator=(const ElectionList&) = delete;

  // Asks, unless an answer is on its way or was received less than kAskEvery before `steady_now`.
  // Does not block.
  void AskIfDue(absl::Duration steady_now);

  // Cancels the call on its way and waits for its end. Asks no more. Idempotent.
  void Stop();

 private:
  void AskForPage() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Receive(const grpc::Status& status);

  const std::unique_ptr<aggregator::v1::ElectionService::Stub> stub_;
  const OnElections on_elections_;
  Mutex mutex_;
  CondVar ended_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration next_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
  // Of the call on its way; null if there is none.
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  aggregator::v1::ListElectionsRequest request_;
  aggregator::v1::ListElectionsResponse response_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_ELECTION_LIST_H_
