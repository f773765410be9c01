#include "services/canvass/bench/submit_bench.h"

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/postgres/private_cluster.h"
#include "common/rpc/message.h"
#include "services/canvass/bench/baseline.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/unary_load.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli::bench {
namespace {

constexpr char kSubmitMethod[] = "/canvass.reporter.v1.StationReporterService/SubmitReport";
constexpr int kBaselineClients = 32;

constexpr char kBaselineRate[] = "pgbench, rows";

struct Depth {
  int in_flight = 0;
  const char* target = "";
};

constexpr Depth kDepths[] = {{.in_flight = 64, .target = ">= 0.50"},
                             {.in_flight = 256, .target = ">= 1.00"}};

std::string RatioAt(int in_flight) { return absl::StrCat("ratio to pgbench at ", in_flight); }
std::string RateAt(int in_flight) { return absl::StrCat("reports acknowledged at ", in_flight); }
std::string P50At(int in_flight) { return absl::StrCat("p50 at ", in_flight); }
std::string P99At(int in_flight) { return absl::StrCat("p99 at ", in_flight); }

absl::Status CheckAnswer(const grpc::ByteBuffer& bytes) {
  google::protobuf::Arena arena;
  auto* const answer =
      google::protobuf::Arena::CreateMessage<reporter::v1::SubmitReportResponse>(&arena);
  absl::Status status = rpc::ParseMessage(bytes, *answer);
  if (!status.ok()) return status;
  const v1::Receipt& receipt = answer->receipt();
  if (receipt.state() == v1::RECEIPT_STATE_RECORDED && !receipt.repeated_submission())
    return status;
  return absl::InternalError(absl::StrCat("A report was not recorded: ", receipt.DebugString()));
}

std::vector<grpc::ByteBuffer> PrepareCalls(const BenchElection& election,
                                           const std::vector<std::int64_t>& stations) {
  std::vector<grpc::ByteBuffer> messages;
  messages.reserve(stations.size());
  reporter::v1::SubmitReportRequest request;
  for (const std::int64_t station : stations) {
    *request.mutable_report() = election.ReportOf(station);
    messages.push_back(rpc::SerializeMessage(request));
  }
  return messages;
}

class SubmitBench {
 public:
  SubmitBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options), invocation_(invocation), report_("submit") {
    report_.AddSetting("reports", absl::StrCat(options.stations));
    report_.AddSetting("candidates", absl::StrCat(options.candidates));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    for (const Depth& depth : kDepths) report_.Declare(RatioAt(depth.in_flight), "", depth.target);
    for (const Depth& depth : kDepths) report_.Declare(RateAt(depth.in_flight), "/s");
    report_.Declare(kBaselineRate, "/s");
    for (const Depth& depth : kDepths) {
      report_.Declare(P50At(depth.in_flight), "ms");
      report_.Declare(P99At(depth.in_flight), "ms");
    }
  }

  absl::Status Run() {
    return MeasureOnOneStack(options_, invocation_, report_,
                             [this](BenchStack& stack, int run) { return RunOnce(stack, run); });
  }

 private:
  absl::Status RunOnce(BenchStack& stack, int run) {
    absl::Status status;
    if (run % 2 == 0) status = MeasureInserts(stack);
    std::vector<double> rates;
    for (const Depth& depth : kDepths) {
      const absl::StatusOr<double> rate = MeasureSubmits(stack, run, depth.in_flight);
      if (!rate.ok()) return rate.status();
      rates.push_back(*rate);
    }
    if (status.ok() && run % 2 == 1) status = MeasureInserts(stack);
    for (std::size_t i = 0; i < rates.size() && insert_rate_ > 0; ++i) {
      report_.Add(RatioAt(kDepths[i].in_flight), rates[i] / insert_rate_);
    }
    return status;
  }

  absl::StatusOr<double> MeasureSubmits(BenchStack& stack, int run, int in_flight) {
    const BenchElection election(absl::StrCat("bench-submit-", run, "-", in_flight),
                                 options_.stations, options_.candidates, options_.seed);
    const auto defined = stack.Define(election);
    if (!defined.ok()) return defined.status();
    const std::vector<std::int64_t> order = election.ShuffledStations();
    const std::vector<grpc::ByteBuffer> calls = PrepareCalls(election, order);
    const ProcessUses before = stack.Uses();
    const auto outcome = RunLoad(
        {.address = stack.services().reporter,
         .tls = stack.services().reporter_tls,
         .method = kSubmitMethod,
         .in_flight = in_flight,
         .request_at =
             [&calls](std::size_t index) { return index < calls.size() ? &calls[index] : nullptr; },
         .check = [](std::size_t /*index*/,
                     const grpc::ByteBuffer& response) { return CheckAnswer(response); }});
    if (!outcome.ok()) return outcome.status();
    AddUses(report_, before, stack.Uses(), calls.size());
    report_.Add(RateAt(in_flight), outcome->calls_per_second);
    report_.Add(P50At(in_flight), Percentile(outcome->latencies_ms, 50));
    report_.Add(P99At(in_flight), Percentile(outcome->latencies_ms, 99));
    const absl::Status shown =
        stack.CheckShown(election.id(), *defined + static_cast<std::int64_t>(order.size()),
                         election.VotesOf(order, order.size()));
    if (!shown.ok()) return shown;
    return outcome->calls_per_second;
  }

  absl::Status MeasureInserts(BenchStack& stack) {
    if (stack.database().empty()) return absl::OkStatus();
    const absl::StatusOr<Baseline> baseline = Baseline::Open(stack.database());
    if (!baseline.ok()) return baseline.status();
    const std::string& folder = stack.folder().empty() ? options_.parent_folder : stack.folder();
    const absl::StatusOr<double> rate =
        baseline->InsertRows(options_.stations, options_.candidates, kBaselineClients,
                             absl::StrCat(folder, "/insert.sql"));
    if (!rate.ok()) return rate.status();
    insert_rate_ = *rate;
    report_.Add(kBaselineRate, insert_rate_);
    return absl::OkStatus();
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  BenchReport report_;
  double insert_rate_ = 0;
};

}  // namespace

absl::Status BenchSubmit(const BenchOptions& options, const Invocation& invocation) {
  return SubmitBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
