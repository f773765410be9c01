#include "services/canvass/bench/flood_bench.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/actor.h"
#include "common/rpc/channel.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/message.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/flood.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/clients/reporter_client.h"

namespace canvass::cli::bench {
namespace {

constexpr char kSubmit[] = "/canvass.reporter.v1.StationReporterService/SubmitReport";
constexpr char kSubmitStream[] = "/canvass.reporter.v1.StationReporterService/SubmitReports";
constexpr char kReceipt[] = "/canvass.reporter.v1.StationReporterService/GetReceipt";
constexpr char kStations[] = "/canvass.publisher.v1.PublisherService/ListStationReports";
constexpr char kNation[] = "/canvass.publisher.v1.PublisherService/GetNationalResult";
constexpr char kWatch[] = "/canvass.publisher.v1.PublisherService/WatchResult";

// As many as one identity gets, and more.
constexpr int kConnections = 8;
constexpr int kCallsInFlight = 100;
constexpr int kStreams = 64;
constexpr int kReportsInMessage = 1'000;
constexpr absl::Duration kAskEvery = absl::Milliseconds(20);
constexpr absl::Duration kFloodRises = absl::Milliseconds(500);

// The station of the one who floods; all others are the office's.
constexpr std::int64_t kFlooding = 0;

struct Kind {
  std::string name;
  bool of_reporter = true;  // else of the publisher
  std::function<void(Flood&)> begin{};
};

std::string P50Of(const std::string& kind) { return absl::StrCat("p50, ", kind); }
std::string P99Of(const std::string& kind) { return absl::StrCat("p99, ", kind); }
std::string RatioOf(const std::string& kind) { return absl::StrCat("p99 to quiet, ", kind); }
std::string MemoryOf(const std::string& kind) { return absl::StrCat("more memory, ", kind); }

class FloodBench {
 public:
  FloodBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options), invocation_(invocation), report_("flood") {
    report_.AddSetting("duration of each", absl::FormatDuration(options.duration));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    for (const Kind& kind : Kinds()) {
      if (!IsQuiet(kind)) report_.Declare(RatioOf(kind.name), "");
    }
    for (const Kind& kind : Kinds()) {
      report_.Declare(P50Of(kind.name), "ms");
      report_.Declare(P99Of(kind.name), "ms");
      report_.Declare(MemoryOf(kind.name), "MiB");
    }
  }

  absl::Status Run() {
    return MeasureOnOneStack(options_, invocation_, report_,
                             [this](BenchStack& stack, int run) { return RunOnce(stack, run); });
  }

 private:
  static bool IsQuiet(const Kind& kind) { return kind.begin == nullptr; }

  std::vector<Kind> Kinds() const {
    return {
        {.name = "reports, quiet"},
        {.name = "reports, calls",
         .begin =
             [this](Flood& flood) {
               flood.Call(to_reporter_, kConnections, kCallsInFlight, kSubmit, one_report_);
             }},
        {.name = "reports, receipts asked",
         .begin =
             [this](Flood& flood) {
               flood.Call(to_reporter_, kConnections, kCallsInFlight, kReceipt, receipt_);
             }},
        {.name = "reports, bytes",
         .begin =
             [this](Flood& flood) {
               flood.Stream(to_reporter_, kStreams, kSubmitStream, many_reports_,
                            Flood::Manner::kReads);
             }},
        {.name = "reports, streams",
         .begin =
             [this](Flood& flood) {
               for (int i = 0; i < kConnections; ++i) {
                 flood.Stream(to_reporter_, kStreams, kSubmitStream, few_reports_,
                              Flood::Manner::kHolds);
               }
             }},
        {.name = "reports, nothing read",
         .begin =
             [this](Flood& flood) {
               flood.Stream(to_reporter_, kStreams, kSubmitStream, many_reports_,
                            Flood::Manner::kReadsNothing);
             }},
        {.name = "results, quiet", .of_reporter = false},
        {.name = "results, calls",
         .of_reporter = false,
         .begin =
             [this](Flood& flood) {
               flood.Call(to_publisher_, kConnections, kCallsInFlight, kNation, nation_);
             }},
        {.name = "results, lists",
         .of_reporter = false,
         .begin =
             [this](Flood& flood) {
               flood.Call(to_publisher_, kConnections, kCallsInFlight, kStations, stations_);
             }},
        {.name = "results, watchers",
         .of_reporter = false,
         .begin =
             [this](Flood& flood) {
               for (int i = 0; i < kConnections; ++i) {
                 flood.Stream(to_publisher_, kStreams, kWatch, watch_, Flood::Manner::kHolds);
               }
             }},
    };
  }

  absl::Status RunOnce(BenchStack& stack, int run) {
    const BenchElection election(absl::StrCat("bench-flood-", run), options_.stations,
                                 options_.candidates, options_.seed);
    const auto defined = stack.Define(election);
    if (!defined.ok()) return defined.status();
    absl::Status status = Prepare(stack, election);
    next_station_ = kFlooding + 1;
    quiet_p99_.clear();
    for (const Kind& kind : Kinds()) {
      if (status.ok()) status = Measure(stack, election, kind);
    }
    return status;
  }

  absl::Status Prepare(BenchStack& stack, const BenchElection& election) {
    const v1::StationReport report = election.ReportOf(kFlooding);
    const auto files =
        stack.own()->FilesOf({.role = election::Role::kStation, .name = report.station_id()});
    if (!files.ok()) return files.status();
    auto tls = rpc::ChannelTls::Open(*files);
    if (!tls.ok()) return tls.status();
    const auto channels_to = [tls = *tls](const std::string& address) {
      return [tls, address] { return rpc::NewChannel(address, {.tls = tls}); };
    };
    to_reporter_ = channels_to(stack.services().reporter);
    to_publisher_ = channels_to(stack.services().publisher);
    PrepareRequests(election, report);
    return absl::OkStatus();
  }

  void PrepareRequests(const BenchElection& election, const v1::StationReport& report) {
    reporter::v1::SubmitReportRequest one;
    *one.mutable_report() = report;
    one_report_ = rpc::SerializeMessage(one);
    reporter::v1::SubmitReportsRequest many;
    *many.add_reports() = report;
    few_reports_ = rpc::SerializeMessage(many);
    for (int i = 1; i < kReportsInMessage; ++i) *many.add_reports() = report;
    many_reports_ = rpc::SerializeMessage(many);
    reporter::v1::GetReceiptRequest receipt;
    receipt.mutable_key()->set_election_id(election.id());
    receipt.mutable_key()->set_station_id(report.station_id());
    receipt_ = rpc::SerializeMessage(receipt);
    publisher::v1::GetNationalResultRequest nation;
    nation.set_election_id(election.id());
    nation_ = rpc::SerializeMessage(nation);
    publisher::v1::ListStationReportsRequest stations;
    stations.set_election_id(election.id());
    stations.set_area_id(kBenchCountry);
    stations.set_page_size(1'000);
    stations_ = rpc::SerializeMessage(stations);
    publisher::v1::WatchResultRequest watch;
    watch.set_election_id(election.id());
    watch_ = rpc::SerializeMessage(watch);
  }

  // Asks on as the office or a reader does, one call each 20 ms, while the flood goes on.
  absl::Status Measure(BenchStack& stack, const BenchElection& election, const Kind& kind) {
    const std::int64_t memory_before = MemoryOfServices(stack);
    std::int64_t memory_most = memory_before;
    std::vector<double> latencies_ms;
    const ReporterClient reporter(stack.services());
    const PublisherClient publisher(stack.services());
    {
      Flood flood;
      if (!IsQuiet(kind)) kind.begin(flood);
      absl::SleepFor(kFloodRises);
      for (const absl::Time end = absl::Now() + options_.duration; absl::Now() < end;) {
        const absl::Time began = absl::Now();
        const absl::Status answered =
            kind.of_reporter ? Submit(reporter, election) : Read(publisher, election);
        if (!answered.ok()) return answered;
        latencies_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - began));
        memory_most = std::max(memory_most, MemoryOfServices(stack));
        absl::SleepFor(began + kAskEvery - absl::Now());
      }
    }
    Add(kind, latencies_ms, memory_most - memory_before);
    return absl::OkStatus();
  }

  absl::Status Submit(const ReporterClient& reporter, const BenchElection& election) {
    if (next_station_ == election.stations()) {
      return MakeError(reason::kUsage, absl::StrCat("--stations ", election.stations(),
                                                    " are too few for this --duration"));
    }
    const auto receipt = reporter.SubmitReport(election.ReportOf(next_station_++), {}, {});
    if (!receipt.ok()) return receipt.status();
    const bool acknowledged = receipt->state() == v1::RECEIPT_STATE_RECORDED ||
                              receipt->state() == v1::RECEIPT_STATE_QUEUED;
    if (acknowledged) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("A report was not recorded: ", receipt->ShortDebugString()));
  }

  static absl::Status Read(const PublisherClient& publisher, const BenchElection& election) {
    publisher::v1::GetNationalResultRequest request;
    request.set_election_id(election.id());
    return publisher.GetNationalResult(request).status();
  }

  static std::int64_t MemoryOfServices(const BenchStack& stack) {
    std::int64_t bytes = 0;
    for (const auto& [process, use] : stack.Uses()) {
      if (process != "bench" && process != "PostgreSQL") bytes += use.memory_bytes;
    }
    return bytes;
  }

  void Add(const Kind& kind, const std::vector<double>& latencies_ms, std::int64_t more_memory) {
    constexpr double kMebibyte = 1 << 20;
    const double p99 = Percentile(latencies_ms, 99);
    report_.Add(P50Of(kind.name), Percentile(latencies_ms, 50));
    report_.Add(P99Of(kind.name), p99);
    report_.Add(MemoryOf(kind.name), static_cast<double>(more_memory) / kMebibyte);
    if (IsQuiet(kind)) {
      quiet_p99_[kind.of_reporter] = p99;
    } else {
      report_.Add(RatioOf(kind.name), p99 / quiet_p99_[kind.of_reporter]);
    }
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  BenchReport report_;
  Flood::NewChannel to_reporter_;
  Flood::NewChannel to_publisher_;
  grpc::ByteBuffer one_report_;
  grpc::ByteBuffer few_reports_;
  grpc::ByteBuffer many_reports_;
  grpc::ByteBuffer receipt_;
  grpc::ByteBuffer nation_;
  grpc::ByteBuffer stations_;
  grpc::ByteBuffer watch_;
  std::int64_t next_station_ = 0;
  std::map<bool, double> quiet_p99_;  // of the reporter, of the publisher
};

}  // namespace

absl::Status BenchFlood(const BenchOptions& options, const Invocation& invocation) {
  BenchOptions with_tls = options;
  with_tls.tls = true;
  return FloodBench(with_tls, invocation).Run();
}

}  // namespace canvass::cli::bench
