#include "services/canvass/bench/watch_bench.h"

#include <google/protobuf/arena.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/rpc/channel.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/message.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli::bench {
namespace {

constexpr char kWatchMethod[] = "/canvass.reporter.v1.StationReporterService/SubmitReport";
constexpr absl::Duration kWatchCallTimeout = absl::Seconds(30);
// Interval at which all due calls are started together.
constexpr absl::Duration kTick = absl::Milliseconds(1);

constexpr char kWatchP50[] = "receipt to watcher p50";
constexpr char kWatchP99[] = "receipt to watcher p99";
constexpr char kMax[] = "receipt to watcher, longest";
constexpr char kReceiptP50[] = "call to receipt p50";
constexpr char kReceiptP99[] = "call to receipt p99";
constexpr char kWatchRate[] = "reports acknowledged";
constexpr char kResults[] = "results that the watcher got";

// A report in flight.
struct Sent {
  grpc::ByteBuffer request{};
  grpc::ByteBuffer response{};
  grpc::ClientContext context{};
  absl::Time called_at{};
  absl::Time answered_at{};
  std::int64_t sequence = 0;  // 0 if the report was not recorded
};

// A sequence and the time when the watcher got it.
struct Seen {
  absl::Time at{};
  std::int64_t sequence = 0;
};

void TakeAnswer(const grpc::Status& status, Sent& sent) {
  sent.answered_at = absl::Now();
  if (!status.ok()) return;
  google::protobuf::Arena arena;
  auto* const answer =
      google::protobuf::Arena::CreateMessage<reporter::v1::SubmitReportResponse>(&arena);
  if (!rpc::ParseMessage(sent.response, *answer).ok()) return;
  if (answer->receipt().state() != v1::RECEIPT_STATE_RECORDED) return;
  sent.sequence = answer->receipt().sequence();
}

// Sends all reports at `rate` and returns once all calls have been answered.
void SendAtRate(const CommonOptions& services, int rate,
                std::vector<std::unique_ptr<Sent>>& reports) {
  grpc::GenericStub stub(rpc::NewChannel(services.reporter, {.tls = services.reporter_tls}));
  absl::BlockingCounter open(static_cast<int>(reports.size()));
  const absl::Time began = absl::Now();
  std::size_t next = 0;
  while (next < reports.size()) {
    const auto due =
        static_cast<std::size_t>(absl::ToDoubleSeconds(absl::Now() - began) * rate) + 1;
    for (; next < std::min(due, reports.size()); ++next) {
      Sent& sent = *reports[next];
      rpc::SetDeadline(sent.context, kWatchCallTimeout);
      sent.context.set_wait_for_ready(true);
      sent.called_at = absl::Now();
      stub.UnaryCall(&sent.context, kWatchMethod, {}, &sent.request, &sent.response,
                     [&sent, &open](const grpc::Status& status) {
                       TakeAnswer(status, sent);
                       open.DecrementCount();
                     });
    }
    absl::SleepFor(kTick);
  }
  open.Wait();
}

class WatchBench {
 public:
  WatchBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options), invocation_(invocation), report_("watch") {
    report_.AddSetting("rate", absl::StrCat(options.rate, "/s"));
    report_.AddSetting("duration", absl::FormatDuration(options.duration));
    report_.AddSetting("candidates", absl::StrCat(options.candidates));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    report_.Declare(kWatchP99, "ms", "<= 50");
    report_.Declare(kWatchP50, "ms");
    report_.Declare(kMax, "ms");
    report_.Declare(kReceiptP50, "ms");
    report_.Declare(kReceiptP99, "ms");
    report_.Declare(kWatchRate, "/s");
    report_.Declare(kResults, "/s");
  }

  absl::Status Run() {
    return MeasureOnOneStack(options_, invocation_, report_,
                             [this](BenchStack& stack, int run) { return RunOnce(stack, run); });
  }

 private:
  absl::Status RunOnce(BenchStack& stack, int run) {
    const auto count =
        static_cast<std::int64_t>(options_.rate * absl::ToDoubleSeconds(options_.duration));
    const BenchElection election(absl::StrCat("bench-watch-", run), count, options_.candidates,
                                 options_.seed);
    const auto defined = stack.Define(election);
    if (!defined.ok()) return defined.status();
    std::vector<std::unique_ptr<Sent>> reports = Prepare(election);
    std::vector<Seen> seen;
    std::atomic<bool> failed = false;
    std::thread watcher([&] { seen = Watch(stack, election.id(), *defined + count, failed); });
    const ProcessUses before = stack.Uses();
    SendAtRate(stack.services(), options_.rate, reports);
    AddUses(report_, before, stack.Uses(), reports.size());
    // With `failed` set, the watcher ends at the next result, at the latest when the current one is
    // repeated.
    failed = std::any_of(reports.begin(), reports.end(),
                         [](const auto& sent) { return sent->sequence == 0; });
    watcher.join();
    if (failed) return absl::InternalError("A report was not recorded");
    const std::vector<std::int64_t> stations = election.ShuffledStations();
    const absl::Status shown = stack.CheckShown(election.id(), *defined + count,
                                                election.VotesOf(stations, stations.size()));
    return shown.ok() ? Evaluate(reports, seen) : shown;
  }

  static std::vector<std::unique_ptr<Sent>> Prepare(const BenchElection& election) {
    std::vector<std::unique_ptr<Sent>> reports;
    reports.reserve(static_cast<std::size_t>(election.stations()));
    reporter::v1::SubmitReportRequest request;
    for (const std::int64_t station : election.ShuffledStations()) {
      *request.mutable_report() = election.ReportOf(station);
      reports.push_back(std::make_unique<Sent>());
      reports.back()->request = rpc::SerializeMessage(request);
    }
    return reports;
  }

  // Watches until the result has reached the sequence `last`.
  static std::vector<Seen> Watch(const BenchStack& stack, const std::string& election_id,
                                 std::int64_t last, const std::atomic<bool>& failed) {
    const PublisherClient publisher(stack.services());
    publisher::v1::WatchResultRequest request;
    request.set_election_id(election_id);
    std::vector<Seen> seen;
    publisher
        .WatchResult(request,
                     [&](const v1::Result& result) {
                       seen.push_back({.at = absl::Now(), .sequence = result.as_of().sequence()});
                       return seen.back().sequence < last && !failed;
                     })
        .IgnoreError();  // Evaluate finds missing results
    return seen;
  }

  absl::Status Evaluate(const std::vector<std::unique_ptr<Sent>>& reports,
                        const std::vector<Seen>& seen) {
    std::vector<double> visible_ms;
    std::vector<double> receipt_ms;
    absl::Time last_answer = absl::InfinitePast();
    for (const auto& sent : reports) {
      const auto first = std::lower_bound(
          seen.begin(), seen.end(), sent->sequence,
          [](const Seen& each, std::int64_t sequence) { return each.sequence < sequence; });
      if (first == seen.end()) return absl::InternalError("The watcher did not see every report");
      visible_ms.push_back(
          std::max(0.0, absl::ToDoubleMilliseconds(first->at - sent->answered_at)));
      receipt_ms.push_back(absl::ToDoubleMilliseconds(sent->answered_at - sent->called_at));
      last_answer = std::max(last_answer, sent->answered_at);
    }
    const double seconds = absl::ToDoubleSeconds(last_answer - reports.front()->called_at);
    report_.Add(kWatchP99, Percentile(visible_ms, 99));
    report_.Add(kWatchP50, Percentile(visible_ms, 50));
    report_.Add(kMax, Percentile(visible_ms, 100));
    report_.Add(kReceiptP50, Percentile(receipt_ms, 50));
    report_.Add(kReceiptP99, Percentile(receipt_ms, 99));
    report_.Add(kWatchRate, static_cast<double>(reports.size()) / seconds);
    report_.Add(kResults, static_cast<double>(seen.size()) / seconds);
    return absl::OkStatus();
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  BenchReport report_;
};

}  // namespace

absl::Status BenchWatch(const BenchOptions& options, const Invocation& invocation) {
  return WatchBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
