#include "services/canvass/bench/read_bench.h"

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/message.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/echo_server.h"
#include "services/canvass/bench/process_use.h"
#include "services/canvass/bench/report_stream_load.h"
#include "services/canvass/bench/unary_load.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli::bench {
namespace {

constexpr char kReadMethod[] = "/canvass.publisher.v1.PublisherService/GetNationalResult";
constexpr int kInFlight = 64;

constexpr char kReadRatio[] = "ratio to the echo";
constexpr char kReadRate[] = "GetNationalResult";
constexpr char kEchoRate[] = "echo";
constexpr char kReadP99[] = "GetNationalResult p99";
constexpr char kEchoP99[] = "echo p99";
constexpr char kEcho[] = "echo server";

class ReadBench {
 public:
  ReadBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options),
        invocation_(invocation),
        election_("bench-read", options.stations, options.candidates, options.seed),
        report_("read") {
    report_.AddSetting("in flight", absl::StrCat(kInFlight));
    report_.AddSetting("stations", absl::StrCat(options.stations));
    report_.AddSetting("candidates", absl::StrCat(options.candidates));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    report_.Declare(kReadRatio, "", ">= 0.90");
    report_.Declare(kReadRate, "/s");
    report_.Declare(kEchoRate, "/s");
    report_.Declare(kReadP99, "ms");
    report_.Declare(kEchoP99, "ms");
  }

  absl::Status Run() {
    auto stack = BenchStack::Start(options_, invocation_);
    if (!stack.ok()) return stack.status();
    const absl::StatusOr<std::string> response = CountAndRead(**stack);
    if (!response.ok()) return response.status();
    report_.AddSetting("bytes", absl::StrCat(response->size()));
    const std::string& folder =
        (*stack)->folder().empty() ? options_.parent_folder : (*stack)->folder();
    const absl::StatusOr<EchoServer> echo = EchoServer::Start(folder, *response);
    if (!echo.ok()) return echo.status();
    absl::Status measured = report_.Measure(
        options_.runs, invocation_, [&](int run) { return RunOnce(**stack, *echo, run % 2 == 0); });
    if (measured.ok()) report_.Print(invocation_);
    return measured;
  }

 private:
  // Submits all reports of the election and returns the bytes of its national result.
  absl::StatusOr<std::string> CountAndRead(BenchStack& stack) {
    const auto defined = stack.Define(election_);
    if (!defined.ok()) return defined.status();
    const std::vector<std::int64_t> order = election_.ShuffledStations();
    const auto sent =
        SendMessages(stack.services(),
                     PrepareMessages(election_, order, options_.reports_per_message), order.size());
    if (!sent.ok()) return sent.status();
    const absl::Status shown = stack.CheckShown(election_.id(), sent->last_sequence,
                                                election_.VotesOf(order, order.size()));
    if (!shown.ok()) return shown;
    publisher::v1::GetNationalResultRequest request;
    request.set_election_id(election_.id());
    request_ = rpc::SerializeMessage(request);
    const auto answer = PublisherClient(stack.services()).GetNationalResult(request);
    if (!answer.ok()) return answer.status();
    return answer->SerializeAsString();
  }

  absl::Status RunOnce(BenchStack& stack, const EchoServer& echo, bool baseline_first) {
    absl::Status status;
    if (baseline_first) status = MeasureEcho(echo);
    if (status.ok()) status = MeasurePublisher(stack);
    if (status.ok() && !baseline_first) status = MeasureEcho(echo);
    if (status.ok()) report_.Add(kReadRatio, rate_ / echo_rate_);
    return status;
  }

  absl::Status MeasurePublisher(BenchStack& stack) {
    const ProcessUses before = stack.Uses();
    const auto outcome = Load(stack.services().publisher, rpc::ChannelTls::OfProcess());
    if (!outcome.ok()) return outcome.status();
    AddUses(report_, before, stack.Uses(), outcome->latencies_ms.size());
    rate_ = outcome->calls_per_second;
    report_.Add(kReadRate, rate_);
    report_.Add(kReadP99, Percentile(outcome->latencies_ms, 99));
    return absl::OkStatus();
  }

  absl::Status MeasureEcho(const EchoServer& echo) {
    const ProcessUse before = UseOf(echo.pid());
    const auto outcome = Load(echo.address(), /*tls=*/nullptr);
    if (!outcome.ok()) return outcome.status();
    report_.AddUse(kEcho, before, UseOf(echo.pid()), outcome->latencies_ms.size());
    echo_rate_ = outcome->calls_per_second;
    report_.Add(kEchoRate, echo_rate_);
    report_.Add(kEchoP99, Percentile(outcome->latencies_ms, 99));
    return absl::OkStatus();
  }

  absl::StatusOr<LoadOutcome> Load(const std::string& address,
                                   std::shared_ptr<rpc::ChannelTls> tls) {
    const absl::Time until = absl::Now() + options_.duration;
    return RunLoad({.address = address,
                    .tls = std::move(tls),
                    .method = kReadMethod,
                    .in_flight = kInFlight,
                    .request_at =
                        [this, until](std::size_t /*index*/) {
                          return absl::Now() < until ? &request_ : nullptr;
                        },
                    .check =
                        [](std::size_t /*index*/, const grpc::ByteBuffer& response) {
                          return response.Length() > 0 ? absl::OkStatus()
                                                       : absl::InternalError("The answer is empty");
                        }});
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  const BenchElection election_;
  BenchReport report_;
  grpc::ByteBuffer request_;
  double rate_ = 0;
  double echo_rate_ = 0;
};

}  // namespace

absl::Status BenchRead(const BenchOptions& options, const Invocation& invocation) {
  return ReadBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
