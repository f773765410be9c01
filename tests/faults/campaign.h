#ifndef CANVASS_TESTS_FAULTS_CAMPAIGN_H_
#define CANVASS_TESTS_FAULTS_CAMPAIGN_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/faults/fault.h"
#include "tests/faults/stage.h"
#include "tests/faults/trial.h"
#include "tests/faults/witness.h"
#include "tests/support/temporary_folder.h"

namespace canvass::faults {

struct CampaignOptions {
  // The stages' folders are made in it. It is kept once a seed has failed. Not owned.
  testing::TemporaryFolder* folder = nullptr;
  std::string program_folder{};  // of the services
  bool small_file_systems = true;
  bool with_tls = true;
};

// Totals over all seeds.
struct CampaignTotals {
  int seeds = 0;
  int seeds_failed = 0;
  std::int64_t kills = 0;
  std::array<int, kFaultKinds> faults{};
  std::int64_t checks = 0;  // of the ledger against what clients saw
  Witness::Counts seen{};
  std::vector<absl::Duration> takeovers{};  // see TryTakeovers

  void Add(const Witness::Counts& counts);
  // REQUIRES: there was one.
  absl::Duration TakeoverPercentile(std::size_t percent) const;
};

// Tries seeds on stages of its own; one stage for many seeds, each with a new election. Prints what
// it finds. Not thread-safe.
class Campaign {
 public:
  explicit Campaign(CampaignOptions options) : options_(std::move(options)) {}

  // Load, faults in between, checks after each and at the end. True if nothing is violated; else
  // the seed, its faults with their times, the violations and the folder of the logs are printed.
  bool TrySeed(std::uint64_t seed);
  // Kills the active aggregator `kills` times under load, and measures the time until the first
  // report that was sent afterwards is acknowledged: of 50 kills or more, 99 % take 2 s at most.
  bool TryTakeovers(int kills);
  // PostgreSQL stands still for `stall`, then is gone for as long, under more load than fits:
  // memory stays bounded, clients are told, and everything acknowledged is there afterwards.
  bool TryStall(absl::Duration stall);
  // Under load, replaces every service of the programs in `old_folder` by this version's, back
  // again, and once more, one at a time as a rollout does: each ends with 0, everybody is answered,
  // and nothing is lost. The schema is this version's from the beginning.
  bool TryRollout(const std::string& old_folder);

  const CampaignTotals& totals() const { return totals_; }
  void PrintTotals() const;

 private:
  struct Happened {
    Fault fault{};
    FaultReport report{};
  };

  // A trial on a healthy stage; null, with the reason printed, where there is none.
  std::unique_ptr<Trial> NewTrial(std::uint64_t seed, int stations,
                                  absl::Duration embargo = absl::ZeroDuration());
  // Says why there is none.
  std::unique_ptr<Trial> NoTrial(const absl::Status& why);
  absl::Status PrepareStage();
  absl::Status StartStage(const std::string& program_folder);
  // The fault number `first`, and those that overlap with it; returns the number of the next.
  std::size_t CommitFaults(const std::vector<Fault>& plan, std::size_t first,
                           std::vector<Happened>& happened);
  void Count(const std::vector<Happened>& happened);
  // Heals, finishes the trial, and says how it went.
  bool Finish(Trial& trial, const std::string& name, const std::vector<Happened>& happened,
              bool with_reference = true);

  const CampaignOptions options_;
  std::unique_ptr<Stage> stage_;
  int stages_ = 0;
  int trials_on_stage_ = 0;
  int trials_ = 0;
  CampaignTotals totals_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_CAMPAIGN_H_
