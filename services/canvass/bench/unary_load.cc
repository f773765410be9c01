#include "services/canvass/bench/unary_load.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace canvass::cli::bench {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);

// State that all lanes share.
struct Course {
  explicit Course(const UnaryLoad& wanted)
      : load(wanted),
        stub(rpc::NewChannel(wanted.address, {.tls = wanted.tls})),
        running(wanted.in_flight) {}

  void Fail(const absl::Status& status) {
    const MutexLock lock(mutex);
    failure.Update(status);
    failed = true;
  }

  const UnaryLoad& load;
  grpc::GenericStub stub;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  absl::BlockingCounter running;
  Mutex mutex;
  absl::Status failure ABSL_GUARDED_BY(mutex);
};

// Makes one call after another.
class Lane {
 public:
  explicit Lane(Course& course) : course_(course) {}

  void CallNext() {
    index_ = course_.next.fetch_add(1);
    const grpc::ByteBuffer* const request =
        course_.failed ? nullptr : course_.load.request_at(index_);
    if (request == nullptr) {
      course_.running.DecrementCount();
      return;
    }
    context_.emplace();
    context_->set_wait_for_ready(true);
    rpc::SetDeadline(*context_, kCallTimeout);
    began_ = absl::Now();
    course_.stub.UnaryCall(&*context_, course_.load.method, {}, request, &response_,
                           [this](const grpc::Status& status) { Finish(status); });
  }

  const std::vector<double>& latencies_ms() const { return latencies_ms_; }

 private:
  void Finish(const grpc::Status& status) {
    latencies_ms_.push_back(absl::ToDoubleMilliseconds(absl::Now() - began_));
    const absl::Status checked =
        status.ok() ? course_.load.check(index_, response_) : rpc::FromGrpcStatus(status);
    if (!checked.ok()) course_.Fail(checked);
    CallNext();
  }

  Course& course_;
  std::size_t index_ = 0;
  absl::Time began_;
  std::optional<grpc::ClientContext> context_;
  grpc::ByteBuffer response_;
  std::vector<double> latencies_ms_;
};

}  // namespace

absl::StatusOr<LoadOutcome> RunLoad(const UnaryLoad& load) {
  Course course(load);
  std::deque<Lane> lanes;
  for (int i = 0; i < load.in_flight; ++i) lanes.emplace_back(course);
  const absl::Time began = absl::Now();
  for (Lane& lane : lanes) lane.CallNext();
  course.running.Wait();
  const absl::Duration took = absl::Now() - began;
  const MutexLock lock(course.mutex);
  if (!course.failure.ok()) return course.failure;
  LoadOutcome outcome;
  for (const Lane& lane : lanes) {
    outcome.latencies_ms.insert(outcome.latencies_ms.end(), lane.latencies_ms().begin(),
                                lane.latencies_ms().end());
  }
  outcome.calls_per_second =
      static_cast<double>(outcome.latencies_ms.size()) / absl::ToDoubleSeconds(took);
  return outcome;
}

}  // namespace canvass::cli::bench
