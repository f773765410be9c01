#include "services/station_reporter/link/aggregator_link.h"

#include <grpc/impl/codegen/connectivity_state.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/base/retry_thread.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/telemetry/log.h"

namespace canvass::station_reporter {
namespace {

// How often the link's thread checks whether it should stop, and whether the channel still reaches
// an active aggregator, which gRPC's callbacks do not report.
constexpr absl::Duration kCheckInterval = absl::Milliseconds(100);

// After a start, a running aggregator is reached well within this time.
constexpr absl::Duration kFirstReachedWithin = absl::Seconds(2);

// Delay after a divergence, which only an operator can resolve.
constexpr absl::Duration kRetryDivergedAfter = absl::Seconds(10);

// Retry delay in errors: the time of a few reconnects.
constexpr int kRetryAfterMs = 1'000;

}  // namespace

AggregatorLink::AggregatorLink(const AggregatorLinkOptions& options)
    : options_(options),
      channel_(
          rpc::NewChannel(options.aggregator,
                          {.health_service = aggregator::v1::AggregatorService::service_full_name(),
                           .service = "aggregator"})),
      stub_(aggregator::v1::AggregatorService::NewStub(channel_)),
      queue_(options.queue_limits),
      elections_(options.on_elections == nullptr
                     ? nullptr
                     : std::make_unique<ElectionList>(channel_, options.on_elections)),
      retry_(Backoff(options.first_backoff, options.longest_backoff)) {
  const absl::Status unconnected = Unreachable(absl::UnavailableError("not connected yet"));
  queue_.Close(unconnected, unconnected);
}

AggregatorLink::~AggregatorLink() { Stop(); }

void AggregatorLink::Start(std::function<void(bool ready)> on_ready) {
  on_ready_ = std::move(on_ready);
  retry_.Start([this] { return Connect(); }, [this] { CancelStream(); });
}

void AggregatorLink::Stop() {
  retry_.Stop();
  if (options_.known_entries != nullptr) options_.known_entries->Save();
  if (elections_ != nullptr) elections_->Stop();
}

void AggregatorLink::CancelStream() {
  std::shared_ptr<AggregatorStream> stream;
  {
    const MutexLock lock(mutex_);
    stream = stream_;
  }
  if (stream != nullptr) stream->Cancel();
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
  // If there is no stream here, RunStream is starting one and will write the reports, or the stream
  // has just ended and Connect will fail them.
  if (stream != nullptr) stream->Write();
  return absl::OkStatus();
}

absl::Status AggregatorLink::Unreachable(const absl::Status& why) const {
  return MakeError(
      reason::kAggregatorUnreachable,
      absl::StrCat("The aggregator at ", options_.aggregator,
                   " cannot be reached; nothing was sent to it. Try again later. (",
                   telemetry::Describe(why), ")"),
      {.metadata = {{"aggregator", options_.aggregator}}, .retry_after_ms = kRetryAfterMs});
}

absl::Status AggregatorLink::InDoubt(const absl::Status& why) const {
  return MakeError(
      reason::kAggregatorUnreachable,
      absl::StrCat("The report was sent to the aggregator at ", options_.aggregator,
                   ", which did not answer, so it is not known whether the report was recorded. "
                   "Send it again: the same report is never counted twice. (",
                   telemetry::Describe(why), ")"),
      {.metadata = {{"aggregator", options_.aggregator}}, .retry_after_ms = kRetryAfterMs});
}

RetryThread::Outcome AggregatorLink::Connect() {
  if (!WaitForAggregator()) return {};
  if (const absl::Status known = CheckKnownEntries(); !known.ok()) {
    const bool diverged = HasReason(known, reason::kLedgerDiverged);
    if (diverged) telemetry::LogError(telemetry::Describe(known));
    queue_.Close(InDoubt(known), Unreachable(known));
    on_ready_(false);
    return {.delay_min = diverged ? kRetryDivergedAfter : absl::ZeroDuration()};
  }
  const absl::Duration start = SteadyNow();
  const absl::Status end = RunStream();
  SetReady(false);
  queue_.Close(InDoubt(end), Unreachable(end));
  if (!retry_.stopping()) {
    telemetry::LogWarning(absl::StrCat("the stream to the aggregator at ", options_.aggregator,
                                       " ended: ", telemetry::Describe(end)));
  }
  // A stream that lasted counts as a success, so that the backoff starts again.
  return {.succeeded = SteadyNow() - start > options_.longest_backoff};
}

absl::Status AggregatorLink::CheckKnownEntries() {
  return options_.known_entries == nullptr ? absl::OkStatus()
                                           : options_.known_entries->Check(*stub_);
}

bool AggregatorLink::WaitForAggregator() {
  absl::Duration waited;
  for (; !retry_.stopping(); waited += kCheckInterval) {
    if (channel_->WaitForConnected(rpc::TimeIn(kCheckInterval))) return true;
    if (waited == absl::ZeroDuration()) {
      telemetry::LogInfo(absl::StrCat("waiting for the aggregator at ", options_.aggregator));
    }
    if (waited == kFirstReachedWithin) on_ready_(false);
  }
  return false;
}

absl::Status AggregatorLink::RunStream() {
  Expire();  // sets the queue's time
  queue_.Open();
  const std::shared_ptr<AggregatorStream> stream = AggregatorStream::Start(
      channel_, queue_, options_.known_entries, [this](const absl::Status& status) {
        const MutexLock lock(mutex_);
        ended_ = status;
        changed_.NotifyAll();
      });
  {
    const MutexLock lock(mutex_);
    stream_ = stream;
  }
  if (retry_.stopping()) stream->Cancel();
  stream->Write();  // reports that were added before stream_ was set
  telemetry::LogInfo(absl::StrCat("sending reports to the aggregator at ", options_.aggregator));
  while (true) {
    SetReady(channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY);
    Expire();
    if (options_.known_entries != nullptr) options_.known_entries->SaveIfDue(SteadyNow());
    if (elections_ != nullptr && ready_) elections_->AskIfDue(SteadyNow());
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

void AggregatorLink::SetReady(bool ready) {
  if (ready == ready_) return;
  ready_ = ready;
  on_ready_(ready);
}

}  // namespace canvass::station_reporter
