#include "services/publisher/aggregator_watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <utility>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"

namespace canvass::publisher {
namespace {

// Between streams: short at first, because an aggregator that restarts is back within seconds, and
// never long, because the public waits. The channel has a backoff of its own between connections.
constexpr absl::Duration kRetryAfterMin = absl::Milliseconds(50);
constexpr absl::Duration kRetryAfterMax = absl::Seconds(2);
// Once diverged only an operator can help.
constexpr absl::Duration kRetryDivergedAfter = absl::Seconds(10);

bool IsDivergence(const absl::Status& status) {
  return DetailOf(status).reason == "LEDGER_DIVERGED";
}

}  // namespace

AggregatorWatch::AggregatorWatch(std::shared_ptr<grpc::Channel> channel, ResultBoard& board)
    : channel_(std::move(channel)),
      stub_(aggregator::v1::AggregatorService::NewStub(channel_)),
      board_(board),
      thread_([this] { Run(); }) {}

AggregatorWatch::~AggregatorWatch() { Stop(); }

void AggregatorWatch::Stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stopping_.NotifyAll();
  }
  const MutexLock joining(joining_);
  if (thread_.joinable()) thread_.join();
}

void AggregatorWatch::Run() {
  absl::Duration retry_after = kRetryAfterMin;
  while (Wait(absl::ZeroDuration())) {
    bool heard = false;
    const absl::Status ended = Follow(heard);
    board_.DropUnfinishedSteps();
    if (!Wait(absl::ZeroDuration())) return;
    if (IsDivergence(ended)) {
      board_.SayDiverged();
      telemetry::LogError("The figures stay as they are: " + telemetry::Describe(ended));
      retry_after = kRetryDivergedAfter;
    } else {
      retry_after = heard ? kRetryAfterMin : std::min(retry_after * 2, kRetryAfterMax);
      telemetry::LogWarning("Cut off from the aggregator: " + telemetry::Describe(ended));
    }
    if (!Wait(retry_after)) return;
  }
}

absl::Status AggregatorWatch::Follow(bool& heard) {
  aggregator::v1::WatchTalliesRequest request;
  for (aggregator::v1::LedgerPosition& position : board_.Positions()) {
    *request.add_positions() = std::move(position);
  }
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  if (!Open(context)) return absl::CancelledError("stopped");
  const auto reader = stub_->WatchTallies(&context, request);
  absl::Status taken;
  aggregator::v1::WatchTalliesResponse message;
  while (taken.ok() && reader->Read(&message)) {
    if (!heard) telemetry::LogInfo("Following the aggregator");
    heard = true;
    taken = board_.Take(message);
  }
  if (!taken.ok()) context.TryCancel();
  const absl::Status ended = rpc::FromGrpcStatus(reader->Finish());
  Close();
  if (!taken.ok()) return taken;
  return ended.ok() ? absl::UnavailableError("the aggregator ended the stream") : ended;
}

bool AggregatorWatch::Open(grpc::ClientContext& context) {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  context_ = &context;
  return true;
}

void AggregatorWatch::Close() {
  const MutexLock lock(mutex_);
  context_ = nullptr;
}

bool AggregatorWatch::Wait(absl::Duration duration) {
  const absl::Duration until = SteadyNow() + duration;
  const MutexLock lock(mutex_);
  while (!stopped_) {
    const absl::Duration left = until - SteadyNow();
    if (left <= absl::ZeroDuration()) break;
    stopping_.WaitFor(mutex_, absl::ToChronoMicroseconds(left));
  }
  return !stopped_;
}

}  // namespace canvass::publisher
