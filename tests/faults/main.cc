// The fault campaign: see tests/faults/run --help.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "CLI/Validators.hpp"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/faults/campaign.h"
#include "tests/support/program_run.h"
#include "tests/support/temporary_folder.h"

namespace canvass::faults {
namespace {

struct Arguments {
  int seeds = 20;
  std::uint64_t seed = 0;
  double minutes = 0;
  int takeovers = 0;
  double stall_seconds = 0;
  std::string rollout_from{};
  bool keep_going = false;
  bool insecure = false;
};

bool TrySeeds(const Arguments& arguments, Campaign& campaign) {
  const absl::Time deadline = arguments.minutes > 0 ? absl::Now() + absl::Minutes(arguments.minutes)
                                                    : absl::InfiniteFuture();
  bool passed = true;
  for (int i = 0; i < arguments.seeds && absl::Now() < deadline; ++i) {
    const std::uint64_t seed = arguments.seed + static_cast<std::uint64_t>(i);
    passed = campaign.TrySeed(seed) && passed;
    if (!passed && !arguments.keep_going) break;
    if ((i + 1) % 10 == 0) {
      std::printf("%d seeds, %d kills, %lld reports, %d violated\n", campaign.totals().seeds,
                  static_cast<int>(campaign.totals().kills),
                  static_cast<long long>(campaign.totals().seen.acknowledged),
                  campaign.totals().seeds_failed);
      std::fflush(stdout);
    }
  }
  return passed;
}

int Run(const Arguments& arguments) {
  testing::TemporaryFolder folder;
  const absl::Time began = absl::Now();
  bool passed = true;
  {
    Campaign campaign(
        {.folder = &folder,
         .program_folder =
             std::filesystem::path(testing::ProgramFile("canvass-aggregator")).parent_path(),
         .with_tls = !arguments.insecure});
    std::printf("Seeds %llu to %llu; one alone: tests/faults/run --seeds 1 --seed SEED\n",
                static_cast<unsigned long long>(arguments.seed),
                static_cast<unsigned long long>(arguments.seed) + arguments.seeds - 1);
    std::fflush(stdout);
    if (arguments.takeovers > 0) passed = campaign.TryTakeovers(arguments.takeovers) && passed;
    if (arguments.stall_seconds > 0) {
      passed = campaign.TryStall(absl::Seconds(arguments.stall_seconds)) && passed;
    }
    if (!arguments.rollout_from.empty()) {
      passed = campaign.TryRollout(arguments.rollout_from) && passed;
    }
    if (passed || arguments.keep_going) passed = TrySeeds(arguments, campaign) && passed;
    campaign.PrintTotals();
  }
  if (!passed) folder.Keep();
  std::printf("Took %.0f s\n%s\n", absl::ToDoubleSeconds(absl::Now() - began),
              passed ? "PASSED" : "FAILED");
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace canvass::faults

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  canvass::faults::Arguments arguments;
  CLI::App app("Attacks the real services under load and holds them to what clients saw.");
  arguments.seed = std::random_device{}() % 1'000'000'000;
  app.add_option("--seeds", arguments.seeds, "Number of seeds")->capture_default_str();
  app.add_option("--seed", arguments.seed, "First seed; a random one if left out");
  app.add_option("--minutes", arguments.minutes, "Start no new seed after this many minutes");
  app.add_option("--takeovers", arguments.takeovers,
                 "Before the seeds, kill the leader this many times and measure the takeover");
  app.add_option(
      "--stall", arguments.stall_seconds,
      "Before the seeds, stall PostgreSQL under load for this many seconds and measure memory");
  app.add_option("--rollout-from", arguments.rollout_from,
                 "Before the seeds, replace the services of the programs in this folder under load")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--keep-going", arguments.keep_going, "Go on after a seed that failed");
  app.add_flag("--insecure", arguments.insecure, "Without TLS");
  CLI11_PARSE(app, argc, argv);
  return canvass::faults::Run(arguments);
}
