#include "services/station_reporter/aggregator_link.h"

#include <grpc/impl/codegen/connectivity_state.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/telemetry/log.h"

namespace canvass::station_reporter {
namespace {

// How often the channel is asked whether it still reaches an active aggregator (gRPC's callbacks do
// not tell), and the thread whether it should stop.
constexpr absl::Duration kCheckInterval = absl::Milliseconds(100);

// After a start, an aggregator that is there is reached well within this.
constexpr absl::Duration kFirstReachedWithin = absl::Seconds(2);

// When somebody whom we could not serve should try again: the time of a few reconnects.
constexpr int kRetryAfterMs = 1'000;

}  // namespace

AggregatorLink::AggregatorLink(const AggregatorLinkOptions& options)
    : options_(options),
      channel_(rpc::NewChannel(options.aggregator,
                               aggregator::v1::AggregatorService::service_full_name())),
      stub_(aggregator::v1::AggregatorService::NewStub(channel_)),
      queue_(options.queue_limits) {
  const absl::Status unconnected = Unreachable(absl::UnavailableError("not connected yet"));
  queue_.Close(unconnected, unconnected);
}

AggregatorLink::~AggregatorLink() { Stop(); }

void AggregatorLink::Start(std::function<void(bool ready)> on_ready) {
  on_ready_ = std::move(on_ready);
  thread_ = std::thread([this] { Run(); });
}

void AggregatorLink::Stop() {
  std::shared_ptr<AggregatorStream> stream;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stream = stream_;
    changed_.NotifyAll();
  }
  if (stream != nullptr) stream->Cancel();
  if (thread_.joinable()) thread_.join();
}

absl::Status AggregatorLink::Submit(std::vector<SubmittedQueue::SizedReport> reports,
                                    std::shared_ptr<SubmittedQueue::Submitter> submitter,
                                    const SubmittedQueue::AddOptions& options) {
  absl::Status added = queue_.Add(std::move(reports), std::move(submitter), options);
  if (!added.ok()) return added;
  std::shared_ptr<AggregatorStream> stream;
  {
    const MutexLock lock(mutex_);
    stream = stream_;
  }
  // Without a stream: it has just ended, and whoever ends it fails what waits.
  if (stream != nullptr) stream->Write();
  return absl::OkStatus();
}

absl::Status AggregatorLink::Unreachable(const absl::Status& why) const {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("The aggregator at ", options_.aggregator,
                                " cannot be reached; nothing was sent to it. Try again later. (",
                                telemetry::Describe(why), ")"),
                   {.reason = "AGGREGATOR_UNREACHABLE",
                    .metadata = {{"aggregator", options_.aggregator}},
                    .retry_after_ms = kRetryAfterMs});
}

absl::Status AggregatorLink::InDoubt(const absl::Status& why) const {
  return MakeError(
      absl::StatusCode::kUnavailable,
      absl::StrCat("The aggregator at ", options_.aggregator,
                   " was sent the report and did not answer; whether it was recorded "
                   "is not known. Send it again: the same report is never counted twice. (",
                   telemetry::Describe(why), ")"),
      {.reason = "AGGREGATOR_UNREACHABLE",
       .metadata = {{"aggregator", options_.aggregator}},
       .retry_after_ms = kRetryAfterMs});
}

void AggregatorLink::Run() {
  absl::Duration backoff = options_.first_backoff;
  while (WaitForAggregator()) {
    const absl::Duration start = SteadyNow();
    const absl::Status end = RunStream();
    SetReady(false);
    queue_.Close(InDoubt(end), Unreachable(end));
    if (IsStopping()) return;
    telemetry::LogWarning(absl::StrCat("the stream to the aggregator at ", options_.aggregator,
                                       " ended: ", telemetry::Describe(end)));
    // A stream that lived was no failed try.
    if (SteadyNow() - start > options_.longest_backoff) backoff = options_.first_backoff;
    if (!Sleep(backoff)) return;
    backoff = std::min(2 * backoff, options_.longest_backoff);
  }
}

bool AggregatorLink::WaitForAggregator() {
  absl::Duration waited;
  for (; !IsStopping(); waited += kCheckInterval) {
    if (channel_->WaitForConnected(rpc::TimeIn(kCheckInterval))) return true;
    if (waited == absl::ZeroDuration()) {
      telemetry::LogInfo(absl::StrCat("waiting for the aggregator at ", options_.aggregator));
    }
    if (waited == kFirstReachedWithin) on_ready_(false);
  }
  return false;
}

absl::Status AggregatorLink::RunStream() {
  Expire();  // from now on the queue knows the time
  queue_.Open();
  std::shared_ptr<AggregatorStream> stream =
      AggregatorStream::Start(channel_, queue_, [this](const absl::Status& status) {
        const MutexLock lock(mutex_);
        ended_ = status;
        changed_.NotifyAll();
      });
  {
    const MutexLock lock(mutex_);
    stream_ = stream;
  }
  if (IsStopping()) stream->Cancel();
  stream->Write();  // what was added before the stream was there
  telemetry::LogInfo(absl::StrCat("sending reports to the aggregator at ", options_.aggregator));
  while (true) {
    SetReady(channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY);
    Expire();
    const MutexLock lock(mutex_);
    if (!ended_) changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(kCheckInterval));
    if (!ended_) continue;
    stream_.reset();
    return *std::exchange(ended_, std::nullopt);
  }
}

void AggregatorLink::Expire() {
  if (options_.answer_within == absl::InfiniteDuration()) return;
  const absl::Duration now = SteadyNow();
  const absl::Status late = absl::DeadlineExceededError(
      absl::StrCat("no answer within ", absl::FormatDuration(options_.answer_within)));
  queue_.Expire(now, options_.answer_within, InDoubt(late), Unreachable(late));
}

bool AggregatorLink::Sleep(absl::Duration time) {
  const absl::Duration until = SteadyNow() + time;
  const MutexLock lock(mutex_);
  while (!stopping_ && SteadyNow() < until) {
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(until - SteadyNow()));
  }
  return !stopping_;
}

bool AggregatorLink::IsStopping() {
  const MutexLock lock(mutex_);
  return stopping_;
}

void AggregatorLink::SetReady(bool ready) {
  if (ready == ready_) return;
  ready_ = ready;
  on_ready_(ready);
}

}  // namespace canvass::station_reporter
