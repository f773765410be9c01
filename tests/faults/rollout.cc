// Two versions side by side, under load.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "tests/faults/campaign.h"

namespace canvass::faults {
namespace {

constexpr int kRolloutStations = 200;
// Load between two replacements.
constexpr absl::Duration kSideBySide = absl::Milliseconds(500);

// The leader last, as a rollout should.
std::array<Part, kParts> OrderOfReplacement(const Stage& stage) {
  const Part active = stage.ActiveAggregator();
  return {Stage::Other(active), Part::kPublisher, Part::kReporter, active};
}

}  // namespace

bool Campaign::TryRollout(const std::string& old_folder) {
  stage_.reset();
  const absl::Status started = StartStage(old_folder);
  const std::unique_ptr<Trial> trial =
      started.ok() ? NewTrial(/*seed=*/0, kRolloutStations) : NoTrial(started);
  if (trial == nullptr) return false;
  trial->StartLoad();
  for (const std::string& folder : {options_.program_folder, old_folder, options_.program_folder}) {
    for (const Part part : OrderOfReplacement(*stage_)) {
      absl::SleepFor(kSideBySide);
      const absl::Status replaced = stage_->Replace(part, folder);
      if (!replaced.ok()) trial->witness().Violation(replaced.ToString());
      if (trial->Check()) ++totals_.checks;
    }
  }
  absl::SleepFor(kSideBySide);
  const bool passed = Finish(*trial, "rollout", {});
  stage_.reset();
  return passed;
}

}  // namespace canvass::faults
