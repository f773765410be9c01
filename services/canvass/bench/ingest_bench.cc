#include "services/canvass/bench/ingest_bench.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/postgres/private_cluster.h"
#include "services/canvass/bench/baseline.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/report_stream_load.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli::bench {
namespace {

constexpr char kIngestRatio[] = "ratio to psql's COPY";
constexpr char kIngestRate[] = "reports acknowledged";
constexpr char kCopyRate[] = "psql's COPY, rows";
constexpr char kCopyCpu[] = "psql's COPY, PostgreSQL CPU";
constexpr char kDefined[] = "election defined and shown";
constexpr char kShown[] = "shown after the last receipt";

class IngestBench {
 public:
  IngestBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options),
        invocation_(invocation),
        election_("bench-ingest", options.stations, options.candidates, options.seed),
        order_(election_.ShuffledStations()),
        votes_(election_.VotesOf(order_, order_.size())),
        rows_file_(absl::StrCat(options.parent_folder, "/canvass-bench-rows.", getpid())),
        report_("ingest") {
    report_.AddSetting("stations", absl::StrCat(options.stations));
    report_.AddSetting("candidates", absl::StrCat(options.candidates));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    report_.AddSetting("seed", absl::StrCat(options.seed));
    report_.Declare(kIngestRatio, "", ">= 0.60");
    report_.Declare(kIngestRate, "/s", ">= 100000");
    report_.Declare(kCopyRate, "/s");
    report_.Declare(kCopyCpu, "us each");
    report_.Declare(kDefined, "s");
    report_.Declare(kShown, "s");
  }

  absl::Status Run() {
    const absl::Cleanup remove_rows = [this] { std::filesystem::remove(rows_file_); };
    absl::Status measured =
        report_.Measure(options_.runs, invocation_, [&](int run) { return RunOnce(run % 2 == 0); });
    if (measured.ok()) report_.Print(invocation_);
    return measured;
  }

 private:
  absl::Status RunOnce(bool baseline_first) {
    auto stack = BenchStack::Start(options_, invocation_);
    if (!stack.ok()) return stack.status();
    const absl::Time began = absl::Now();
    absl::Status status = (*stack)->Define(election_).status();
    if (!status.ok()) return status;
    report_.Add(kDefined, absl::ToDoubleSeconds(absl::Now() - began));
    if (baseline_first) status = MeasureCopy(**stack);
    if (status.ok()) status = MeasureProduct(**stack);
    if (status.ok() && !baseline_first) status = MeasureCopy(**stack);
    if (status.ok() && copy_rate_ > 0) report_.Add(kIngestRatio, rate_ / copy_rate_);
    return status;
  }

  absl::Status MeasureProduct(BenchStack& stack) {
    const std::vector<grpc::ByteBuffer> messages =
        PrepareMessages(election_, order_, options_.reports_per_message);
    absl::Status status = Checkpoint(stack);
    if (!status.ok()) return status;
    const ProcessUses before = stack.Uses();
    const auto sent = SendMessages(stack.services(), messages, order_.size());
    if (!sent.ok()) return sent.status();
    const absl::Time acknowledged = absl::Now();
    status = stack.CheckShown(election_.id(), sent->last_sequence, votes_);
    if (!status.ok()) return status;
    report_.Add(kShown, absl::ToDoubleSeconds(absl::Now() - acknowledged));
    rate_ = static_cast<double>(order_.size()) / absl::ToDoubleSeconds(sent->took);
    report_.Add(kIngestRate, rate_);
    AddUses(report_, before, stack.Uses(), order_.size());
    return absl::OkStatus();
  }

  absl::Status MeasureCopy(BenchStack& stack) {
    if (stack.database().empty()) return absl::OkStatus();
    const absl::StatusOr<Baseline> baseline = Baseline::Open(stack.database());
    if (!baseline.ok()) return baseline.status();
    if (!std::filesystem::exists(rows_file_)) {
      const absl::Status exported = baseline->ExportReports(rows_file_);
      if (!exported.ok()) return exported;
    }
    const absl::Status status = Checkpoint(stack);
    if (!status.ok()) return status;
    const auto cpu_before = ServerCpu(stack);
    const absl::StatusOr<absl::Duration> took = baseline->CopyReports(rows_file_);
    if (!took.ok()) return took.status();
    const auto count = static_cast<double>(order_.size());
    copy_rate_ = count / absl::ToDoubleSeconds(*took);
    report_.Add(kCopyRate, copy_rate_);
    if (stack.own() == nullptr) return absl::OkStatus();
    report_.Add(kCopyCpu, (ServerCpu(stack) - cpu_before) * 1e6 / count);
    return absl::OkStatus();
  }

  static double ServerCpu(BenchStack& stack) {
    return stack.own() == nullptr ? 0 : UseOfTree(stack.own()->cluster().pid()).cpu_seconds;
  }

  static absl::Status Checkpoint(BenchStack& stack) {
    if (stack.own() == nullptr) return absl::OkStatus();
    const absl::StatusOr<Baseline> baseline = Baseline::Open(stack.database());
    if (!baseline.ok()) return baseline.status();
    return baseline->Checkpoint(stack.own()->cluster().superuser_connection());
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  const BenchElection election_;
  const std::vector<std::int64_t> order_;
  const std::int64_t votes_;
  const std::string rows_file_;  // written by the first run and used by all
  BenchReport report_;
  double rate_ = 0;
  double copy_rate_ = 0;
};

}  // namespace

absl::Status BenchIngest(const BenchOptions& options, const Invocation& invocation) {
  return IngestBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
