#include <map>
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "fmt/format.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/bench/echo_server.h"
#include "services/canvass/bench/flood_bench.h"
#include "services/canvass/bench/ingest_bench.h"
#include "services/canvass/bench/read_bench.h"
#include "services/canvass/bench/restart_bench.h"
#include "services/canvass/bench/soak_bench.h"
#include "services/canvass/bench/submit_bench.h"
#include "services/canvass/bench/watch_bench.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

using bench::BenchOptions;

struct BenchArguments {
  std::string what{};
  BenchOptions options{};
};

using Measure = absl::Status (*)(const BenchOptions&, const Invocation&);

const std::map<std::string, Measure>& Benchmarks() {
  static const std::map<std::string, Measure> kBenchmarks = {
      {"ingest", bench::BenchIngest}, {"submit", bench::BenchSubmit},   {"read", bench::BenchRead},
      {"watch", bench::BenchWatch},   {"restart", bench::BenchRestart}, {"soak", bench::BenchSoak},
      {"flood", bench::BenchFlood},   {"echo", bench::ServeEcho}};
  return kBenchmarks;
}

absl::Status RunBench(const BenchArguments& arguments, const Invocation& invocation) {
  const bool needs_own = arguments.what == "restart" || arguments.what == "flood";
  if (arguments.options.running && needs_own) {
    return UsageError(fmt::format("{} starts its own stack; leave out --running", arguments.what));
  }
  return Benchmarks().at(arguments.what)(arguments.options, invocation);
}

}  // namespace

void AddBench(CommandLine& commands) {
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App& app = commands.Add(
      "bench", "Measures Canvass on this machine and compares it with bare PostgreSQL and gRPC.",
      "canvass bench ingest --stations 1000000\n"
      "canvass bench submit -o json\n"
      "canvass bench watch --rate 5000\n"
      "canvass bench soak --running --rate 2000 --duration 10m",
      [arguments](const Invocation& invocation) { return RunBench(*arguments, invocation); });
  BenchOptions& options = arguments->options;
  app.add_option(
         "what", arguments->what,
         "ingest: submits a country's reports in bulk; submit: submits reports one by one; read: "
         "reads the national result; watch: measures the time from a receipt to a watcher; "
         "restart: restarts the aggregator; soak: sends reports while the services are restarted "
         "or "
         "killed, and compares the ledger with what it was told; flood: measures how long others "
         "wait while one identity floods a service; echo: runs the server that read compares with")
      ->required()
      ->check(CLI::IsMember(Benchmarks()));
  app.add_option("--stations", options.stations, "Stations of the benchmark's election")
      ->check(CLI::Range(1, 5'000'000))
      ->capture_default_str();
  app.add_option("--candidates", options.candidates, "Candidates on the ballot")
      ->check(CLI::Range(2, 200))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "Number of measurements, of which the median counts")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the reports and their order")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "watch, soak: reports per second")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  AddDurationOption(app, "--duration", options.duration,
                    "read, watch, soak: length of one measurement");
  app.add_option("--reports-per-message", options.reports_per_message,
                 "ingest: reports in one message of the stream")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--folder", options.parent_folder,
                 "Folder for the temporary stack, on the disk to measure")
      ->capture_default_str();
  CLI::Option* const tls =
      app.add_flag("--tls", options.tls, "Measure a stack whose services and callers use TLS");
  CLI::Option* const running =
      app.add_flag("--running", options.running,
                   "Measure the services at --reporter, --aggregator and --publisher. Elections "
                   "named bench-... stay there afterwards");
  running->excludes(tls);
  app.add_option("--database", options.database,
                 "With --running: connection string of the schema's owner, for the baselines")
      ->needs(running);
}

}  // namespace canvass::cli
