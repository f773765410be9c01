// The standby's takeover, measured under load.
#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "tests/faults/campaign.h"

namespace canvass::faults {
namespace {

constexpr int kTakeoverStations = 60;
constexpr int kKillsPerTrial = 10;
constexpr absl::Duration kPatience = absl::Seconds(10);
// What Canvass promises; of fewer kills one says nothing about the product on a busy machine.
constexpr absl::Duration kTakeoverMax = absl::Seconds(2);
constexpr int kKillsToJudge = 50;
// What was killed stands by again before the next kill.
constexpr absl::Duration kAwayFor = absl::Milliseconds(300);
constexpr absl::Duration kCatchesUpWithin = absl::Milliseconds(1000);

}  // namespace

bool Campaign::TryTakeovers(int kills) {
  bool passed = true;
  for (int done = 0; done < kills;) {
    const std::unique_ptr<Trial> trial =
        NewTrial(static_cast<std::uint64_t>(done), kTakeoverStations);
    if (trial == nullptr) return false;
    std::vector<Happened> happened;
    trial->StartLoad();
    for (int i = 0; i < kKillsPerTrial && done < kills; ++i, ++done) {
      absl::SleepFor(kCatchesUpWithin);
      const Part active = stage_->ActiveAggregator();
      const absl::Time killed = absl::Now();
      stage_->SignalPart(active, SIGKILL);
      std::optional<absl::Time> first;
      while (!first && absl::Now() < killed + kPatience) {
        absl::SleepFor(absl::Milliseconds(2));
        first = trial->witness().FirstAcknowledgedOf(killed);
      }
      if (!first) trial->witness().Violation("Nobody took over");
      totals_.takeovers.push_back(first.value_or(absl::Now()) - killed);
      absl::SleepFor(kAwayFor);
      stage_->StartPart(active);
      happened.push_back({.fault = {.kind = FaultKind::kKillActive, .lasts = kAwayFor},
                          .report = {.kills = 1, .at = killed, .killed_active = true}});
      if (trial->Check()) ++totals_.checks;
    }
    passed = Finish(*trial, "takeovers", happened) && passed;
  }
  if (kills < kKillsToJudge || totals_.TakeoverPercentile(99) <= kTakeoverMax) return passed;
  std::printf("FAILED: a takeover took %s\n",
              absl::FormatDuration(totals_.TakeoverPercentile(100)).c_str());
  ++totals_.seeds_failed;
  return false;
}

}  // namespace canvass::faults
