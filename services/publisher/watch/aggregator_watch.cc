#include "services/publisher/watch/aggregator_watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <utility>

#include "common/base/backoff.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/base/retry_thread.h"
#include "common/base/text.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "common/telemetry/trace_context.h"

namespace canvass::publisher {
namespace {

// Backoff between streams. It is short at first, because an aggregator that restarts is back within
// seconds, and never long, because the public waits. The channel has its own backoff between
// connections.
constexpr absl::Duration kRetryAfterMin = absl::Milliseconds(50);
constexpr absl::Duration kRetryAfterMax = absl::Seconds(2);
// Delay after a divergence, which only an operator can resolve.
constexpr absl::Duration kRetryDivergedAfter = absl::Seconds(10);
// Limit of a call that only tells the aggregator something.
constexpr absl::Duration kToldWithin = absl::Seconds(5);

// At level debug: the end of a step, and what is known about the traces of its entries.
void LogStep(const aggregator::v1::WatchLedgerResponse& message) {
  for (const aggregator::v1::WatchedEntry& entry : message.entries()) {
    if (!telemetry::IsTraceId(entry.trace_id())) continue;
    telemetry::LogDebug("has an entry", {{"election", message.election_id()},
                                         {"sequence", StrCat(entry.sequence())},
                                         {"trace_id", entry.trace_id()}});
  }
  if (!message.step_complete()) return;
  telemetry::LogDebug("shows a step", {{"election", message.election_id()},
                                       {"sequence", StrCat(message.sequence())}});
}

}  // namespace

AggregatorWatch::AggregatorWatch(std::shared_ptr<grpc::Channel> channel, ResultBoard& board)
    : channel_(std::move(channel)),
      stub_(aggregator::v1::AggregatorService::NewStub(channel_)),
      board_(board),
      retry_(Backoff(kRetryAfterMin, kRetryAfterMax)) {
  retry_.Start([this] { return Watch(); }, [this] { Cancel(); });
}

AggregatorWatch::~AggregatorWatch() { Stop(); }

void AggregatorWatch::Stop() { retry_.Stop(); }

void AggregatorWatch::Cancel() {
  const MutexLock lock(mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

RetryThread::Outcome AggregatorWatch::Watch() {
  bool heard = false;
  const absl::Status ended = Follow(heard);
  board_.DropUnfinishedSteps();
  if (retry_.stopping()) return {};
  if (HasReason(ended, reason::kLedgerDiverged)) {
    board_.MarkDiverged();
    telemetry::LogError(
        (board_.IsReady() ? "The published figures stay unchanged: " : "not serving: ") +
        telemetry::Describe(ended));
    TellWhatWasShown();
    return {.delay_min = kRetryDivergedAfter};
  }
  telemetry::LogWarning("Lost the connection to the aggregator: " + telemetry::Describe(ended));
  return {.succeeded = heard};
}

absl::Status AggregatorWatch::Follow(bool& heard) {
  aggregator::v1::WatchLedgerRequest request;
  for (aggregator::v1::LedgerPosition& position : board_.Positions()) {
    *request.add_positions() = std::move(position);
  }
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  if (!Open(context)) return absl::CancelledError("stopped");
  const auto reader = stub_->WatchLedger(&context, request);
  absl::Status taken;
  aggregator::v1::WatchLedgerResponse message;
  while (taken.ok() && reader->Read(&message)) {
    if (!heard) telemetry::LogInfo("Following the aggregator");
    heard = true;
    taken = board_.Take(message);
    if (taken.ok() && telemetry::LogsDebug()) LogStep(message);
  }
  if (!taken.ok()) context.TryCancel();
  const absl::Status ended = rpc::FromGrpcStatus(reader->Finish());
  Close();
  if (!taken.ok()) return taken;
  return ended.ok() ? absl::UnavailableError("the aggregator ended the stream") : ended;
}

void AggregatorWatch::TellWhatWasShown() {
  aggregator::v1::WatchLedgerRequest request;
  for (aggregator::v1::LedgerPosition& position : board_.PositionsBeforeRestart()) {
    *request.add_positions() = std::move(position);
  }
  if (request.positions().empty()) return;
  grpc::ClientContext context;
  rpc::SetDeadline(context, kToldWithin);
  if (!Open(context)) return;
  const auto reader = stub_->WatchLedger(&context, request);
  aggregator::v1::WatchLedgerResponse message;
  reader->Read(&message);  // it has looked at the positions
  context.TryCancel();
  reader->Finish();
  Close();
}

bool AggregatorWatch::Open(grpc::ClientContext& context) {
  const MutexLock lock(mutex_);
  if (retry_.stopping()) return false;
  context_ = &context;
  return true;
}

void AggregatorWatch::Close() {
  const MutexLock lock(mutex_);
  context_ = nullptr;
}

}  // namespace canvass::publisher
