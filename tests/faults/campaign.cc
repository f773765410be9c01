#include "tests/faults/campaign.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/text.h"

namespace canvass::faults {
namespace {

namespace fs = std::filesystem;

// Then a new stage: a ledger of many elections makes every restart slower.
constexpr int kTrialsPerStage = 25;
constexpr int kStations = 60;
// Load before the first fault and after the last.
constexpr absl::Duration kQuiet = absl::Milliseconds(150);

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::string TimeOfDay(absl::Time time) {
  return absl::FormatTime("%H:%M:%E3S", time, absl::UTCTimeZone());
}

// Ends while the first faults happen, or after the last.
absl::Duration EmbargoOf(std::uint64_t seed) {
  return absl::Milliseconds(500 + std::mt19937_64(seed)() % 4'000);
}

void SayEach(const char* title, const std::map<std::string, std::int64_t>& counts) {
  if (!counts.empty()) Say(title);
  for (const auto& [what, count] : counts) Say(absl::StrFormat("  %8d  %s", count, what));
}

}  // namespace

void CampaignTotals::Add(const Witness::Counts& counts) {
  seen.acknowledged += counts.acknowledged;
  seen.receipts += counts.receipts;
  seen.repeated += counts.repeated;
  seen.queued += counts.queued;
  seen.refused += counts.refused;
  seen.unknown += counts.unknown;
  seen.decisions += counts.decisions;
  seen.answers += counts.answers;
  for (const auto& [rule, count] : counts.refusals) seen.refusals[rule] += count;
  for (const auto& [error, count] : counts.errors) seen.errors[error] += count;
}

absl::Duration CampaignTotals::TakeoverPercentile(std::size_t percent) const {
  std::vector<absl::Duration> sorted = takeovers;
  std::sort(sorted.begin(), sorted.end());
  return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

absl::Status Campaign::PrepareStage() {
  if (stage_ != nullptr && trials_on_stage_ >= kTrialsPerStage) {
    const std::string folder = stage_->folder();
    stage_.reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  ++trials_on_stage_;
  if (stage_ != nullptr) return absl::OkStatus();
  return StartStage(options_.program_folder);
}

absl::Status Campaign::StartStage(const std::string& program_folder) {
  trials_on_stage_ = 1;
  auto stage = Stage::Start({.folder = StrCat(options_.folder->path(), "/stage-", ++stages_),
                             .program_folder = program_folder,
                             .small_file_systems = options_.small_file_systems,
                             .with_tls = options_.with_tls});
  if (!stage.ok()) return stage.status();
  stage_ = *std::move(stage);
  if (stages_ == 1 && !stage_->may_fill_disks()) {
    Say("SKIPPED: no disk runs full, since no small file system can be mounted here");
  }
  return absl::OkStatus();
}

std::unique_ptr<Trial> Campaign::NewTrial(std::uint64_t seed, int stations,
                                          absl::Duration embargo) {
  const absl::Status status = PrepareStage();
  if (!status.ok()) return NoTrial(status);
  auto trial = std::make_unique<Trial>(*stage_, StrCat("trial-", ++trials_, "-", seed), seed,
                                       stations, embargo);
  trial->Define();
  return trial;
}

std::unique_ptr<Trial> Campaign::NoTrial(const absl::Status& why) {
  Say(StrCat("FAILED: there is no stage: ", why.ToString()));
  ++totals_.seeds_failed;
  return nullptr;
}

bool Campaign::TrySeed(std::uint64_t seed) {
  const std::unique_ptr<Trial> trial = NewTrial(seed, kStations, EmbargoOf(seed));
  if (trial == nullptr) return false;
  const std::vector<Fault> plan = PlanFaults(seed, stage_->may_fill_disks());
  std::vector<Happened> happened;
  trial->StartLoad();
  absl::SleepFor(kQuiet);
  for (std::size_t next = 0; next < plan.size();) {
    next = CommitFaults(plan, next, happened);
    if (trial->Check()) ++totals_.checks;
  }
  ++totals_.seeds;
  return Finish(*trial, StrCat("seed ", seed), happened);
}

std::size_t Campaign::CommitFaults(const std::vector<Fault>& plan, std::size_t first,
                                   std::vector<Happened>& happened) {
  const Fault& fault = plan[first];
  std::size_t next = first + 1;
  absl::SleepFor(fault.before);
  const std::size_t place = happened.size();
  happened.push_back({.fault = fault});
  const FaultReport report = Commit(fault, *stage_, [&] {
    absl::SleepFor(fault.lasts);
    if (fault.overlaps) next = CommitFaults(plan, next, happened);
  });
  happened[place].report = report;
  return next;
}

void Campaign::Count(const std::vector<Happened>& happened) {
  for (const Happened& one : happened) {
    totals_.kills += one.report.kills;
    if (one.report.happened) ++totals_.faults[static_cast<std::size_t>(one.fault.kind)];
  }
}

bool Campaign::Finish(Trial& trial, const std::string& name, const std::vector<Happened>& happened,
                      bool with_reference) {
  const absl::Status healed = stage_->Heal();
  if (!healed.ok()) trial.witness().Violation(healed.ToString());
  absl::SleepFor(kQuiet);
  trial.Finish(with_reference);
  ++totals_.checks;
  for (const std::string& end : stage_->TakeUnexpectedEnds()) {
    trial.witness().Violation(StrCat("A service ended by itself: ", end));
  }
  Count(happened);
  totals_.Add(trial.witness().counts());
  const std::vector<std::string> violations = trial.witness().violations();
  if (violations.empty()) return true;
  ++totals_.seeds_failed;
  options_.folder->Keep();
  Say(StrCat("FAILED: ", name, ", election ", trial.election().id(), "; logs in ",
             stage_->folder()));
  for (const Happened& one : happened) {
    Say(StrCat("  ", TimeOfDay(one.report.at), " ", NameOf(one.fault.kind), " for ",
               absl::FormatDuration(one.fault.lasts), one.report.happened ? "" : " (came too late)",
               one.fault.overlaps ? ", and meanwhile" : ""));
  }
  for (const std::string& violation : violations) Say(StrCat("  ", violation));
  stage_.reset();  // what it left behind is of no use for others; its logs stay
  return false;
}

void Campaign::PrintTotals() const {
  Say(absl::StrFormat("%d seeds, %d kills (SIGKILL), %d checks of the whole ledger", totals_.seeds,
                      totals_.kills, totals_.checks));
  std::map<std::string, std::int64_t> faults;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    faults[std::string(NameOf(static_cast<FaultKind>(i)))] = totals_.faults[i];
  }
  SayEach("Faults:", faults);
  const Witness::Counts& seen = totals_.seen;
  Say(absl::StrFormat(
      "Clients saw: %d reports acknowledged by %d receipts (%d of them repeated), %d queued, %d "
      "refused, %d decisions, %d answers read, %d calls without an answer",
      seen.acknowledged, seen.receipts, seen.repeated, seen.queued, seen.refused, seen.decisions,
      seen.answers, seen.unknown));
  SayEach("Refused by rule:", seen.refusals);
  SayEach("Calls without an answer:", seen.errors);
  if (!totals_.takeovers.empty()) {
    const auto at = [this](std::size_t percent) {
      return absl::ToInt64Milliseconds(totals_.TakeoverPercentile(percent));
    };
    Say(
        absl::StrFormat("Takeover, from the kill to the first report acknowledged after it: %d "
                        "times, p50 %d ms, p90 %d ms, p99 %d ms, longest %d ms",
                        totals_.takeovers.size(), at(50), at(90), at(99), at(100)));
  }
  Say("Not attacked here: a publisher whose ledger is ahead of the aggregator's (its unit tests "
      "do).");
  Say(absl::StrFormat("%d violated", totals_.seeds_failed));
}

}  // namespace canvass::faults
