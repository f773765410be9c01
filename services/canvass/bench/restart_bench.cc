#include "services/canvass/bench/restart_bench.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/postgres/private_cluster.h"
#include "services/canvass/bench/baseline.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/process_use.h"
#include "services/canvass/bench/report_stream_load.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli::bench {
namespace {

constexpr absl::Duration kRestartLookEvery = absl::Milliseconds(5);

constexpr char kRestartRatio[] = "ratio to psql reading the ledger";
constexpr char kServing[] = "from start to serving";
constexpr char kRead[] = "psql reading the ledger";

class RestartBench {
 public:
  RestartBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options),
        invocation_(invocation),
        election_("bench-restart", options.stations, options.candidates, options.seed),
        order_(election_.ShuffledStations()),
        report_("restart") {
    report_.AddSetting("reports", absl::StrCat(options.stations));
    report_.AddSetting("candidates", absl::StrCat(options.candidates));
    report_.AddSetting("runs", absl::StrCat(options.runs));
    report_.Declare(kRestartRatio, "");
    report_.Declare(kServing, "s", "<= 5");
    report_.Declare(kRead, "s");
  }

  absl::Status Run() {
    auto stack = BenchStack::Start(options_, invocation_);
    if (!stack.ok()) return stack.status();
    absl::Status status = Count(**stack);
    if (status.ok()) {
      status = report_.Measure(options_.runs, invocation_,
                               [&](int run) { return RunOnce(**stack, run % 2 == 0); });
    }
    if (!status.ok()) return status;
    // Checks that the publisher has followed all restarts.
    status = (*stack)->CheckShown(election_.id(), last_sequence_,
                                  election_.VotesOf(order_, order_.size()));
    if (!status.ok()) return status;
    report_.Print(invocation_);
    return absl::OkStatus();
  }

 private:
  absl::Status Count(BenchStack& stack) {
    absl::Status status = stack.Define(election_).status();
    if (!status.ok()) return status;
    const auto sent = SendMessages(stack.services(),
                                   PrepareMessages(election_, order_, options_.reports_per_message),
                                   order_.size());
    if (!sent.ok()) return sent.status();
    last_sequence_ = sent->last_sequence;
    return status;
  }

  absl::Status RunOnce(BenchStack& stack, bool baseline_first) {
    absl::Status status;
    if (baseline_first) status = MeasureRead(stack);
    if (status.ok()) status = MeasureRestart(stack);
    if (status.ok() && !baseline_first) status = MeasureRead(stack);
    if (status.ok()) report_.Add(kRestartRatio, read_seconds_ / serving_seconds_);
    return status;
  }

  absl::Status MeasureRead(BenchStack& stack) {
    const absl::StatusOr<Baseline> baseline = Baseline::Open(stack.database());
    if (!baseline.ok()) return baseline.status();
    const absl::StatusOr<absl::Duration> read = baseline->ReadLedger();
    if (!read.ok()) return read.status();
    read_seconds_ = absl::ToDoubleSeconds(*read);
    report_.Add(kRead, read_seconds_);
    return absl::OkStatus();
  }

  absl::Status MeasureRestart(BenchStack& stack) {
    const pid_t before = stack.own()->aggregator_pid();
    kill(before, SIGTERM);
    while (kill(before, 0) == 0) absl::SleepFor(kRestartLookEvery);
    const absl::Time began = absl::Now();
    // Starts the aggregator and returns once it serves.
    absl::Status status = stack.own()->Supervise();
    if (!status.ok()) return status;
    serving_seconds_ = absl::ToDoubleSeconds(absl::Now() - began);
    report_.Add(kServing, serving_seconds_);
    report_.AddUse("aggregator", {}, UseOf(stack.own()->aggregator_pid()),
                   static_cast<std::size_t>(options_.stations));
    return status;
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  const BenchElection election_;
  const std::vector<std::int64_t> order_;
  BenchReport report_;
  std::int64_t last_sequence_ = 0;
  double serving_seconds_ = 0;
  double read_seconds_ = 0;
};

}  // namespace

absl::Status BenchRestart(const BenchOptions& options, const Invocation& invocation) {
  return RestartBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
