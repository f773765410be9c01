// Requests to an aggregator that has counted a small election.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "tests/fuzz/aggregator_stage.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

// The stage that the inputs before left as it was, but for some refusals; null for none.
std::unique_ptr<AggregatorStage>& KeptStage() {
  static std::unique_ptr<AggregatorStage> kept;
  return kept;
}

bool HoldsTime(const std::vector<Step>& steps) {
  return std::none_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.kind % AggregatorStage::kKinds == AggregatorStage::kPassTime;
  });
}

void RunAggregator(std::string_view bytes) {
  constexpr int kCommitsMax = 500;
  // What throws leaves no stage behind.
  std::unique_ptr<AggregatorStage> stage = std::move(KeptStage());
  if (stage == nullptr) stage = CountedElectionStage();
  const std::int64_t entries = stage->entries();
  const std::vector<Step> steps = SplitSession(bytes);
  for (const Step& step : steps) stage->Take(step);
  if (stage->entries() != entries) return stage->RequireConsistent();
  if (HoldsTime(steps) && stage->commits() < kCommitsMax) KeptStage() = std::move(stage);
}

template <typename Request>
Step Question(AggregatorStage::Kind kind) {
  Request request;
  if constexpr (requires { request.set_election_id(""); }) request.set_election_id(kElectionId);
  if constexpr (requires { request.set_page_size(2); }) request.set_page_size(2);
  return StepOf(kind, request);
}

std::vector<Step> Questions() {
  using Stage = AggregatorStage;
  namespace aggregator_v1 = aggregator::v1;
  aggregator_v1::GetReceiptRequest receipt;
  receipt.mutable_key()->set_election_id(kElectionId);
  receipt.mutable_key()->set_contest_id("president");
  receipt.mutable_key()->set_station_id("s-1");
  return {StepOf(Stage::kGetReceipt, receipt),
          Question<aggregator_v1::ListLedgerEntriesRequest>(Stage::kListLedgerEntries),
          Question<aggregator_v1::ListRefusedReportsRequest>(Stage::kListRefusedReports),
          Question<aggregator_v1::ListHeldReportsRequest>(Stage::kListHeldReports),
          Question<aggregator_v1::GetElectionRequest>(Stage::kGetElection),
          Question<aggregator_v1::ListElectionsRequest>(Stage::kListElections),
          Question<aggregator_v1::WatchLedgerRequest>(Stage::kWatchLedger)};
}

std::vector<std::string> AggregatorSeeds() {
  std::vector<std::string> seeds;
  for (const std::vector<Step>& steps : {CountedElection(), FurtherSteps(), Questions()}) {
    seeds.push_back(JoinSession(steps));
    for (const Step& step : steps) seeds.push_back(JoinSession({step}));
  }
  return seeds;
}

const Registration kAggregator({.name = "aggregator",
                                .run = RunAggregator,
                                .seeds = AggregatorSeeds,
                                .steps = AggregatorStage::Requests(),
                                .words = WordsOfCountedElection()});

}  // namespace
}  // namespace canvass::fuzz
